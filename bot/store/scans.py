"""Scans and what they found. Readers see finished scans only; a running one stays out of sight until its end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Scan, ScanState, Summary
from bot.models.trail import SYSTEM, Act, Entry
from bot.store.engine import Database
from bot.store.tables import coverage, findings, scans
from bot.store.trail import append

KEPT_SCANS = 12
"""Findings of this many finished scans are kept; the counts of older ones stay for the trend."""


class ScanStore:
    """Writes one scan at a time and answers from the current one: the newest finished scan of everything."""

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

    def add(self, scan_id: str, batch: Sequence[Finding], covered: Coverage | None = None) -> None:
        """Store a batch of findings, and with the last of a target how much of it was read."""
        with self._database.write() as connection:
            if batch:
                connection.execute(findings.insert(), [_finding_values(scan_id, finding) for finding in batch])
            if covered is not None:
                connection.execute(coverage.insert().values(scan_id=scan_id, **asdict(covered)))

    def finish(self, scan_id: str, at: datetime) -> Scan:
        """Count, make the scan visible, and let a narrowed one refresh its part of the current scan."""
        with self._database.write() as connection:
            scan = _scan(connection.execute(sa.select(scans).where(scans.c.id == scan_id)).one())
            current = _current(connection)
            if current is not None:
                _keep_newer_readings(connection, scan_id, current.id)
            _count(connection, scan_id)
            connection.execute(
                scans.update().where(scans.c.id == scan_id).values(state=ScanState.FINISHED.value, finished_at=at)
            )
            if scan.scope and current is not None and not current.scope:
                _fold(connection, scan_id, current.id)
                _count(connection, current.id)
            finished = _scan(connection.execute(sa.select(scans).where(scans.c.id == scan_id)).one())
            details = {**asdict(finished.summary), "scope": scan.scope}
            append(connection, Entry(at, SYSTEM, Act.SCAN_FINISHED, scan_id, details))
            _prune(connection)
            return finished

    def interrupt(self, scan_id: str, at: datetime) -> None:
        """Say that a scan ended before its time; what it read stays out of sight."""
        with self._database.write() as connection:
            changed = connection.execute(
                scans.update()
                .where(scans.c.id == scan_id, scans.c.state == ScanState.RUNNING.value)
                .values(state=ScanState.INTERRUPTED.value, finished_at=at)
            )
            if changed.rowcount:
                append(connection, Entry(at, SYSTEM, Act.SCAN_INTERRUPTED, scan_id))

    def running(self) -> list[Scan]:
        query = sa.select(scans).where(scans.c.state == ScanState.RUNNING.value)
        with self._database.read() as connection:
            return [_scan(row) for row in connection.execute(query)]

    def current(self) -> Scan | None:
        """Return the newest finished scan of everything; the newest narrowed one where there is no other yet."""
        with self._database.read() as connection:
            return _current(connection)

    def before(self, scan: Scan) -> Scan | None:
        """Return the finished scan of the same scope before this one."""
        query = (
            sa.select(scans)
            .where(
                scans.c.state == ScanState.FINISHED.value,
                scans.c.scope == scan.scope,
                scans.c.finished_at < scan.finished_at,
            )
            .order_by(scans.c.finished_at.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _scan(row)

    def findings(self, scan_id: str, verdicts: Iterable[Verdict] | None = None) -> Iterator[Finding]:
        """Stream a scan's findings by account, Region and ARN; memory does not grow with their number."""
        query = sa.select(findings).where(findings.c.scan_id == scan_id)
        if verdicts is not None:
            query = query.where(findings.c.verdict.in_([verdict.value for verdict in verdicts]))
        query = query.order_by(findings.c.account, findings.c.region, findings.c.arn)
        with self._database.read() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield _finding(row)

    def finding(self, scan_id: str, arn: str) -> Finding | None:
        query = sa.select(findings).where(findings.c.scan_id == scan_id, findings.c.arn == arn)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _finding(row)

    def coverage(self, scan_id: str) -> list[Coverage]:
        query = sa.select(coverage).where(coverage.c.scan_id == scan_id).order_by(coverage.c.account, coverage.c.region)
        with self._database.read() as connection:
            return [
                Coverage(row.account, row.account_name, row.region, CoverageStatus(row.status), row.keys, row.error)
                for row in connection.execute(query)
            ]

    def record_reading(self, reading: Finding) -> None:
        """Put a newer reading of one key into every scan that still shows or will show an older one."""
        with self._database.write() as connection:
            ids = [
                row.id
                for row in connection.execute(sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING.value))
            ]
            current = _current(connection)
            if current is not None:
                ids.append(current.id)
            for scan_id in ids:
                values = _finding_values(scan_id, reading)
                connection.execute(
                    findings.update()
                    .where(
                        findings.c.scan_id == scan_id,
                        findings.c.arn == reading.arn,
                        findings.c.read_at < reading.read_at,
                    )
                    .values(values)
                )
            if current is not None:
                _count(connection, current.id)


def _current(connection: Connection) -> Scan | None:
    query = (
        sa.select(scans)
        .where(scans.c.state == ScanState.FINISHED.value)
        .order_by(sa.case((scans.c.scope == "", 0), else_=1), scans.c.finished_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _scan(row)


def _count(connection: Connection, scan_id: str) -> None:
    query = (
        sa.select(
            findings.c.verdict, findings.c.exempt_until.is_not(None).label("exempt"), sa.func.count().label("keys")
        )
        .where(findings.c.scan_id == scan_id)
        .group_by(findings.c.verdict, findings.c.exempt_until.is_not(None))
    )
    counts = {(row.verdict, bool(row.exempt)): row.keys for row in connection.execute(query)}

    def total(verdict: Verdict, *exempt: bool) -> int:
        return sum(counts.get((verdict.value, each), 0) for each in exempt)

    connection.execute(
        scans.update()
        .where(scans.c.id == scan_id)
        .values(
            compliant=total(Verdict.COMPLIANT, False, True),  # noqa: FBT003 - a pair of table keys
            non_compliant=total(Verdict.NON_COMPLIANT, False),  # noqa: FBT003 - a table key
            not_applicable=total(Verdict.NOT_APPLICABLE, False, True),  # noqa: FBT003 - a pair of table keys
            insufficient_data=total(Verdict.INSUFFICIENT_DATA, False, True),  # noqa: FBT003 - a pair of table keys
            exempt=total(Verdict.NON_COMPLIANT, True),  # noqa: FBT003 - a table key
        )
    )


def _keep_newer_readings(connection: Connection, scan_id: str, current_id: str) -> None:
    """Keep what a change read back while this scan ran, where the scan had read the key before the change."""
    mine, theirs = findings.alias(), findings.alias()
    newer = connection.execute(
        sa.select(theirs)
        .join(mine, sa.and_(mine.c.arn == theirs.c.arn, mine.c.scan_id == scan_id))
        .where(theirs.c.scan_id == current_id, theirs.c.read_at > mine.c.read_at)
    ).all()
    for row in newer:
        connection.execute(
            findings.update()
            .where(findings.c.scan_id == scan_id, findings.c.arn == row.arn)
            .values(_finding_values(scan_id, _finding(row)))
        )


def _fold(connection: Connection, narrowed_id: str, current_id: str) -> None:
    """Replace the current scan's part of every target that the narrowed scan looked at."""
    looked_at = connection.execute(sa.select(coverage).where(coverage.c.scan_id == narrowed_id)).all()
    for target in looked_at:
        of_account = sa.and_(coverage.c.scan_id == current_id, coverage.c.account == target.account)
        connection.execute(coverage.delete().where(of_account, coverage.c.region.in_((target.region, EVERYWHERE))))
        connection.execute(coverage.insert().values({**target._mapping, "scan_id": current_id}))  # noqa: SLF001 - SQLAlchemy's public name
        connection.execute(
            findings.delete().where(
                findings.c.scan_id == current_id,
                findings.c.account == target.account,
                findings.c.region == target.region,
            )
        )
    columns = [column for column in findings.c if column.name != "scan_id"]
    copied = sa.select(sa.literal(current_id), *columns).where(findings.c.scan_id == narrowed_id)
    connection.execute(findings.insert().from_select(["scan_id", *(column.name for column in columns)], copied))


def _prune(connection: Connection) -> None:
    kept = (
        sa.select(scans.c.id)
        .where(scans.c.state == ScanState.FINISHED.value, scans.c.scope == "")
        .order_by(scans.c.finished_at.desc())
        .limit(KEPT_SCANS)
    )
    newest_of_all = (
        sa.select(scans.c.id)
        .where(scans.c.state == ScanState.FINISHED.value)
        .order_by(scans.c.finished_at.desc())
        .limit(KEPT_SCANS)
    )
    running = sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING.value)
    for table in (findings, coverage):
        connection.execute(
            table.delete().where(
                table.c.scan_id.not_in(kept), table.c.scan_id.not_in(newest_of_all), table.c.scan_id.not_in(running)
            )
        )


def _finding_values(scan_id: str, finding: Finding) -> dict[str, object]:
    values = asdict(finding)
    return values | {
        "scan_id": scan_id,
        "aliases": list(finding.aliases),
        "verdict": finding.verdict.value,
        "reason": finding.reason.value,
    }


def _finding(row: Row[tuple[object, ...]]) -> Finding:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    del values["scan_id"]
    values |= {"aliases": tuple(row.aliases), "verdict": Verdict(row.verdict), "reason": Reason(row.reason)}
    return Finding(**values)


def _scan(row: Row[tuple[object, ...]]) -> Scan:
    return Scan(
        id=row.id,
        state=ScanState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        scope=row.scope,
        started_by=row.started_by,
        summary=Summary(row.compliant, row.non_compliant, row.not_applicable, row.insufficient_data, row.exempt),
    )
