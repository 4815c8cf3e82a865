"""What the Home tab asks of the store: somebody's open keys, and the last scans."""

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.home import ScanRun
from bot.models.keys import Finding
from bot.models.scans import CoverageStatus, ScanState
from bot.rules.audience import DEFAULT
from bot.rules.filters import Filter
from bot.store.counting import total
from bot.store.current_scan import current_scan
from bot.store.engine import Database
from bot.store.narrowing import is_among, is_open, narrow, narrow_coverage
from bot.store.scan_rows import finding_of, scan_of
from bot.store.snoozes import snoozed_arns
from bot.store.tables import coverage, digest_baselines, finding_counts, findings, scans

_ORDER = (findings.c.is_production.desc(), findings.c.account_name, findings.c.name, findings.c.arn)


class Mine:
    """Answers for one person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_keys(
        self, owners: Collection[str], scope: Filter, who: str, now: datetime, most: int
    ) -> tuple[list[tuple[Finding, datetime | None]], int]:
        """Return the first open keys of any of these owners (in lower case), each with since when digests tell of it.

        And how many there are. Production comes first; what the person snoozed is left out.
        """
        with self._database.read() as connection:
            scan = current_scan(connection)
            if scan is None or not owners:
                return [], 0
            is_theirs = (
                findings.c.scan_id == scan.id,
                is_open(),
                is_among(connection, sa.func.lower(findings.c.owner), sorted(owners)),
                findings.c.arn.not_in(snoozed_arns(who, now)),
                *narrow(connection, scan.id, scope),
            )
            total = sa.func.count().over().label("total")
            first = sa.select(findings.c.arn, total).where(*is_theirs).order_by(*_ORDER).limit(most)
            rows = connection.execute(first).all()
            found = _findings(connection, scan.id, [row.arn for row in rows])
            since = _since(connection, [each.arn for each in found])
            return [(each, since.get(each.arn)) for each in found], rows[0].total if rows else 0

    def findings(self, arns: Collection[str], scope: Filter) -> dict[str, Finding]:
        """Return what the current scan says of keys, of those in scope that are open."""
        with self._database.read() as connection:
            scan = current_scan(connection)
            if scan is None or not arns:
                return {}
            chosen = (is_among(connection, findings.c.arn, list(arns)), is_open(), *narrow(connection, scan.id, scope))
            query = sa.select(findings).where(findings.c.scan_id == scan.id, *chosen)
            return {row.arn: finding_of(row) for row in connection.execute(query)}

    def runs(self, scope: Filter, most: int) -> list[ScanRun]:
        """Return the last scans that have ended, the newest first, as far as the scope goes."""
        ended = scans.c.state != ScanState.RUNNING.value
        query = sa.select(scans).where(ended).order_by(scans.c.started_at.desc(), scans.c.id).limit(most)
        with self._database.read() as connection:
            return [_run(connection, row, scope) for row in connection.execute(query).all()]


def _findings(connection: Connection, scan_id: str, arns: list[str]) -> list[Finding]:
    chosen = is_among(connection, findings.c.arn, arns)
    query = sa.select(findings).where(findings.c.scan_id == scan_id, chosen).order_by(*_ORDER)
    return [finding_of(row) for row in connection.execute(query)]


def _since(connection: Connection, arns: list[str]) -> Mapping[str, datetime]:
    query = sa.select(digest_baselines.c.arn, digest_baselines.c.since).where(
        digest_baselines.c.name == DEFAULT, digest_baselines.c.open, is_among(connection, digest_baselines.c.arn, arns)
    )
    return {row.arn: row.since for row in connection.execute(query)}


def _run(connection: Connection, row: Row[tuple[object, ...]], scope: Filter) -> ScanRun:
    scan = scan_of(row)
    targets = _unread_targets(connection, scan.id, scope)
    if scope.is_empty:
        return ScanRun(scan, scan.summary.keys, scan.summary.insufficient_data, targets)
    counted = sa.select(finding_counts.c.scan_id).where(finding_counts.c.scan_id == scan.id).limit(1)
    if connection.execute(counted).first() is None and scan.summary.keys:
        return ScanRun(scan, None, None, targets)
    of_scope = total(connection, scan.id, scope)
    return ScanRun(scan, of_scope.keys, of_scope.insufficient_data, targets)


def _unread_targets(connection: Connection, scan_id: str, scope: Filter) -> int | None:
    """None where the coverage was dropped: then nobody can tell that all was read."""
    of_scan = coverage.c.scan_id == scan_id
    if connection.execute(sa.select(of_scan).where(of_scan).limit(1)).first() is None:
        return None
    failed = (coverage.c.status == CoverageStatus.FAILED.value, *narrow_coverage(connection, scan_id, scope))
    return int(connection.execute(sa.select(sa.func.count()).where(of_scan, *failed)).scalar_one())
