"""Filters as SQL: the database finds what `Filter.matches` names, no more and no less."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings

from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.narrowing import narrow
from bot.store.scans import ScanStore
from bot.store.tables import findings
from tests.store.named_keys import POPULATION, lone_parts, scopes
from tests.store.samples import finding, run


@pytest.fixture
def named_by(database: Database) -> Callable[[Filter], set[str]]:
    store = ScanStore(database)
    run(store, [replace(each, account_name="other", aliases=("alias/aB",)) for each in POPULATION], minutes=-10)
    scan = run(store, POPULATION)

    def named(scope: Filter) -> set[str]:
        with database.read() as connection:
            query = sa.select(findings.c.arn).where(findings.c.scan_id == scan.id, *narrow(connection, scan.id, scope))
            return set(connection.execute(query).scalars())

    return named


def truly_named_by(scope: Filter) -> set[str]:
    return {each.arn for each in POPULATION if scope.matches(each)}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(Filter(alias="*"))
@example(Filter(alias="**"))
@example(Filter(alias="??"))
@example(Filter(alias="a??b*"))
@example(Filter(alias="a*b"))
@example(Filter(alias="*?alias/a"))
@example(Filter(alias="alias/a?*"))
@example(Filter(alias="*a*b"))
@example(Filter(alias="a*s/b"))
@example(Filter(alias="[!a]"))
@example(Filter(alias="a_b"))
@example(Filter(word="ä"))
@example(Filter(word="_"))
@example(Filter(word="mrk-*"))
@example(Filter(word="key/mrk-*"))
@example(Filter(word="[a-m]*-ab"))
@example(Filter(account="*renamed"))
@example(Filter(word="renamed"))
@example(Filter(team="*"))
@example(Filter(account="prod-*", region="eu-*", team="?*", alias="a*", word="b"))
@given(scopes | lone_parts)
def test_the_database_finds_exactly_what_a_filter_names(named_by: Callable[[Filter], set[str]], scope: Filter) -> None:
    assert named_by(scope) == truly_named_by(scope)


def test_a_filter_that_names_everything_costs_no_condition(database: Database) -> None:
    store = ScanStore(database)
    scan = run(store, POPULATION)
    with database.read() as connection:
        for scope in (
            Filter(),
            Filter(account="*"),
            Filter(region="eu-*"),
            Filter(team="*"),
            Filter(region="*", team="*"),
        ):
            assert narrow(connection, scan.id, scope) == ()


def test_thousands_of_accounts_are_one_parameter(database: Database) -> None:
    """SQLite takes 32,766 parameters at most, PostgreSQL 65,535."""
    store = ScanStore(database)
    many = [finding("a", f"{number:012}", account_name=f"prod-{number}") for number in range(40_000)]
    scan = run(store, [*many, finding("b")])
    with database.read() as connection:
        conditions = narrow(connection, scan.id, Filter(account="prod-[0-9]*"))
        query = sa.select(sa.func.count()).where(findings.c.scan_id == scan.id, *conditions)
        assert len(query.compile(connection).params) == 2
        assert connection.execute(query).scalar_one() == len(many)
