"""Scans and what they found. A running one stays out of sight until its end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Finding, Verdict
from bot.models.scans import Coverage, CoverageStatus, LeftOut, Scan, ScanState, Target
from bot.models.trail import Act, Entry
from bot.store import pruning, scan_ends
from bot.store.answers import Answers
from bot.store.counting import recount
from bot.store.current_scan import CURRENT, current_scan
from bot.store.engine import Database, take_turns
from bot.store.excusing import excused
from bot.store.left_out import add_left_out, left_out_of
from bot.store.scan_rows import add_coverage, add_findings, coverage_of, finding_of, finding_values, scan_of
from bot.store.shares import close_shares
from bot.store.tables import coverage, findings, scans
from bot.store.trail import append


class ScanStore(Answers):
    """Writes scans and answers from the current one, which `current_scan` chooses."""

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
                    stopped_by=scan.stopped_by,
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

    def add(self, scan_id: str, found: Sequence[Finding], covered: Sequence[Coverage] = ()) -> None:
        """Store findings, and with them how much was read of the targets whose last findings are among them.

        Raises ScanEndedError where the scan is not running any more: it was shown by then, and counted.
        """
        with self._database.write() as connection:
            scan_ends.require_running(connection, scan_id)
            add_findings(connection, scan_id, excused(connection, found))
            add_coverage(connection, scan_id, covered)

    def finish(self, scan_id: str, at: datetime) -> Scan:
        """Make a scan visible. Raises ScanEndedError where it is not running any more."""
        return scan_ends.finish(self._database, scan_id, at)

    def interrupt(
        self, scan_id: str, at: datetime, unread: Sequence[Coverage], read_until: datetime | None = None
    ) -> Scan:
        """Keep what a scan read before it was stopped, and say what it did not read; see `scan_ends.interrupt`."""
        return scan_ends.interrupt(self._database, scan_id, at, unread, read_until)

    def ask_to_stop(self, by: str) -> bool:
        """Leave word for whichever process scans that somebody wants it to stop; False where none reads anything."""
        running = scans.c.state == ScanState.RUNNING.value
        with self._database.write() as connection:
            connection.execute(scans.update().where(running, scans.c.stopped_by == "").values(stopped_by=by))
            return connection.execute(sa.select(scans.c.id).where(running)).first() is not None

    def stop_asked(self, scan_id: str) -> bool:
        """Say whether somebody left word that a scan is to stop."""
        query = sa.select(scans.c.id).where(scans.c.id == scan_id, scans.c.stopped_by != "")
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def close_shares(self, scan_id: str) -> None:
        """See to it that no worker writes anything more for a scan. Whoever writes just now is waited for."""
        with self._database.write() as connection:
            close_shares(connection, scan_id)

    def shared_targets(self, scan_id: str) -> list[Target]:
        """Return the targets of a scan that was shared out; none where it was not, or not yet."""
        with self._database.read() as connection:
            return scan_ends.shared_targets(connection, scan_id)

    def begun_targets(self, scan_id: str) -> list[Coverage]:
        """Return the targets that a scan which was killed had begun, with the keys that it read of each."""
        with self._database.read() as connection:
            return scan_ends.begun_targets(connection, scan_id)

    def last_reading(self, scan_id: str) -> datetime | None:
        with self._database.read() as connection:
            return scan_ends.last_reading(connection, scan_id)

    def sizes(self) -> dict[tuple[str, str], int]:
        """Return how many keys each account had in each Region when it was last read."""
        with self._database.read() as connection:
            current = current_scan(connection)
            if current is None:
                return {}
            was_read = coverage.c.status != CoverageStatus.FAILED.value
            query = sa.select(coverage).where(coverage.c.scan_id == current.id, was_read)
            return {(row.account, row.region): row.keys for row in connection.execute(query)}

    def prune(self, pause: Callable[[float], bool]) -> None:
        """Drop what only old scans hold, in small transactions; see `pruning.prune`."""
        pruning.prune(self._database, pause)

    def running(self) -> list[Scan]:
        query = sa.select(scans).where(scans.c.state == ScanState.RUNNING.value).order_by(scans.c.started_at)
        with self._database.read() as connection:
            return [scan_of(row) for row in connection.execute(query)]

    def get(self, scan_id: str) -> Scan | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(scans).where(scans.c.id == scan_id)).one_or_none()
        return None if row is None else scan_of(row)

    def current(self) -> Scan | None:
        """Return the scan that readers are shown; an interrupted one only where none of everything was finished."""
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

    def record_reading(self, reading: Finding) -> Finding:
        """Put a newer reading of one key into every scan that still shows or will show an older one.

        Returns it as stored: until when the key is excused is looked up.
        """
        with self._database.write() as connection:
            take_turns(connection, CURRENT)
            [reading] = excused(connection, [reading])
            running = sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING.value)
            for scan_id in connection.execute(running).scalars().all():
                _renew(connection, scan_id, reading)
            current = current_scan(connection)
            older = None if current is None else _renew(connection, current.id, reading)
            if current is not None and older is not None:
                recount(connection, current.id, older, reading)
            return reading


def _renew(connection: Connection, scan_id: str, reading: Finding) -> Finding | None:
    """Put a newer reading in the place of an older one, and return that; None where there is none."""
    is_older = (findings.c.scan_id == scan_id, findings.c.arn == reading.arn, findings.c.read_at < reading.read_at)
    row = connection.execute(sa.select(findings).where(*is_older)).one_or_none()
    if row is None:
        return None
    connection.execute(findings.update().where(*is_older).values(finding_values(scan_id, reading)))
    return finding_of(row)
