"""A filter as conditions of SQL, so that the database finds what it names."""

from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from bot.models.keys import Verdict
from bot.models.scans import EVERYWHERE, Account
from bot.rules.filters import Filter
from bot.store.patterns import Condition, Pattern, matches_an_item, matches_whole
from bot.store.tables import coverage, finding_counts, findings

Value = TypeVar("Value")


def narrow(
    connection: Connection, scan_id: str, scope: Filter, table: sa.FromClause = findings
) -> tuple[Condition, ...]:
    """Say which findings of a scan a filter names, exactly as `Filter.matches` does; nothing where it names all.

    The few accounts, Regions and teams of the scan, which must have ended, are matched here and become lists of values;
    aliases, key ids and ARNs are matched by the database. `table` may be an alias of the findings, or the counted rows
    where the filter does not look at each key.
    """
    if scope.is_empty:
        return ()
    return tuple(
        chain(_counted_parts(connection, scan_id, scope, table), _named_parts(connection, scan_id, scope, table))
    )


def narrow_coverage(connection: Connection, scan_id: str, scope: Filter) -> tuple[Condition, ...]:
    """Say which targets of a scan may hold keys that a filter names, as `Filter.may_concern` does."""

    def is_account(account: Account) -> bool:
        return account.id == EVERYWHERE or scope.matches_account(account)

    def is_region(region: str) -> bool:
        return region == EVERYWHERE or scope.matches_region(region)

    return (
        *(_of_accounts(connection, scan_id, coverage, coverage, is_account) if scope.looks_at_accounts else ()),
        *(_of_regions(connection, scan_id, coverage, coverage, is_region) if scope.region else ()),
    )


def is_open(table: sa.FromClause = findings) -> Condition:
    """Say that a finding is an open key, in the words of the index of open keys."""
    return sa.and_(table.c.verdict == sa.literal_column(f"'{Verdict.NON_COMPLIANT}'"), table.c.exempt_until.is_(None))


def _counted_parts(connection: Connection, scan_id: str, scope: Filter, table: sa.FromClause) -> Iterable[Condition]:
    if scope.looks_at_accounts:
        yield from _of_accounts(connection, scan_id, table, finding_counts, scope.matches_account)
    if scope.region:
        yield from _of_regions(connection, scan_id, table, finding_counts, scope.matches_region)
    if scope.team:
        teams = _split(_distinct(connection, scan_id, finding_counts.c.team), scope.matches_team)
        yield from _among(connection, sa.func.coalesce(table.c.team, ""), *teams)


def _named_parts(connection: Connection, scan_id: str, scope: Filter, table: sa.FromClause) -> Iterable[Condition]:
    if scope.alias:
        yield matches_an_item(connection, table.c.aliases, Pattern.parse(scope.alias), "alias/")
    if scope.word:
        pattern = Pattern.parse(scope.word_pattern)
        in_account = _of_accounts(connection, scan_id, table, finding_counts, scope.word_matches_account)
        yield sa.or_(
            sa.and_(sa.true(), *in_account),
            matches_an_item(connection, table.c.aliases, pattern, "alias/"),
            matches_whole(table.c.arn, pattern),
            *([] if pattern.is_open_before else [matches_whole(table.c.arn, pattern, "/")]),
        )


def _of_regions(
    connection: Connection, scan_id: str, table: sa.FromClause, known: sa.Table, matches: Callable[[str], bool]
) -> Iterable[Condition]:
    return _among(connection, table.c.region, *_split(_distinct(connection, scan_id, known.c.region), matches))


def _of_accounts(
    connection: Connection, scan_id: str, table: sa.FromClause, known: sa.Table, matches: Callable[[Account], bool]
) -> Iterable[Condition]:
    """Say which accounts match. One that was renamed may go by two names in one scan."""
    query = sa.select(known.c.account, known.c.account_name).where(known.c.scan_id == scan_id).distinct()
    accounts = [Account(row.account, row.account_name) for row in connection.execute(query)]
    matching, others = _split(accounts, matches)
    renamed = {each.id for each in matching} & {each.id for each in others}
    if not renamed:
        yield from _among(connection, table.c.account, [each.id for each in matching], others)
        return
    ids = [each.id for each in matching if each.id not in renamed]
    pairs = [
        sa.and_(table.c.account == each.id, table.c.account_name == each.name)
        for each in matching
        if each.id in renamed
    ]
    yield sa.or_(*_among(connection, table.c.account, ids, others), *pairs)


def _split(values: Iterable[Value], matches: Callable[[Value], bool]) -> tuple[list[Value], list[Value]]:
    matching, others = list[Value](), list[Value]()
    for value in values:
        (matching if matches(value) else others).append(value)
    return matching, others


def _among(
    connection: Connection, column: sa.ColumnElement[str], values: Collection[str], others: Collection[object]
) -> Iterable[Condition]:
    """Say that a column has one of these values, however many; nothing where there are no others."""
    if others:
        yield is_among(connection, column, values)


def is_among(connection: Connection, column: sa.ColumnElement[str], values: Collection[str]) -> Condition:
    """Say that a column has one of these values, which are one parameter however many they are."""
    if not values:
        return sa.false()
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(values), postgresql.ARRAY(sa.Text)))
    listed = sa.func.json_each(sa.literal(list(values), sa.JSON)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def _distinct(connection: Connection, scan_id: str, column: sa.Column[str]) -> list[str]:
    query = sa.select(column).where(column.table.c.scan_id == scan_id).distinct()
    return list(connection.execute(query).scalars())
