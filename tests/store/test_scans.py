"""Scans: what readers are shown, and when."""

from dataclasses import replace

import pytest

from bot.errors import ScanEndedError
from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import Coverage, CoverageStatus, ScanState, Summary
from bot.models.trail import Act
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.samples import ALPHA, BERLIN, BETA, IRELAND, at, covered, failed, finding, rotating, run, scan

EXCUSED = at(10_000)


@pytest.fixture
def store(database: Database) -> ScanStore:
    return ScanStore(database)


def shown(store: ScanStore) -> list[Finding]:
    current = store.current()
    assert current is not None
    return list(store.findings(current.id))


def test_before_the_first_scan_there_is_no_current_one(store: ScanStore) -> None:
    assert store.current() is None
    assert store.running() == []


def test_a_running_scan_is_out_of_sight_until_it_is_finished(store: ScanStore) -> None:
    first = run(store)
    second = scan(minutes=2)
    store.begin(second)
    store.add(second.id, [finding("a")], [covered()])
    assert store.current() == first
    assert store.running() == [second]
    finished = store.finish(second.id, at(3))
    assert store.current() == finished
    assert store.running() == []


def test_a_finished_scan_says_when_by_whom_and_what(store: ScanStore) -> None:
    started = scan(scope="account=prod-*")
    store.begin(started)
    store.add(started.id, [finding("a")])
    finished = store.finish(started.id, at(1))
    assert finished == replace(started, state=ScanState.FINISHED, finished_at=at(1), summary=Summary(non_compliant=1))


def test_a_scan_that_was_interrupted_cannot_be_finished(store: ScanStore) -> None:
    first = run(store, [rotating("a")])
    cut_short = scan(minutes=2)
    store.begin(cut_short)
    store.interrupt(cut_short.id, at(3), [])
    with pytest.raises(ScanEndedError):
        store.finish(cut_short.id, at(4))
    assert store.current() == first


def test_a_scan_is_finished_once_and_then_not_interrupted(store: ScanStore, database: Database) -> None:
    finished = run(store)
    with pytest.raises(ScanEndedError):
        store.finish(finished.id, at(9))
    store.interrupt(finished.id, at(9), [])
    assert store.current() == finished
    acts = [entry.act for entry in Trail(database).newest(10)]
    assert acts == [Act.SCAN_FINISHED, Act.SCAN_STARTED]


def test_finishing_and_interrupting_at_once_ends_a_scan_one_way(store: ScanStore, database: Database) -> None:
    for _ in range(5):
        started = scan()
        store.begin(started)

        def end(number: int, scan_id: str = started.id) -> bool:
            if number % 2:
                store.interrupt(scan_id, at(1), [])
                return False
            try:
                store.finish(scan_id, at(1))
            except ScanEndedError:
                return False
            return True

        finished = sum(all_at_once(end, threads=6))
        acts = [entry.act for entry in Trail(database).newest(10, frozenset({started.id}))]
        assert acts == [Act.SCAN_FINISHED if finished else Act.SCAN_INTERRUPTED, Act.SCAN_STARTED]


def test_the_newest_scan_of_everything_is_current_and_a_narrowed_one_only_before_the_first(store: ScanStore) -> None:
    narrowed = run(store, scope="account=prod-alpha")
    assert store.current() == narrowed
    everything = run(store, minutes=5)
    run(store, minutes=10, scope="account=prod-alpha")
    assert store.current() == everything


CASES = [
    (rotating("a"), "compliant"),
    (replace(rotating("a"), exempt_until=EXCUSED), "compliant"),
    (finding("a"), "non_compliant"),
    (finding("a", exempt_until=EXCUSED), "exempt"),
    (finding("a", verdict=Verdict.NOT_APPLICABLE, reason=Reason.KEY_SPEC), "not_applicable"),
    (finding("a", verdict=Verdict.NOT_APPLICABLE, reason=Reason.KEY_SPEC, exempt_until=EXCUSED), "not_applicable"),
    (finding("a", verdict=Verdict.INSUFFICIENT_DATA, reason=Reason.ACCESS_DENIED), "insufficient_data"),
    (
        finding("a", verdict=Verdict.INSUFFICIENT_DATA, reason=Reason.ACCESS_DENIED, exempt_until=EXCUSED),
        "insufficient_data",
    ),
]


@pytest.mark.parametrize(("found", "counted_as"), CASES)
def test_each_key_is_counted_once_by_its_verdict(store: ScanStore, found: Finding, counted_as: str) -> None:
    assert run(store, [found]).summary == Summary(**{counted_as: 1})


def test_all_keys_are_counted(store: ScanStore) -> None:
    found = [replace(each, arn=f"{each.arn}{copy}") for copy, (each, _) in enumerate(CASES * 3)]
    assert run(store, found).summary == Summary(6, 3, 6, 6, 3)


def test_the_scan_before_is_the_newest_finished_one_of_the_same_scope(store: ScanStore) -> None:
    first = run(store, minutes=0)
    narrowed = run(store, minutes=2, scope="region=eu-*")
    second = run(store, minutes=4)
    third = run(store, minutes=6)
    narrowed_again = run(store, minutes=8, scope="region=eu-*")
    assert store.before(third) == second
    assert store.before(second) == first
    assert store.before(first) is None
    assert store.before(narrowed_again) == narrowed
    assert store.before(scan(minutes=10)) == third


def test_findings_come_back_whole_and_in_order_however_many(store: ScanStore) -> None:
    found = [
        rotating(f"{number:04}", account, region)
        for account in (BETA, ALPHA)
        for region in (IRELAND, BERLIN)
        for number in reversed(range(600))
    ]
    current = run(store, found)
    assert list(store.findings(current.id)) == sorted(found, key=lambda each: (each.account, each.region, each.arn))


def test_every_field_of_a_finding_comes_back(store: ScanStore) -> None:
    full = finding(
        "a",
        aliases=("alias/ä", 'alias/"b"'),
        rotation_period_days=90,
        next_rotation=at(5),
        team="pay",
        exempt_until=EXCUSED,
    )
    bare = finding("b", aliases=(), rotation_enabled=None, managed_by="Terraform")
    current = run(store, [full, bare])
    assert store.finding(current.id, full.arn) == full
    assert store.finding(current.id, bare.arn) == bare
    assert store.finding(current.id, "arn:none") is None
    assert store.finding("another scan", full.arn) is None


@pytest.mark.parametrize("wanted", [[], [Verdict.NON_COMPLIANT], [Verdict.COMPLIANT, Verdict.NON_COMPLIANT]])
def test_findings_are_filtered_by_verdict(store: ScanStore, wanted: list[Verdict]) -> None:
    found = [finding("a"), rotating("b"), finding("c", verdict=Verdict.NOT_APPLICABLE, reason=Reason.KEY_DISABLED)]
    current = run(store, found)
    assert list(store.findings(current.id, wanted)) == [each for each in found if each.verdict in wanted]


def test_findings_that_are_read_half_let_others_write(store: ScanStore) -> None:
    current = run(store, [finding(f"{number:04}") for number in range(2500)])
    half_read = store.findings(current.id)
    assert next(half_read).key_id == "0000"
    run(store, minutes=2)
    assert len(list(half_read)) == 2499


def test_coverage_comes_back_whole_and_in_order(store: ScanStore) -> None:
    partial = Coverage(BETA, "prod-beta", IRELAND, CoverageStatus.PARTIAL, 3, "1 of 3 keys could not be read.")
    current = run(store, read=[partial, failed(BETA, BERLIN), covered(ALPHA)])
    assert store.coverage(current.id) == [covered(ALPHA), failed(BETA, BERLIN), partial]


def test_a_newer_reading_replaces_what_is_shown_and_is_counted(store: ScanStore) -> None:
    run(store, [finding("a"), finding("b")])
    store.record_reading(rotating("a", minutes=5))
    assert shown(store) == [rotating("a", minutes=5), finding("b")]
    assert store.current().summary == Summary(compliant=1, non_compliant=1)  # type: ignore[union-attr]  # shown above


def test_an_older_reading_and_one_of_an_unknown_key_change_nothing(store: ScanStore) -> None:
    current = run(store, [finding("a", minutes=5)])
    store.record_reading(rotating("a", minutes=4))
    store.record_reading(rotating("a", minutes=5))
    store.record_reading(rotating("unknown", minutes=6))
    assert shown(store) == [finding("a", minutes=5)]
    assert store.current() == current


def test_a_reading_before_the_first_scan_changes_nothing(store: ScanStore) -> None:
    store.record_reading(rotating("a"))
    assert store.current() is None


@pytest.mark.parametrize("scope", ["", f"account={ALPHA}"])
@pytest.mark.parametrize("when", ["after the scan stored the key", "before the scan stored the key"])
def test_a_newer_reading_made_while_a_scan_runs_survives_its_finish(store: ScanStore, when: str, scope: str) -> None:
    run(store, [finding("a")], [covered()])
    running = scan(minutes=10, scope=scope)
    store.begin(running)
    if when.startswith("after"):
        store.add(running.id, [finding("a", minutes=11)], [covered()])
        store.record_reading(rotating("a", minutes=12))
    else:
        store.record_reading(rotating("a", minutes=12))
        store.add(running.id, [finding("a", minutes=11)], [covered()])
    finished = store.finish(running.id, at(20))
    assert shown(store) == [rotating("a", minutes=12)]
    assert finished.summary == Summary(compliant=1)
    assert store.current().summary == Summary(compliant=1)  # type: ignore[union-attr]  # shown above


def test_a_scan_that_read_a_key_after_a_change_has_the_last_word(store: ScanStore) -> None:
    run(store, [finding("a")], [covered()])
    running = scan(minutes=10)
    store.begin(running)
    store.record_reading(rotating("a", minutes=11))
    store.add(running.id, [finding("a", minutes=12)], [covered()])
    store.finish(running.id, at(20))
    assert shown(store) == [finding("a", minutes=12)]


def test_readings_made_at_the_very_moment_of_a_finish_are_counted(store: ScanStore) -> None:
    keys = [f"{number:02}" for number in range(12)]
    run(store, [finding(key) for key in keys])
    running = scan(minutes=10)
    store.begin(running)
    store.add(running.id, [finding(key, minutes=11) for key in keys])

    def act(number: int) -> None:
        if number == len(keys):
            store.finish(running.id, at(20))
        else:
            store.record_reading(rotating(keys[number], minutes=12))

    all_at_once(act, threads=len(keys) + 1)
    current = store.current()
    assert current is not None
    assert current.id == running.id
    assert shown(store) == [rotating(key, minutes=12) for key in keys]
    assert current.summary == Summary(compliant=len(keys))
