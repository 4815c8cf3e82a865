"""Filters as SQL: the database finds what `Filter.matches` names, no more and no less."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count, product

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.models.keys import Finding
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.narrowing import narrow
from bot.store.scans import ScanStore
from bot.store.tables import findings
from tests.store.samples import ALPHA, BERLIN, BETA, IRELAND, finding, run

ACCOUNTS = (ALPHA, BETA, "333333333333")
NAMES = ("prod-alpha", "Köln_1", "ab*[c]")
TEAMS = (None, "", "Web Shop", "ÄB", "a_b")
LETTERS = "aB1_-/:"
ALIASES = [
    (),
    *((f"alias/{''.join(letters)}",) for length in (1, 2, 3) for letters in product("aB_/", repeat=length)),
    *((f"alias/{first}", f"alias/{second}") for first, second in product(("a", "ab", "b-1", "aws/b:"), repeat=2)),
    ("alias/a", "alias/b", "alias/Alias/c"),
]
SIGNS = "aBb1*?[]!-_/%\\,\"' äK"


def population() -> list[Finding]:
    """Keys of every shape, each alias beside many accounts, Regions and teams; one account is known by two names."""
    numbers = count()
    found = []
    for aliases in ALIASES:
        number = next(numbers)
        account = number % 3
        name = "ab-renamed" if number % 7 == 0 else NAMES[account]
        key = f"{'mrk-' if number % 5 == 0 else ''}{number:04}-aB"
        where = finding(key, ACCOUNTS[account], (BERLIN, IRELAND)[number % 2])
        found.append(replace(where, account_name=name, aliases=aliases, team=TEAMS[number % len(TEAMS)]))
    return found


POPULATION = population()


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


patterns = st.one_of(
    st.text(SIGNS, max_size=6),
    st.lists(
        st.sampled_from(["alias/", "a", "b", "b-1", "_", "/", "*", "?", "[ab]", "[!a]", "[a-c]", "[!", "]", "[]-_]"]),
        max_size=5,
    ).map("".join),
    st.sampled_from([each.arn for each in POPULATION]).flatmap(
        lambda arn: st.tuples(st.integers(0, len(arn)), st.integers(0, len(arn))).map(
            lambda ends: arn[min(ends) : max(ends)]
        )
    ),
    st.sampled_from([*ACCOUNTS, *NAMES, "*köln*", "ab-*", "eu-*", "eu-central-1", "*-1", "web shop", "w*", "mrk-*"]),
).map(str.lower)

scopes = st.builds(
    Filter,
    account=st.just("") | patterns,
    region=st.just("") | patterns,
    team=st.just("") | patterns,
    alias=st.just("") | patterns,
    word=st.just("") | patterns,
)
lone_parts = st.tuples(st.sampled_from(["account", "region", "team", "alias", "word"]), patterns).map(
    lambda part: Filter(**{part[0]: part[1]})
)


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
