"""What a digest says: every key as it was and as it is, and nothing called fixed that nobody read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, product

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.models.digests import Comparison, DeltaKind
from bot.models.gaps import MOST_UNREAD, Gaps
from bot.models.keys import Finding, Verdict
from bot.models.requests import ChangeKind, ChangeState
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Summary
from bot.rules.digest import MOST_NAMES, MOST_PAGES, PAGE_ROWS
from bot.rules.filters import Filter
from bot.store.engine import Database
from tests.store.digest_model import Baseline, modelled
from tests.store.digest_stage import Stage
from tests.store.samples import ALPHA, BERLIN, BETA, OHIO, arn_of, at, covered, failed
from tests.store.samples import finding as finding_of

NOW = at(2)
LONG_AGO = NOW - timedelta(days=40)
EXEMPT = "EXEMPT"
FILLER = "0filler"

OPEN, CLOSED = Baseline(open=True, since=LONG_AGO), Baseline(open=False, since=LONG_AGO)
OPEN_NOW, CLOSED_NOW = Baseline(open=True, since=NOW), Baseline(open=False, since=NOW)


def finding(key: str, now: str, account: str = ALPHA, region: str = BERLIN, minutes: float = 0) -> Finding:
    is_exempt = now == EXEMPT
    return finding_of(
        key,
        account,
        region,
        minutes=minutes,
        aliases=(),
        verdict=Verdict.NON_COMPLIANT if is_exempt else Verdict(now),
        exempt_until=at(9999) if is_exempt else None,
    )


def compared(
    database: Database, previous: dict[str, Baseline], found: Iterable[Finding], coverage: Iterable[Coverage] = ()
) -> tuple[Comparison, dict[str, Baseline]]:
    """Compare, with one more key that is known and complies, so that there is something to compare with."""
    stage = Stage(database)
    stage.remember({**previous, arn_of(FILLER): CLOSED})
    stage.scan([*found, finding(FILLER, Verdict.COMPLIANT)], coverage, minutes=0)
    comparison = stage.publish(2)
    return comparison, stage.baseline


def told(comparison: Comparison) -> dict[str, set[str]]:
    delta = comparison.delta
    assert delta is not None
    assert all(delta.total(kind) == len(delta.names(kind)) for kind in DeltaKind if kind is not DeltaKind.STILL_OPEN)
    return {kind.value: set(delta.names(kind)) for kind in DeltaKind if delta.names(kind)}


SEEN: dict[tuple[str, Baseline | None], tuple[str | None, Baseline | None]] = {
    (Verdict.NON_COMPLIANT, None): ("new", OPEN_NOW),
    (Verdict.NON_COMPLIANT, OPEN): ("still_open", OPEN),
    (Verdict.NON_COMPLIANT, CLOSED): ("regressed", OPEN_NOW),
    (Verdict.COMPLIANT, None): (None, CLOSED_NOW),
    (Verdict.COMPLIANT, OPEN): ("fixed", CLOSED_NOW),
    (Verdict.COMPLIANT, CLOSED): (None, CLOSED),
    (Verdict.NOT_APPLICABLE, None): (None, None),
    (Verdict.NOT_APPLICABLE, OPEN): ("lapsed", CLOSED_NOW),
    (Verdict.NOT_APPLICABLE, CLOSED): (None, CLOSED),
    (EXEMPT, None): (None, None),
    (EXEMPT, OPEN): ("lapsed", CLOSED_NOW),
    (EXEMPT, CLOSED): (None, CLOSED),
    (Verdict.INSUFFICIENT_DATA, None): (None, None),
    (Verdict.INSUFFICIENT_DATA, OPEN): ("unread", OPEN),
    (Verdict.INSUFFICIENT_DATA, CLOSED): (None, CLOSED),
}
"""Verdict and what the digest before said: what this one says, and what the next one will compare with."""

PASTS = {"unknown": None, "open": OPEN, "closed": CLOSED}

COVERAGES: dict[str, tuple[list[Coverage], bool]] = {
    "scanned": ([covered()], False),
    "read in part": ([replace(covered(), status=CoverageStatus.PARTIAL)], False),
    "not scanned any more": ([], False),
    "failed": ([failed(region=BERLIN)], True),
    "account failed": ([failed()], True),
    "organisation failed": ([failed(EVERYWHERE)], True),
    "another Region failed": ([covered(), failed(region=OHIO)], False),
    "another account failed": ([covered(), failed(BETA), failed(BETA, BERLIN)], False),
}
"""What was covered, and whether that leaves the keys' own place dark."""


def test_all_verdicts_and_pasts_are_in_the_table() -> None:
    assert set(SEEN) == set(product([*Verdict, EXEMPT], PASTS.values()))


@pytest.mark.parametrize("coverage", COVERAGES)
def test_a_key_that_the_scan_found_and_one_that_it_did_not(database: Database, coverage: str) -> None:
    targets, is_dark = COVERAGES[coverage]
    keys = {f"{now}-{past}": (now, before) for now, (past, before) in product([*Verdict, EXEMPT], PASTS.items())}
    previous = {arn_of(key): before for key, (_, before) in keys.items() if before is not None}
    absent = {arn_of("absent-open"): OPEN, arn_of("absent-closed"): CLOSED}
    comparison, baseline = compared(
        database, previous | absent, [finding(key, now) for key, (now, _) in keys.items()], targets
    )
    expected: dict[str, set[str]] = {}
    for key, seen in keys.items():
        kind, after = SEEN[seen]
        if kind is not None and kind != DeltaKind.STILL_OPEN:
            expected.setdefault(kind, set()).add(key)
        assert baseline.get(arn_of(key)) == after, key
    expected["unread" if is_dark else "lapsed"].add("absent-open")
    assert told(comparison) == expected
    assert comparison.delta is not None
    assert comparison.delta.total(DeltaKind.STILL_OPEN) == 1
    assert {arn: each for arn, each in baseline.items() if arn in absent} == (absent if is_dark else {})


def test_a_key_that_was_repaired_and_is_open_is_open_again_and_no_other(database: Database) -> None:
    stage = Stage(database)
    stage.scan([], [], minutes=-9)
    stage.publish(-5)
    keys = {f"{now}-{past}": (now, before) for now, (past, before) in product([*Verdict, EXEMPT], PASTS.items())}
    stage.remember({arn_of(key): before for key, (_, before) in keys.items() if before is not None})
    stage.change(map(arn_of, keys), at(-5))
    stage.scan([finding(key, now) for key, (now, _) in keys.items()], [], minutes=0)
    comparison = stage.publish(2)
    expected: dict[str, set[str]] = {}
    for key, seen in keys.items():
        kind, after = SEEN[seen] if seen != (Verdict.NON_COMPLIANT, OPEN) else ("regressed", OPEN_NOW)
        if kind is not None:
            expected.setdefault(kind, set()).add(key)
        assert stage.baseline.get(arn_of(key)) == after, key
    assert told(comparison) == expected


@pytest.mark.parametrize("kind", ChangeKind)
@pytest.mark.parametrize("state", ChangeState)
@pytest.mark.parametrize("minutes", [-5.1, -5])
def test_a_key_counts_as_repaired_where_its_rotation_was_enabled_since_the_digest_before(
    database: Database, state: ChangeState, kind: ChangeKind, minutes: float
) -> None:
    stage = Stage(database)
    stage.scan([finding("k", Verdict.NON_COMPLIANT)], [], minutes=-9)
    stage.publish(-5)
    stage.change([arn_of("k")], at(minutes), state, kind)
    is_repaired = state is ChangeState.SUCCEEDED and kind is ChangeKind.ENABLE_ROTATION and minutes == -5
    assert told(stage.publish(2)) == ({"regressed": {"k"}} if is_repaired else {})


def test_the_first_digest_compares_with_nothing(database: Database) -> None:
    stage = Stage(database)
    stage.scan([finding("k", Verdict.NON_COMPLIANT)], [], minutes=0)
    assert stage.publish(2).delta is None
    assert stage.baseline == {arn_of("k"): OPEN_NOW}


def test_a_digest_needs_a_scan(database: Database) -> None:
    with pytest.raises(LookupError, match="no scan"):
        Stage(database).publish(2)


@pytest.mark.parametrize(("account_name", "kind"), [("prod-alpha", "unread"), ("old-alpha", "lapsed")])
def test_an_account_that_went_out_of_scope_is_not_waited_for(database: Database, account_name: str, kind: str) -> None:
    stage = Stage(database, scope=Filter(account="prod-*"))
    stage.remember({arn_of("k"): OPEN})
    stage.scan([], [replace(failed(), account_name=account_name)], minutes=0)
    assert told(stage.publish(2)) == {kind: {"k"}}


def test_a_key_that_was_disabled_for_a_while_is_open_again_and_not_new(database: Database) -> None:
    stage = Stage(database)
    for minutes, verdict in enumerate((Verdict.NON_COMPLIANT, Verdict.NOT_APPLICABLE, Verdict.NON_COMPLIANT)):
        stage.scan([finding("k", verdict, minutes=minutes)], [], minutes=minutes)
        comparison = stage.publish(minutes + 0.5)
    assert told(comparison) == {"regressed": {"k"}}


def test_an_unread_key_stays_open_since_the_same_day_until_somebody_reads_it(database: Database) -> None:
    stage = Stage(database)
    stage.remember({arn_of("k"): OPEN})
    for minutes, verdict in enumerate([Verdict.INSUFFICIENT_DATA, Verdict.INSUFFICIENT_DATA, Verdict.NON_COMPLIANT]):
        stage.scan([finding("k", verdict, minutes=minutes)], [], minutes=minutes)
        comparison = stage.publish(minutes + 0.5)
        assert stage.baseline == {arn_of("k"): OPEN}
    assert [key.open_since for key in comparison.first] == [LONG_AGO]


def test_production_comes_first_then_the_longest_open_and_news_is_marked(database: Database) -> None:
    previous = {
        arn_of("older"): OPEN,
        arn_of("old"): replace(OPEN, since=LONG_AGO + timedelta(days=1)),
        arn_of("again"): CLOSED,
    }
    production = {"old", "new"}
    found = [
        replace(finding(key, Verdict.NON_COMPLIANT), is_production=key in production, owner="web")
        for key in ("old", "older", "new", "again")
    ]
    comparison, _ = compared(database, previous, found)
    assert [(key.name, key.is_production, key.news) for key in comparison.first] == [
        ("old", True, None),
        ("new", True, DeltaKind.NEW),
        ("older", False, None),
        ("again", False, DeltaKind.REGRESSED),
    ]
    assert {key.owner for key in comparison.first} == {"web"}
    assert comparison.affairs.oldest == LONG_AGO


def test_in_the_first_digest_nothing_is_marked_as_new(database: Database) -> None:
    stage = Stage(database)
    stage.scan([finding("k", Verdict.NON_COMPLIANT)], [], minutes=0)
    comparison = stage.publish(2)
    assert [key.news for key in comparison.first] == [None]
    assert comparison.affairs.oldest == NOW


def test_exempt_keys_are_counted_beside_the_others(database: Database) -> None:
    verdicts = [*Verdict, EXEMPT, EXEMPT]
    comparison, _ = compared(database, {}, [finding(f"k{number}", each) for number, each in enumerate(verdicts)])
    assert comparison.summary == Summary(compliant=2, non_compliant=1, not_applicable=1, insufficient_data=1, exempt=2)


def test_the_first_keys_alone_get_handles_for_their_buttons(database: Database) -> None:
    stage = Stage(database, top=2)
    stage.scan([finding(f"k{number}", Verdict.NON_COMPLIANT) for number in range(4)], [], minutes=0)
    handles = [key.handle for key in stage.publish(2).first]
    assert [bool(handle) for handle in handles] == [True, True, False, False]


@pytest.mark.parametrize("more", [0, 1])
def test_no_more_open_keys_are_loaded_than_are_shown(database: Database, more: int) -> None:
    stage = Stage(database, top=3)
    pages = MOST_PAGES * PAGE_ROWS
    found = [finding(f"k{number}", Verdict.NON_COMPLIANT) for number in range(3 + pages + more)]
    stage.scan(found, [], minutes=0)
    comparison = stage.publish(2)
    assert len(comparison.first) == (3 if more else 3 + pages)
    assert comparison.summary.non_compliant == len(found)


def test_no_more_names_are_loaded_than_are_shown(database: Database) -> None:
    kinds = {"a": Verdict.NON_COMPLIANT, "b": Verdict.COMPLIANT, "c": Verdict.INSUFFICIENT_DATA}
    keys = [f"{kind}{number}" for kind in kinds for number in range(8)]
    previous = {arn_of(key): OPEN for key in keys if key[0] != "a"}
    comparison, _ = compared(database, previous, [finding(key, kinds[key[0]]) for key in keys])
    assert comparison.delta is not None
    for kind, letter in ((DeltaKind.NEW, "a"), (DeltaKind.FIXED, "b"), (DeltaKind.UNREAD, "c")):
        assert comparison.delta.names(kind) == tuple(f"{letter}{number}" for number in range(MOST_NAMES))
        assert comparison.delta.total(kind) == 8
    assert [each.name for each in comparison.gaps.unread] == [f"c{number}" for number in range(MOST_UNREAD)]
    assert comparison.gaps.unread_total == 8


def test_an_ordinary_day_writes_the_keys_that_changed_and_no_other(database: Database) -> None:
    stage = Stage(database)
    verdicts = {f"k{number}": list(Verdict)[number % 4] for number in range(40)}
    stage.scan([finding(key, verdict) for key, verdict in verdicts.items()], [], minutes=0)
    stage.publish(2)
    verdicts |= {"k0": Verdict.NON_COMPLIANT, "k1": Verdict.COMPLIANT, "k99": Verdict.NON_COMPLIANT}
    del verdicts["k4"]
    stage.scan([finding(key, verdict, minutes=3) for key, verdict in verdicts.items()], [], minutes=3)
    written: list[tuple[str, int]] = []

    @sa.event.listens_for(database.engine, "after_cursor_execute")
    def note(_connection: object, cursor: sa.engine.interfaces.DBAPICursor, statement: str, *_: object) -> None:
        if "digest_baselines" in statement and not statement.startswith(("SELECT", "WITH")):
            written.append((statement.split(maxsplit=1)[0], cursor.rowcount))

    stage.publish(5)
    assert sorted(written) == [("DELETE", 1), ("INSERT", 1), ("UPDATE", 1), ("UPDATE", 1)]


# Against the model, day after day

PLACES = tuple(product((ALPHA, BETA), (BERLIN, OHIO)))
ALIASES = {"a": ("alias/Zeta",), "b": ("alias/app/one", "alias/app_two"), "c": ("alias/app/one",), "d": ()}
KEYS = tuple(product(ALIASES, PLACES))
SCOPES = (
    "",
    "team=payments",
    "team=p*",
    "team=*",
    "account=prod-a*",
    "region=eu-*",
    "alias=app/*",
    "zeta",
    "team=payments region=eu-*",
    "team=payments app",
)
ACCOUNT_NAMES = {ALPHA: "prod-Älpha", BETA: "prod beta"}


@dataclass(frozen=True)
class Day:
    """What a scan finds of each key (its verdict and team), what it covers, and which keys were repaired before it.

    Of a key that could not be read nobody reads the team either.
    """

    found: dict[tuple[str, tuple[str, str]], tuple[str, str | None, bool]]
    coverage: dict[tuple[str, str], CoverageStatus]
    repaired: frozenset[str]

    def findings(self, minutes: float) -> list[Finding]:
        made = [
            replace(
                finding(key, now, *place, minutes),
                account_name=ACCOUNT_NAMES[place[0]],
                aliases=ALIASES[key],
                team=None if now == Verdict.INSUFFICIENT_DATA else team,
                is_production=is_production,
            )
            for (key, place), (now, team, is_production) in self.found.items()
        ]
        return sorted(made, key=lambda each: (each.account, each.region, each.arn))

    def targets(self) -> list[Coverage]:
        return [
            Coverage(account, ACCOUNT_NAMES.get(account, account), region, status)
            for (account, region), status in sorted(self.coverage.items())
        ]


teams = st.sampled_from([None, "payments", "Platform", "web"])
days = st.builds(
    Day,
    st.dictionaries(
        st.sampled_from(KEYS), st.tuples(st.sampled_from([*Verdict, EXEMPT]), teams, st.booleans()), max_size=len(KEYS)
    ),
    st.dictionaries(
        st.sampled_from([*PLACES, (ALPHA, EVERYWHERE), (BETA, EVERYWHERE), (EVERYWHERE, EVERYWHERE)]),
        st.sampled_from(CoverageStatus),
        max_size=4,
    ),
    st.sets(st.sampled_from([arn_of(key, *place) for key, place in KEYS]), max_size=4).map(frozenset),
)
_clock = count(10, 10)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(scope=st.sampled_from(SCOPES).map(Filter.parse), sequence=st.lists(days, min_size=1, max_size=4))
def test_day_after_day_the_database_says_what_the_model_says(
    database: Database, scope: Filter, sequence: list[Day]
) -> None:
    """No example is told of another: each has a name of its own, and its scans come after all before."""
    last: datetime | None = None
    baseline: dict[str, Baseline] = {}
    enabled: dict[str, datetime] = {}
    name = f"audience {next(_clock)}"
    stage = Stage(database, name, scope, top=3)
    for day in sequence:
        minutes = next(_clock)
        stage.change(day.repaired, at(minutes - 1))
        enabled |= dict.fromkeys(day.repaired, at(minutes - 1))
        found = day.findings(minutes)
        stage.scan(found, day.targets(), minutes)
        repaired = day.repaired if last is not None else frozenset[str]()
        model = modelled(
            baseline, at(minutes + 2), found, day.targets(), scope=scope, repaired=repaired, enabled=enabled
        )
        comparison = stage.publish(minutes + 2)
        assert comparison.summary == model.summary
        assert comparison.delta == model.delta
        assert [(key.arn, key.open_since, key.news) for key in comparison.first] == [
            (each.arn, model.since[each.arn], model.news_of(each)) for each in model.in_order()
        ]
        assert comparison.affairs.oldest == min(model.since.values(), default=None)
        assert [each.name for each in comparison.affairs.mended] == sorted(model.mended)[:MOST_NAMES]
        assert comparison.affairs.mended_total == len(model.mended)
        assert comparison.affairs.fixed_elsewhere == tuple(sorted(model.fixed_elsewhere)[:MOST_NAMES])
        concerned = [each for each in day.targets() if scope.may_concern(each)]
        failures = [each for each in concerned if each.status is not CoverageStatus.SCANNED]
        assert comparison.gaps == Gaps.of(failures, model.unread)
        assert stage.baseline == model.baseline
        last, baseline = at(minutes + 2), model.baseline
