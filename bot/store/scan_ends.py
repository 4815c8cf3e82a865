"""How a scan ends: finished, or interrupted with what it had read by then."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import ScanEndedError
from bot.models.messages import MessageKind
from bot.models.scans import Account, Coverage, CoverageStatus, Scan, ScanState, Target
from bot.models.trail import SYSTEM, Act, Entry
from bot.store.counting import count
from bot.store.engine import Database
from bot.store.folding import folded
from bot.store.messages import owe
from bot.store.scan_rows import scan_of
from bot.store.shares import close_shares
from bot.store.tables import coverage, findings, scan_shares, scans
from bot.store.trail import append


def finish(database: Database, scan_id: str, at: datetime) -> Scan:
    """Count, make the scan visible, and let a narrowed one refresh its part of the current scan.

    Raises ScanEndedError where the scan is not running any more: what it read may be gone already.
    """
    with folded(database, scan_id, None) as connection:
        if not _end(connection, scan_id, ScanState.FINISHED, at):
            raise ScanEndedError
        count(connection, scan_id)
        finished = _scan(connection, scan_id)
        details = {**asdict(finished.summary), "scope": finished.scope}
        append(connection, Entry(at, SYSTEM, Act.SCAN_FINISHED, scan_id, details))
        return finished


def interrupt(
    database: Database, scan_id: str, at: datetime, unread: Sequence[Coverage], read_until: datetime | None
) -> Scan:
    """Say what a scan did not read, and let what it did read refresh its part of the current scan.

    `read_until` is when a scan ended that nobody goes on with: somebody who had begun it is owed word of that, as its
    message still says that it runs. A scan that has ended stays as it is. Workers that still read for it write nothing
    more from here on.
    """
    with database.write() as connection:
        close_shares(connection, scan_id)
    with folded(database, scan_id, unread) as connection:
        if not _end(connection, scan_id, ScanState.INTERRUPTED, read_until or at):
            return _scan(connection, scan_id)
        count(connection, scan_id)
        interrupted = _scan(connection, scan_id)
        details = {**asdict(interrupted.summary), "scope": interrupted.scope, "unread_targets": len(unread)}
        by = interrupted.stopped_by
        append(connection, Entry(at, by or SYSTEM, Act.SCAN_STOPPED if by else Act.SCAN_INTERRUPTED, scan_id, details))
        if read_until is not None and interrupted.is_somebodys:
            owe(connection, MessageKind.SCAN_LOST, scan_id, interrupted.started_by, at)
        return interrupted


def require_running(connection: Connection, scan_id: str) -> None:
    """Keep a scan from being ended before this transaction is. Raises ScanEndedError where it was."""
    is_running = (scans.c.id == scan_id, scans.c.state == ScanState.RUNNING.value)
    if connection.execute(sa.select(scans.c.id).where(*is_running).with_for_update(read=True)).first() is None:
        raise ScanEndedError


def shared_targets(connection: Connection, scan_id: str) -> list[Target]:
    """Return the targets that a scan shared out among workers: all that it planned, or none."""
    query = sa.select(scan_shares).where(scan_shares.c.scan_id == scan_id).order_by(scan_shares.c.account)
    rows = connection.execute(query)
    return [Target(Account(row.account, row.account_name), region) for row in rows for region in row.regions]


def begun_targets(connection: Connection, scan_id: str) -> list[Coverage]:
    """Return the targets of which a scan wrote findings down, but not how much it read; with the keys that it read."""
    is_covered = sa.exists().where(
        coverage.c.scan_id == scan_id,
        coverage.c.account == findings.c.account,
        coverage.c.region == findings.c.region,
    )
    place = (findings.c.account, findings.c.region)
    query = (
        sa.select(*place, sa.func.max(findings.c.account_name).label("account_name"), sa.func.count().label("keys"))
        .where(findings.c.scan_id == scan_id, ~is_covered)
        .group_by(*place)
        .order_by(*place)
    )
    return [
        Coverage(row.account, row.account_name, row.region, CoverageStatus.FAILED, row.keys)
        for row in connection.execute(query)
    ]


def last_reading(connection: Connection, scan_id: str) -> datetime | None:
    """Return when a scan last read a key, as far as that is written down."""
    query = sa.select(findings.c.read_at).where(findings.c.scan_id == scan_id).order_by(findings.c.read_at.desc())
    read_at: datetime | None = connection.execute(query.limit(1)).scalar_one_or_none()
    return read_at


def _end(connection: Connection, scan_id: str, state: ScanState, at: datetime) -> bool:
    ended = connection.execute(
        scans.update()
        .where(scans.c.id == scan_id, scans.c.state == ScanState.RUNNING.value)
        .values(state=state.value, finished_at=at)
    )
    return ended.rowcount == 1


def _scan(connection: Connection, scan_id: str) -> Scan:
    return scan_of(connection.execute(sa.select(scans).where(scans.c.id == scan_id)).one())
