"""What readers are shown: which scan is the current one, and what newer readings change in it."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.scans import EVERYWHERE, Account, CoverageStatus, Scan, ScanState
from bot.store.scan_rows import scan_of
from bot.store.tables import coverage, findings, scans

CURRENT = "the current scan"
"""What the transactions that change what readers are shown take turns for."""


def current_scan(connection: Connection) -> Scan | None:
    """Return the scan that readers are shown: the newest finished one of everything.

    Before there is one, the first that was interrupted: later ones are folded into it, so that its time is never newer
    than what it shows. Before that, the newest narrowed one. An interrupted scan that read nothing is not shown.
    """
    is_whole, ended = scans.c.scope == "", scans.c.finished_at
    is_finished, is_cut_short = scans.c.state == ScanState.FINISHED.value, _has_read_something()
    for is_candidate, order in (
        (sa.and_(is_finished, is_whole), ended.desc()),
        (sa.and_(is_cut_short, is_whole), ended.asc()),
        (is_finished, ended.desc()),
        (is_cut_short, ended.desc()),
    ):
        first = sa.select(scans).where(is_candidate).order_by(order, scans.c.id).limit(1)
        row = connection.execute(first).one_or_none()
        if row is not None:
            return scan_of(row)
    return None


def _has_read_something() -> sa.ColumnElement[bool]:
    read = sa.exists().where(coverage.c.scan_id == scans.c.id, coverage.c.status != CoverageStatus.FAILED.value)
    found = sa.exists().where(findings.c.scan_id == scans.c.id)
    return sa.and_(scans.c.state == ScanState.INTERRUPTED.value, sa.or_(read, found))


def known_accounts(connection: Connection, scan_id: str) -> list[Account]:
    """Return the accounts that a scan met; one that was renamed meanwhile goes by both names."""
    query = sa.select(coverage.c.account, coverage.c.account_name).where(
        coverage.c.scan_id == scan_id, coverage.c.account != EVERYWHERE
    )
    rows = connection.execute(query.distinct().order_by(coverage.c.account, coverage.c.account_name))
    return [Account(row.account, row.account_name) for row in rows]


def take_newer_readings(
    connection: Connection, scan_id: str, from_id: str, places: Collection[tuple[str, str]] | None = None
) -> None:
    """Replace a scan's readings of keys by the other scan's where those are newer: of all targets, or of some."""
    if places is not None and not places:
        return
    theirs = findings.alias()
    taken = {column.name: theirs.c[column.name] for column in findings.c if not column.primary_key}
    connection.execute(
        findings.update()
        .where(
            findings.c.scan_id == scan_id,
            theirs.c.scan_id == from_id,
            theirs.c.arn == findings.c.arn,
            theirs.c.read_at > findings.c.read_at,
            sa.true() if places is None else sa.tuple_(theirs.c.account, theirs.c.region).in_(places),
        )
        .values(taken)
    )
