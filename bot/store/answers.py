"""What people ask of a scan, answered by counted rows and indexes: no answer loads the findings that it is about."""

from collections.abc import Iterable, Iterator
from heapq import nsmallest

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.gaps import MOST_FAILURES, MOST_UNREAD, Gaps
from bot.models.keys import Finding, Verdict
from bot.models.posture import AccountsCovered
from bot.models.scans import EVERYWHERE, Account, Coverage, CoverageStatus, Scan, Summary
from bot.rules.filters import Filter
from bot.store.counting import summaries, sums, total
from bot.store.current_scan import current_scan, known_accounts
from bot.store.engine import Database
from bot.store.left_out import left_out_in
from bot.store.naming import arns_called, names_near
from bot.store.narrowing import is_among, is_open, narrow, narrow_coverage
from bot.store.patterns import Condition
from bot.store.scan_rows import coverage_of, finding_of
from bot.store.tables import coverage, finding_counts, findings

STREAMED = 1000
"""So many rows are fetched at a time."""

_IS_GAP = coverage.c.status != CoverageStatus.SCANNED.value


class Answers:
    """What the scans' store answers about a scan that has ended. The part that a filter names is narrowed in SQL."""

    _database: Database

    def summaries(self, scan_id: str, scope: Filter) -> dict[Account, Summary]:
        """Sum up the keys of each account that has any."""
        with self._database.read() as connection:
            return summaries(connection, scan_id, scope)

    def total(self, scan_id: str, scope: Filter) -> Summary:
        """Sum up the keys of all accounts together."""
        with self._database.read() as connection:
            return total(connection, scan_id, scope)

    def gaps(self, scan_id: str, scope: Filter) -> Gaps:
        """Say what could not be read: targets that may concern a filter, and keys that match all of it but the team.

        A key's team is known only while the key is open.
        """
        with self._database.read() as connection:
            return gaps_of(connection, scan_id, scope)

    def accounts(self, scan: Scan, scope: Filter, most: int) -> AccountsCovered:
        """Say how much of each account was read; those with something unread come first."""
        with self._database.read() as connection:
            return _accounts(connection, scan, scope, most)

    def count_open(self, scan_id: str, scope: Filter) -> int:
        """Count the open keys."""
        with self._database.read() as connection:
            if scope.looks_at_each_key:
                query = _open_keys(connection, scan_id, scope).with_only_columns(sa.func.count())
            else:
                _, non_compliant, *_ = sums(finding_counts)
                is_named = narrow(connection, scan_id, scope, finding_counts)
                query = sa.select(non_compliant).where(finding_counts.c.scan_id == scan_id, *is_named)
            return int(connection.execute(query).scalar_one())

    def open_page(self, scan_id: str, scope: Filter, start: int, size: int) -> list[Finding]:
        """Return some of the open keys, in the order of their accounts' and their own names.

        They are found in the index first, so that what comes before the page is counted there and not read.
        """
        order = (findings.c.account_name, findings.c.name, findings.c.arn)
        with self._database.read() as connection:
            chosen = _open_keys(connection, scan_id, scope).with_only_columns(findings.c.arn)
            page = chosen.order_by(*order).offset(start).limit(size)
            query = sa.select(findings).where(findings.c.scan_id == scan_id, findings.c.arn.in_(page)).order_by(*order)
            return [finding_of(row) for row in connection.execute(query)]

    def open_keys(self, scope: Filter) -> Iterator[Finding]:
        """Stream the keys that are open as the current scan says, by account, Region and ARN; none before the first."""
        with self._database.read() as connection:
            scan = current_scan(connection)
            if scan is None:
                return
            query = _open_keys(connection, scan.id, scope)
            rows = query.order_by(findings.c.account, findings.c.region, findings.c.arn)
            for row in connection.execution_options(yield_per=STREAMED).execute(rows):
                yield finding_of(row)

    def names(self, scan_id: str, arns: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return what people call keys and their accounts, of those that a scan knows."""
        with self._database.read() as connection:
            query = sa.select(findings.c.arn, findings.c.name, findings.c.account_name)
            chosen = is_among(connection, findings.c.arn, list(arns))
            rows = connection.execute(query.where(findings.c.scan_id == scan_id, chosen))
            return {row.arn: (row.name, row.account_name) for row in rows}

    def arns_called(self, scan_id: str, name: str, scope: Filter) -> list[str]:
        """Return the keys in scope that go by an alias, with or without its prefix, or by an id."""
        with self._database.read() as connection:
            return arns_called(connection, scan_id, name, scope)

    def names_near(self, scan_id: str, name: str, scope: Filter) -> set[str]:
        """Return names of keys in scope that somebody who typed this one may have meant."""
        with self._database.read() as connection:
            return names_near(connection, scan_id, name, scope)

    def known_accounts(self) -> list[Account]:
        """Return the accounts that the current scan met; see `current_scan.known_accounts`."""
        with self._database.read() as connection:
            scan = current_scan(connection)
            return [] if scan is None else known_accounts(connection, scan.id)


def gaps_of(connection: Connection, scan_id: str, scope: Filter) -> Gaps:
    return Gaps(*_failures(connection, scan_id, scope), *_unread(connection, scan_id, scope))


def _open_keys(connection: Connection, scan_id: str, scope: Filter) -> sa.Select[tuple[object, ...]]:
    return sa.select(findings).where(findings.c.scan_id == scan_id, is_open(), *narrow(connection, scan_id, scope))


def _failures(connection: Connection, scan_id: str, scope: Filter) -> tuple[tuple[Coverage, ...], int]:
    query = sa.select(coverage).where(*_is_failure(connection, scan_id, scope))
    first = query.order_by(coverage.c.account, coverage.c.region).limit(MOST_FAILURES)
    shown = tuple(coverage_of(row) for row in connection.execute(first))
    return shown, _count(connection, query)


def _unread(connection: Connection, scan_id: str, scope: Filter) -> tuple[tuple[Finding, ...], int]:
    """Find the keys that no target's line counts already."""
    is_counted = sa.exists().where(
        coverage.c.scan_id == scan_id,
        coverage.c.account == findings.c.account,
        coverage.c.region == findings.c.region,
        coverage.c.status == CoverageStatus.PARTIAL.value,
        *narrow_coverage(connection, scan_id, scope),
    )
    query = sa.select(findings).where(
        findings.c.scan_id == scan_id,
        findings.c.verdict == Verdict.INSUFFICIENT_DATA.value,
        *narrow(connection, scan_id, scope.but_for_team),
        ~is_counted,
    )
    first = query.order_by(findings.c.account, findings.c.region, findings.c.arn).limit(MOST_UNREAD)
    shown = tuple(finding_of(row) for row in connection.execute(first))
    return shown, _count(connection, query)


def _is_failure(connection: Connection, scan_id: str, scope: Filter) -> tuple[Condition, ...]:
    failed = [status.value for status in CoverageStatus if status is not CoverageStatus.SCANNED]
    narrowed = narrow_coverage(connection, scan_id, scope)
    return (coverage.c.scan_id == scan_id, coverage.c.status.in_(failed), *narrowed)


def _count(connection: Connection, query: sa.Select[tuple[object, ...]]) -> int:
    return int(connection.execute(query.with_only_columns(sa.func.count())).scalar_one())


def _accounts(connection: Connection, scan: Scan, scope: Filter, most: int) -> AccountsCovered:
    is_covered = (coverage.c.scan_id == scan.id, *narrow_coverage(connection, scan.id, scope))
    gaps = sa.func.sum(sa.case((_IS_GAP, 1), else_=0)).label("gaps")
    each = sa.select(coverage.c.account_name, coverage.c.account, gaps).where(*is_covered)
    rows = connection.execute(each.group_by(coverage.c.account_name, coverage.c.account)).all()
    first = nsmallest(most, ((not row.gaps, row.account_name, row.account) for row in rows))
    names = {(name, account) for _, name, account in first}
    chosen = is_among(connection, coverage.c.account, [account for _, account in names])
    targets = sa.select(coverage).where(*is_covered, chosen).order_by(coverage.c.account, coverage.c.region)
    shown = (coverage_of(row) for row in connection.execute(targets))
    own = [row for row in rows if row.account != EVERYWHERE]
    return AccountsCovered(
        scan=scan,
        accounts=len(own),
        unread=sum(row.gaps > 0 for row in own),
        is_listed=len(own) == len(rows),
        shown=tuple(each for each in shown if (each.account_name, each.account) in names),
        left_out=left_out_in(connection, scan.id, scope),
    )
