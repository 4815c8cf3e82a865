"""What people ask of a scan: the answers are those that reading every finding would give, and nobody reads them."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.models.gaps import MOST_FAILURES, MOST_UNREAD, Gaps
from bot.models.keys import Finding, Reason, Verdict
from bot.models.posture import AccountsCovered
from bot.models.scans import EVERYWHERE, Account, Coverage, CoverageStatus, Scan, Summary
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.naming import MOST_NEAR
from bot.store.scan_rows import finding_of
from bot.store.scans import ScanStore
from tests.store.named_keys import POPULATION, TARGETS, lone_parts, scopes
from tests.store.samples import ALPHA, BERLIN, BETA, IRELAND, covered, failed, finding, run

FIELDS = {
    (Verdict.COMPLIANT, False): Summary(compliant=1),
    (Verdict.NON_COMPLIANT, False): Summary(non_compliant=1),
    (Verdict.NON_COMPLIANT, True): Summary(exempt=1),
    (Verdict.NOT_APPLICABLE, False): Summary(not_applicable=1),
    (Verdict.INSUFFICIENT_DATA, False): Summary(insufficient_data=1),
}


@pytest.fixture
def store(database: Database) -> ScanStore:
    return ScanStore(database)


@pytest.fixture
def everything(store: ScanStore) -> Scan:
    run(store, [replace(each, account_name="other", aliases=("alias/aB",)) for each in POPULATION], minutes=-10)
    return run(store, POPULATION, TARGETS)


def summaries_of(scope: Filter) -> dict[Account, Summary]:
    found: dict[Account, Summary] = {}
    for each in filter(scope.matches, POPULATION):
        account = Account(each.account, each.account_name)
        found[account] = found.get(account, Summary()) + FIELDS[each.verdict, each.exempt_until is not None]
    return found


def open_keys_of(scope: Filter) -> list[Finding]:
    is_open = [each for each in POPULATION if each.verdict is Verdict.NON_COMPLIANT and each.exempt_until is None]
    return sorted(filter(scope.matches, is_open), key=lambda each: (each.account_name, each.name, each.arn))


def gaps_of(scope: Filter) -> Gaps:
    targets = sorted(filter(scope.may_concern, TARGETS), key=lambda each: (each.account, each.region))
    unread = [each for each in POPULATION if each.verdict is Verdict.INSUFFICIENT_DATA]
    return Gaps.of(
        [each for each in targets if each.status is not CoverageStatus.SCANNED],
        sorted(filter(scope.but_for_team.matches, unread), key=lambda each: (each.account, each.region, each.arn)),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(Filter())
@example(Filter(account="ab-*"))
@example(Filter(account="ab-renamed"))
@example(Filter(account="prod-closed"))
@example(Filter(region="eu-west-*"))
@example(Filter(team="web shop"))
@example(Filter(alias="a*"))
@given(scopes | lone_parts)
def test_every_answer_is_what_reading_all_findings_would_say(store: ScanStore, everything: Scan, scope: Filter) -> None:
    assert store.summaries(everything.id, scope) == summaries_of(scope)
    assert store.gaps(everything.id, scope) == gaps_of(scope)
    expected = open_keys_of(scope)
    assert store.count_open(everything.id, scope) == len(expected)
    pages = [store.open_page(everything.id, scope, start, 7) for start in range(0, len(expected) + 1, 7)]
    assert [each for page in pages for each in page] == expected
    streamed = sorted(expected, key=lambda each: (each.account, each.region, each.arn))
    assert list(store.open_keys(scope)) == streamed
    within = filter(scope.may_concern, TARGETS)
    targets = AccountsCovered.of(everything, sorted(within, key=lambda each: (each.account, each.region)))
    assert store.accounts(everything, scope, 100) == targets


def test_accounts_with_something_unread_are_shown_first_then_by_name(store: ScanStore) -> None:
    def target(name: str, status: CoverageStatus, account: str) -> Coverage:
        return Coverage(account, name, BERLIN, status, 1)

    read, failed_, partial = CoverageStatus.SCANNED, CoverageStatus.FAILED, CoverageStatus.PARTIAL
    every = [target("a", read, "1"), target("Z", read, "2"), target("c", failed_, "3"), target("b", partial, "4")]
    scan = run(store, [], every)
    assert [each.account_name for each in store.accounts(scan, Filter(), 3).shown] == ["Z", "c", "b"]
    answer = store.accounts(scan, Filter(), 2)
    assert {each.account_name for each in answer.shown} == {"c", "b"}
    assert (answer.accounts, answer.unread, answer.is_listed) == (4, 2, True)


def test_a_key_that_cannot_be_read_is_told_once_where_its_target_counts_it(store: ScanStore) -> None:
    unread = [
        finding("a", region=region, verdict=Verdict.INSUFFICIENT_DATA, reason=Reason.THROTTLED)
        for region in (BERLIN, IRELAND)
    ]
    partial = Coverage(ALPHA, "prod-alpha", BERLIN, CoverageStatus.PARTIAL, 1, "1 of 1 keys could not be read.")
    scan = run(store, unread, [partial, covered(region=IRELAND)])
    assert store.gaps(scan.id, Filter()) == Gaps((partial,), 1, (unread[1],), 1)


def test_what_is_shown_of_many_gaps_is_little_and_the_rest_is_counted(store: ScanStore) -> None:
    dark = [failed(f"{number:012}") for number in range(50)]
    unread = [
        finding(f"{number:03}", BETA, verdict=Verdict.INSUFFICIENT_DATA, reason=Reason.THROTTLED)
        for number in range(70)
    ]
    scan = run(store, unread, dark)
    gaps = store.gaps(scan.id, Filter())
    assert gaps == Gaps(tuple(dark[:MOST_FAILURES]), 50, tuple(unread[:MOST_UNREAD]), 70)


names = st.text("aB1/:_-*[?%", min_size=1, max_size=6)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("alias/a")
@example("a")
@example("0000-ab")
@example("a_b")
@given(
    names | st.sampled_from([each.name for each in POPULATION]) | st.sampled_from([each.key_id for each in POPULATION])
)
def test_a_key_is_found_by_any_of_its_aliases_and_by_its_id(store: ScanStore, everything: Scan, name: str) -> None:
    def goes_by(each: Finding) -> bool:
        own = {*each.aliases, *(alias.removeprefix("alias/") for alias in each.aliases), each.key_id}
        return name.lower() in {one.lower() for one in own}

    called = sorted(filter(goes_by, POPULATION), key=lambda each: (each.account, each.region, each.arn))
    assert store.arns_called(everything.id, name, Filter()) == [each.arn for each in called]


@pytest.mark.parametrize(
    "typed", ["payments/card-valt", "payments/cardvault", "paymets/card-vault", "Payments/card-vaultt"]
)
def test_a_name_that_is_misspelt_in_one_place_is_near_its_own_among_many(store: ScanStore, typed: str) -> None:
    others = [finding(f"{number:04}", aliases=(f"alias/payments/key-{number}",)) for number in range(2000)]
    scan = run(store, [*others, finding("this", aliases=("alias/other", "alias/payments/card-vault"))])
    near = store.names_near(scan.id, typed, Filter())
    assert "payments/card-vault" in near
    assert len(near) <= 2 * MOST_NEAR + 1


def test_an_id_that_is_misspelt_in_one_place_is_near_its_own(store: ScanStore) -> None:
    scan = run(store, [finding("12ab34cd-0001"), finding("mrk-99ef12cd"), finding("77770000-1111")])
    assert "12ab34cd-0001" in store.names_near(scan.id, "12ab35cd-0001", Filter())
    assert "mrk-99ef12cd" in store.names_near(scan.id, "mrk-98ef12cd", Filter())


def test_nothing_is_near_a_name_of_other_letters(store: ScanStore, everything: Scan) -> None:
    assert store.names_near(everything.id, "ä", Filter()) == set()


def test_a_key_that_is_hidden_is_neither_found_by_its_name_nor_near_another_one(store: ScanStore) -> None:
    hidden = finding("12ab34cd-0001", account=BETA, aliases=("alias/payments/card-vault",))
    scan = run(store, [hidden, finding("77770000-1111", account=ALPHA, aliases=("alias/payments/mobile",))])
    seen = Filter(hidden=(BETA,))
    assert store.arns_called(scan.id, "payments/card-vault", seen) == []
    assert store.names_near(scan.id, "payments/card-valt", seen) == {"payments/mobile", "77770000-1111"}


def test_the_accounts_that_a_scan_met_are_known_by_every_name_that_they_had(store: ScanStore) -> None:
    assert store.known_accounts() == []
    run(store, [], TARGETS)
    met = {Account(each.account, each.account_name) for each in TARGETS if each.account != EVERYWHERE}
    assert set(store.known_accounts()) == met


def test_keys_are_named_all_at_once_and_those_that_nobody_knows_are_left_out(
    store: ScanStore, everything: Scan
) -> None:
    known = {each.arn: (each.name, each.account_name) for each in POPULATION}
    assert store.names(everything.id, [*known, "arn:none"]) == known
    assert store.names(everything.id, []) == {}


def test_before_the_first_scan_no_key_is_open(store: ScanStore) -> None:
    assert list(store.open_keys(Filter())) == []


@pytest.mark.parametrize("filter_text", ["", "account=prod-*", "region=eu-*", "team=*", "alias=k*", "k"])
def test_what_is_loaded_does_not_grow_with_the_number_of_keys(
    store: ScanStore, monkeypatch: pytest.MonkeyPatch, filter_text: str
) -> None:
    loaded = list[object]()

    def load(row: sa.Row[tuple[object, ...]]) -> Finding:
        loaded.append(row)
        return finding_of(row)

    monkeypatch.setattr("bot.store.answers.finding_of", load)
    kinds = ((Verdict.NON_COMPLIANT, Reason.ROTATION_DISABLED), (Verdict.INSUFFICIENT_DATA, Reason.THROTTLED))
    keys = [
        finding(f"k{number:03}{verdict.lower()}", verdict=verdict, reason=reason)
        for number in range(250)
        for verdict, reason in kinds
    ]
    scan = run(store, keys, [covered()])
    scope = Filter.parse(filter_text)
    assert store.summaries(scan.id, scope)
    assert store.count_open(scan.id, scope) == 250
    assert loaded == []
    assert store.gaps(scan.id, scope).unread_total == 250
    assert len(loaded) == MOST_UNREAD
    assert len(store.open_page(scan.id, scope, 240, 10)) == 10
    assert len(loaded) == MOST_UNREAD + 10


def test_pages_are_found_in_the_index_of_open_keys(sqlite_database: Database) -> None:
    store = ScanStore(sqlite_database)
    scan = run(store, POPULATION)
    asked = list[tuple[str, tuple[object, ...]]]()

    @sa.event.listens_for(sqlite_database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        asked.append((statement, parameters))

    for scope in map(Filter.parse, ("", "account=prod-*", "team=a_b", "alias=a*", "b")):
        store.open_page(scan.id, scope, 3, 10)
        statement, parameters = asked[-1]
        with sqlite_database.read() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        steps = [row.detail for row in plan]
        assert any("INDEX ix_findings_open (scan_id=?" in step for step in steps), steps
        assert not any(step.startswith("SCAN findings") for step in steps), steps
