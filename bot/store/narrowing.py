"""A filter as conditions of SQL, so that the database finds what it names."""

from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from bot.models.scans import Account
from bot.rules.filters import Filter
from bot.store.patterns import Condition, Pattern, matches_an_item, matches_whole
from bot.store.tables import findings

Value = TypeVar("Value")


def narrow(
    connection: Connection, scan_id: str, scope: Filter, table: sa.FromClause = findings
) -> tuple[Condition, ...]:
    """Say which findings of a scan a filter names, exactly as `Filter.matches` does; nothing where it names all.

    The few accounts, Regions and teams that the scan knows are matched here, and become lists of values; aliases, key
    ids and ARNs are matched by the database. `table` may be an alias of the findings.
    """
    if scope.is_empty:
        return ()
    return tuple(
        chain(_counted_parts(connection, scan_id, scope, table), _named_parts(connection, scan_id, scope, table))
    )


def _counted_parts(connection: Connection, scan_id: str, scope: Filter, table: sa.FromClause) -> Iterable[Condition]:
    if scope.account:
        yield from _of_accounts(connection, scan_id, table, scope.matches_account)
    if scope.region:
        regions = _distinct(connection, scan_id, findings.c.region)
        yield from _among(connection, table.c.region, *_split(regions, scope.matches_region))
    if scope.team:
        team = sa.func.coalesce(table.c.team, "")
        teams = _distinct(connection, scan_id, sa.func.coalesce(findings.c.team, ""))
        yield from _among(connection, team, *_split(teams, scope.matches_team))


def _named_parts(connection: Connection, scan_id: str, scope: Filter, table: sa.FromClause) -> Iterable[Condition]:
    if scope.alias:
        yield matches_an_item(connection, table.c.aliases, Pattern.parse(scope.alias), "alias/")
    if scope.word:
        pattern = Pattern.parse(scope.word_pattern)
        in_accounts = sa.and_(sa.true(), *_of_accounts(connection, scan_id, table, scope.word_matches_account))
        yield sa.or_(
            in_accounts,
            matches_an_item(connection, table.c.aliases, pattern, "alias/"),
            matches_whole(connection, table.c.arn, pattern),
            *([] if pattern.is_open_before else [matches_whole(connection, table.c.arn, pattern, "/")]),
        )


def _of_accounts(
    connection: Connection, scan_id: str, table: sa.FromClause, matches: Callable[[Account], bool]
) -> Iterable[Condition]:
    """Say which accounts match. One that was renamed may go by two names in one scan."""
    query = sa.select(findings.c.account, findings.c.account_name).where(findings.c.scan_id == scan_id).distinct()
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


def _distinct(connection: Connection, scan_id: str, column: sa.ColumnElement[str]) -> list[str]:
    return list(connection.execute(sa.select(column).where(findings.c.scan_id == scan_id).distinct()).scalars())
