"""Scans and what they found. Readers see finished scans only; a running one stays out of sight until its end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Finding, Verdict
from bot.models.scans import Coverage, LeftOut, Scan, ScanState
from bot.models.trail import SYSTEM, Act, Entry
from bot.store.counting import count, recount
from bot.store.current_scan import current_scan, fold, take_newer_readings
from bot.store.engine import Database, take_turns
from bot.store.left_out import add_left_out, left_out_of
from bot.store.scan_rows import coverage_of, coverage_values, finding_of, finding_values, scan_of
from bot.store.tables import coverage, finding_counts, findings, left_out, scans
from bot.store.trail import append

KEPT_SCANS = 12
"""Findings of this many finished scans are kept; the counts of older ones stay for the trend."""

_CURRENT = "the current scan"
"""What the transactions that change what readers are shown take turns for."""


class ScanStore:
    """Writes scans and answers from the current one: the newest finished scan of everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, scan: Scan) -> None:
        with self._database.write() as connection:
            connection.execute(
                scans.insert().values(
                    id=scan.id,
                    state=scan.state.value,
                    scope=scan.scope,
                    started_by=scan.started_by,
                    started_at=scan.started_at,
                )
            )
            append(
                connection, Entry(scan.started_at, scan.started_by, Act.SCAN_STARTED, scan.id, {"scope": scan.scope})
            )

    def leave_out(self, scan_id: str, accounts: Sequence[LeftOut]) -> None:
        """Store which accounts the scan leaves out, and why."""
        with self._database.write() as connection:
            add_left_out(connection, scan_id, accounts)

    def add(self, scan_id: str, batch: Sequence[Finding], covered: Coverage | None = None) -> None:
        """Store a batch of findings, and with the last of a target how much of it was read."""
        with self._database.write() as connection:
            if batch:
                connection.execute(findings.insert(), [finding_values(scan_id, finding) for finding in batch])
            if covered is not None:
                connection.execute(coverage.insert().values(coverage_values(scan_id, covered)))

    def finish(self, scan_id: str, at: datetime) -> Scan:
        """Count, make the scan visible, and let a narrowed one refresh its part of the current scan.

        Raises ValueError where the scan is not running any more: what it read may be gone already.
        """
        with self._database.write() as connection:
            take_turns(connection, _CURRENT)
            current = current_scan(connection)
            if not _end(connection, scan_id, ScanState.FINISHED, at):
                raise ValueError(f"scan {scan_id} is not running and cannot be finished")
            if current is not None:
                take_newer_readings(connection, scan_id, current.id)
            count(connection, scan_id)
            finished = _scan(connection, scan_id)
            if finished.scope and current is not None and not current.scope:
                fold(connection, finished, current)
                count(connection, current.id)
            details = {**asdict(finished.summary), "scope": finished.scope}
            append(connection, Entry(at, SYSTEM, Act.SCAN_FINISHED, scan_id, details))
            _prune(connection)
            return finished

    def interrupt(self, scan_id: str, at: datetime) -> None:
        """Say that a scan ended before its time; what it read stays out of sight."""
        with self._database.write() as connection:
            if _end(connection, scan_id, ScanState.INTERRUPTED, at):
                append(connection, Entry(at, SYSTEM, Act.SCAN_INTERRUPTED, scan_id))

    def running(self) -> list[Scan]:
        query = sa.select(scans).where(scans.c.state == ScanState.RUNNING.value).order_by(scans.c.started_at)
        with self._database.read() as connection:
            return [scan_of(row) for row in connection.execute(query)]

    def current(self) -> Scan | None:
        """Return the newest finished scan of everything; the newest narrowed one where there is no other yet."""
        with self._database.read() as connection:
            return current_scan(connection)

    def before(self, scan: Scan) -> Scan | None:
        """Return the newest finished scan of the same scope that ended before this one did."""
        query = (
            sa.select(scans)
            .where(scans.c.state == ScanState.FINISHED.value, scans.c.scope == scan.scope)
            .order_by(scans.c.finished_at.desc())
            .limit(1)
        )
        if scan.finished_at is not None:
            query = query.where(scans.c.finished_at < scan.finished_at)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else scan_of(row)

    def findings(self, scan_id: str, verdicts: Iterable[Verdict] | None = None) -> Iterator[Finding]:
        """Stream a scan's findings by account, Region and ARN; memory does not grow with their number."""
        query = sa.select(findings).where(findings.c.scan_id == scan_id)
        if verdicts is not None:
            query = query.where(findings.c.verdict.in_([verdict.value for verdict in verdicts]))
        query = query.order_by(findings.c.account, findings.c.region, findings.c.arn)
        with self._database.read() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield finding_of(row)

    def finding(self, scan_id: str, arn: str) -> Finding | None:
        query = sa.select(findings).where(findings.c.scan_id == scan_id, findings.c.arn == arn)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else finding_of(row)

    def coverage(self, scan_id: str) -> list[Coverage]:
        query = sa.select(coverage).where(coverage.c.scan_id == scan_id).order_by(coverage.c.account, coverage.c.region)
        with self._database.read() as connection:
            return [coverage_of(row) for row in connection.execute(query)]

    def left_out(self, scan_id: str) -> list[LeftOut]:
        with self._database.read() as connection:
            return left_out_of(connection, scan_id)

    def record_reading(self, reading: Finding) -> None:
        """Put a newer reading of one key into every scan that still shows or will show an older one."""
        with self._database.write() as connection:
            take_turns(connection, _CURRENT)
            running = sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING.value)
            for scan_id in connection.execute(running).scalars().all():
                _renew(connection, scan_id, reading)
            current = current_scan(connection)
            older = None if current is None else _renew(connection, current.id, reading)
            if current is not None and older is not None:
                recount(connection, current.id, older, reading)


def _renew(connection: Connection, scan_id: str, reading: Finding) -> Finding | None:
    """Put a newer reading in the place of an older one, and return that; None where there is none."""
    is_older = (findings.c.scan_id == scan_id, findings.c.arn == reading.arn, findings.c.read_at < reading.read_at)
    row = connection.execute(sa.select(findings).where(*is_older)).one_or_none()
    if row is None:
        return None
    connection.execute(findings.update().where(*is_older).values(finding_values(scan_id, reading)))
    return finding_of(row)


def _end(connection: Connection, scan_id: str, state: ScanState, at: datetime) -> bool:
    ended = connection.execute(
        scans.update()
        .where(scans.c.id == scan_id, scans.c.state == ScanState.RUNNING.value)
        .values(state=state.value, finished_at=at)
    )
    return ended.rowcount == 1


def _scan(connection: Connection, scan_id: str) -> Scan:
    return scan_of(connection.execute(sa.select(scans).where(scans.c.id == scan_id)).one())


def _prune(connection: Connection) -> None:
    """Drop what only scans hold that are neither running nor among the newest, of everything or of any scope."""
    finished = (
        sa.select(scans.c.id)
        .where(scans.c.state == ScanState.FINISHED.value)
        .order_by(scans.c.finished_at.desc())
        .limit(KEPT_SCANS)
    )
    kept = set(connection.execute(finished).scalars())
    kept.update(connection.execute(finished.where(scans.c.scope == "")).scalars())
    kept.update(connection.execute(sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING.value)).scalars())
    for table in (findings, finding_counts, coverage, left_out):
        connection.execute(table.delete().where(table.c.scan_id.not_in(kept)))
