"""Scans that were stopped: what they read is kept, and nothing of them is taken for more than it is."""

import json
from dataclasses import replace

import pytest

from bot.errors import ScanEndedError
from bot.models.keys import Finding
from bot.models.messages import MessageKind
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, LeftOut, Scan, ScanState, Summary
from bot.models.trail import SYSTEM, Act
from bot.store import folding
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from tests.store.samples import ALPHA, BERLIN, BETA, IRELAND, at, covered, failed, finding, rotating, run, scan

GAMMA = "333333333333"
EVERY_TARGET = [(account, region) for account in (ALPHA, BETA) for region in (BERLIN, IRELAND)]
NEW = 10
"""Minutes after noon when the interrupted scan reads."""

LOST = failed(EVERYWHERE, error="The scan was cut off.")
"""The plan of a scan that was killed."""


@pytest.fixture
def store(database: Database) -> ScanStore:
    return ScanStore(database)


@pytest.fixture
def everything(store: ScanStore) -> Scan:
    """One key without rotation in two Regions of two accounts."""
    return run(store, old(*EVERY_TARGET), [covered(*each) for each in EVERY_TARGET])


def old(*targets: tuple[str, str]) -> list[Finding]:
    return [finding("old", *target) for target in targets]


def unread(account: str = ALPHA, region: str = BERLIN, keys: int = 0) -> Coverage:
    return Coverage(account, account, region, CoverageStatus.FAILED, keys, "The scan was stopped.")


def cut_short(
    store: ScanStore,
    found: list[Finding],
    read: list[Coverage],
    left: list[Coverage],
    *,
    minutes: float = NEW,
    scope: str = "",
) -> Scan:
    started = scan(minutes=minutes, scope=scope)
    store.begin(started)
    store.add(started.id, found, read)
    return store.interrupt(started.id, at(minutes + 1), left)


def shown(store: ScanStore) -> tuple[list[Finding], list[Coverage]]:
    current = store.current()
    assert current is not None
    return list(store.findings(current.id)), store.coverage(current.id)


def test_what_was_read_is_refreshed_and_the_rest_keeps_its_older_reading(store: ScanStore, everything: Scan) -> None:
    found = [rotating("new", minutes=NEW)]
    cut_short(store, found, [covered(keys=7)], [unread(ALPHA, IRELAND), unread(BETA, BERLIN), unread(BETA, IRELAND)])
    assert shown(store) == (
        [*found, *old((ALPHA, IRELAND), (BETA, BERLIN), (BETA, IRELAND))],
        [covered(keys=7), covered(ALPHA, IRELAND), covered(BETA, BERLIN), covered(BETA, IRELAND)],
    )
    current = store.current()
    assert current is not None
    assert (current.id, current.state, current.finished_at) == (everything.id, ScanState.FINISHED, at(1))
    assert current.summary == Summary(compliant=1, non_compliant=3)


def test_it_says_itself_what_it_read_and_what_it_did_not(store: ScanStore, everything: Scan) -> None:
    found = [rotating("new", minutes=NEW)]
    left = [unread(ALPHA, IRELAND), unread(BETA, BERLIN)]
    made = cut_short(store, found, [covered(keys=7)], left)
    assert (made.state, made.finished_at, made.summary) == (ScanState.INTERRUPTED, at(NEW + 1), Summary(compliant=1))
    assert (list(store.findings(made.id)), store.coverage(made.id)) == (found, [covered(keys=7), *left])
    assert store.running() == []


def test_it_is_recorded_with_its_counts_and_what_was_left(store: ScanStore, database: Database) -> None:
    made = cut_short(store, [finding("a")], [covered()], [unread(BETA)])
    (entry,) = Trail(database).newest(1)
    assert (entry.act, entry.subject) == (Act.SCAN_INTERRUPTED, made.id)
    details = json.loads(entry.details)
    assert (details["non_compliant"], details["unread_targets"], details["scope"]) == (1, 1, "")


def test_the_keys_of_a_target_that_was_begun_are_refreshed_one_by_one(store: ScanStore) -> None:
    """The target keeps its older coverage, and what was newly made there waits for a scan that reads it whole."""
    run(store, [finding("a"), finding("b")], [covered(keys=2)])
    cut_short(
        store, [rotating("a", minutes=NEW), finding("new", minutes=NEW)], [], [unread(ALPHA, BERLIN, 2), unread(BETA)]
    )
    found, read = shown(store)
    assert found == [rotating("a", minutes=NEW), finding("b")]
    assert read == [covered(keys=2), unread(BETA)]
    assert store.current().summary == Summary(compliant=1, non_compliant=1)  # type: ignore[union-attr]  # shown above


def test_a_region_that_its_plan_left_out_goes_and_one_that_was_left_stays(store: ScanStore, everything: Scan) -> None:
    cut_short(store, [finding("old", minutes=NEW)], [covered()], [unread(BETA, BERLIN), unread(BETA, IRELAND)])
    assert shown(store) == (
        [finding("old", minutes=NEW), *old((BETA, BERLIN), (BETA, IRELAND))],
        [covered(), covered(BETA, BERLIN), covered(BETA, IRELAND)],
    )


def test_an_account_that_it_could_not_enter_does_not_stay_as_if_fresh(store: ScanStore, everything: Scan) -> None:
    cut_short(store, [], [failed(ALPHA)], [unread(BETA, BERLIN), unread(BETA, IRELAND)])
    assert shown(store) == (
        old((BETA, BERLIN), (BETA, IRELAND)),
        [failed(ALPHA), covered(BETA, BERLIN), covered(BETA, IRELAND)],
    )


def test_a_target_that_nothing_was_known_of_is_said_to_be_unread(store: ScanStore, everything: Scan) -> None:
    cut_short(store, old((ALPHA, BERLIN)), [covered(), covered(ALPHA, IRELAND)], [unread(BETA), unread(GAMMA)])
    assert unread(GAMMA) in shown(store)[1]
    assert unread(BETA) not in shown(store)[1]


def test_an_account_that_could_be_entered_this_time_is_unread_region_by_region(store: ScanStore) -> None:
    run(store, [], [failed(ALPHA), failed(BETA)])
    cut_short(store, [finding("new", minutes=NEW)], [covered()], [unread(ALPHA, IRELAND), unread(BETA)])
    assert shown(store) == ([finding("new", minutes=NEW)], [covered(), unread(ALPHA, IRELAND), failed(BETA)])


def test_accounts_that_could_be_listed_this_time_are_unread_one_by_one(store: ScanStore) -> None:
    run(store, [], [failed(EVERYWHERE)])
    cut_short(store, [finding("new", minutes=NEW)], [covered()], [unread(BETA)])
    assert shown(store) == ([finding("new", minutes=NEW)], [covered(), unread(BETA)])


def test_accounts_that_it_leaves_out_are_left_out_and_those_that_it_planned_are_not(store: ScanStore) -> None:
    first = scan()
    store.begin(first)
    store.leave_out(first.id, [LeftOut(BETA, "prod-beta", "It was suspended.")])
    store.add(first.id, old((ALPHA, BERLIN)), [covered()])
    store.finish(first.id, at(1))
    second = scan(minutes=NEW)
    store.begin(second)
    store.leave_out(second.id, [LeftOut(ALPHA, "prod-alpha", "It is excluded.")])
    store.interrupt(second.id, at(NEW + 1), [unread(BETA)])
    assert shown(store) == ([], [unread(BETA)])
    assert store.left_out(first.id) == [LeftOut(ALPHA, "prod-alpha", "It is excluded.")]


def test_a_narrowed_scan_that_was_stopped_refreshes_what_it_read_of_its_part(
    store: ScanStore, everything: Scan
) -> None:
    found = [rotating("old", minutes=NEW)]
    cut_short(store, found, [covered()], [unread(ALPHA, IRELAND)], scope=f"account={ALPHA}")
    assert shown(store) == (
        [*found, *old((ALPHA, IRELAND), (BETA, BERLIN), (BETA, IRELAND))],
        [covered(*each) for each in EVERY_TARGET],
    )


def test_a_scan_that_was_stopped_before_its_plan_was_known_changes_nothing(store: ScanStore, everything: Scan) -> None:
    before = shown(store)
    cut_short(store, [], [], [LOST])
    assert shown(store) == before


def test_a_scan_that_began_before_the_current_one_brings_its_newer_readings_alone(store: ScanStore) -> None:
    older = scan()
    store.begin(older)
    current = run(store, [finding("a", minutes=2), finding("b", minutes=2)], [covered()], minutes=2)
    store.add(older.id, [rotating("a", minutes=1), rotating("b", minutes=4)], [failed(BETA)])
    made = store.interrupt(older.id, at(5), [unread(ALPHA, IRELAND)])
    assert store.current().id == current.id  # type: ignore[union-attr]  # it was finished
    assert shown(store) == ([finding("a", minutes=2), rotating("b", minutes=4)], [covered()])
    assert store.coverage(made.id) == [unread(ALPHA, IRELAND), failed(BETA)]


def test_what_another_process_reads_meanwhile_is_kept_when_it_finishes(store: ScanStore, everything: Scan) -> None:
    """Two scans at once: the one that goes on has read some keys before, some after the one that was stopped."""
    long = scan(minutes=2)
    store.begin(long)
    store.add(long.id, [finding("old", minutes=3), finding("old", region=IRELAND, minutes=20)], [covered()])
    cut_short(store, [rotating("old", minutes=NEW)], [covered()], [unread(ALPHA, IRELAND)])
    store.add(long.id, [], [covered(ALPHA, IRELAND)])
    store.finish(long.id, at(30))
    assert shown(store) == (
        [rotating("old", minutes=NEW), finding("old", region=IRELAND, minutes=20)],
        [covered(), covered(ALPHA, IRELAND)],
    )


def test_before_any_scan_was_finished_the_interrupted_one_is_shown_with_its_gaps(store: ScanStore) -> None:
    made = cut_short(store, [finding("a"), finding("part", region=IRELAND)], [covered()], [unread(ALPHA, IRELAND, 1)])
    assert store.current() == made
    assert made.state is ScanState.INTERRUPTED
    assert shown(store)[1] == [covered(), unread(ALPHA, IRELAND, 1)]
    assert made.summary == Summary(non_compliant=2)


@pytest.mark.parametrize("left", [[], [LOST], [unread()]])
def test_an_interrupted_scan_that_read_nothing_is_not_shown(store: ScanStore, left: list[Coverage]) -> None:
    cut_short(store, [], [failed(BETA)], left)
    assert store.current() is None


def test_a_later_interrupted_scan_is_folded_into_the_first_whose_time_stays(store: ScanStore) -> None:
    """What is shown is never older than the time that stands beside it."""
    first = cut_short(store, [finding("a")], [covered()], [unread(ALPHA, IRELAND), unread(BETA)], minutes=0)
    second = [finding("b", region=IRELAND, minutes=NEW)]
    cut_short(store, second, [covered(region=IRELAND)], [unread(ALPHA, BERLIN), unread(BETA), unread(GAMMA)])
    current = store.current()
    assert current is not None
    assert (current.id, current.finished_at, current.summary) == (first.id, at(1), Summary(non_compliant=2))
    assert shown(store) == (
        [finding("a"), *second],
        [covered(), covered(region=IRELAND), unread(BETA), unread(GAMMA)],
    )


def test_the_first_finished_scan_of_everything_is_shown_instead_of_interrupted_ones(store: ScanStore) -> None:
    cut_short(store, [finding("a"), finding("gone")], [covered()], [unread(BETA)], minutes=20)
    finished = run(store, [finding("a", minutes=25)], [covered(), covered(BETA)], minutes=25)
    cut_short(store, [finding("a", minutes=40)], [covered()], [unread(BETA)], minutes=40)
    assert store.current() == replace(finished, summary=Summary(non_compliant=1))
    assert shown(store)[0] == [finding("a", minutes=40)]


def test_a_finished_scan_keeps_a_reading_that_an_interrupted_one_made_later(store: ScanStore) -> None:
    long = scan(minutes=0)
    store.begin(long)
    store.add(long.id, [finding("a", minutes=1)], [covered()])
    cut_short(store, [rotating("a", minutes=NEW)], [covered()], [unread(BETA)])
    assert store.finish(long.id, at(30)).summary == Summary(compliant=1)


RANKED = [
    (ScanState.FINISHED, ""),
    (ScanState.INTERRUPTED, ""),
    (ScanState.FINISHED, f"account={BETA}"),
    (ScanState.INTERRUPTED, f"account={BETA}"),
]
"""The first kind of these that there is, is shown."""


@pytest.mark.parametrize("best", range(len(RANKED)))
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_better_kind_of_scan_is_shown_whatever_came_later(store: ScanStore, best: int, newest_first: bool) -> None:
    kinds = RANKED[best:] if newest_first else RANKED[: best - 1 : -1] if best else RANKED[::-1]
    made = {
        (state, scope): run(store, [finding("a", BETA)], [covered(BETA)], minutes=number * NEW, scope=scope)
        if state is ScanState.FINISHED
        else cut_short(store, [finding("a", BETA)], [covered(BETA)], [unread()], minutes=number * NEW, scope=scope)
        for number, (state, scope) in enumerate(kinds)
    }
    current = store.current()
    assert current is not None
    assert current.id == made[RANKED[best]].id


def test_a_scan_that_has_ended_is_not_interrupted_any_more(store: ScanStore, database: Database) -> None:
    made = cut_short(store, [finding("a")], [covered()], [unread(BETA)])
    assert store.interrupt(made.id, at(99), [unread(GAMMA)]) == made
    assert store.coverage(made.id) == [covered(), unread(BETA)]
    assert len(Trail(database).newest(10)) == 2


def test_nothing_is_written_down_for_a_scan_that_somebody_ended(store: ScanStore) -> None:
    made = cut_short(store, [finding("a")], [covered()], [unread(BETA)])
    with pytest.raises(ScanEndedError, match="took this scan for lost"):
        store.add(made.id, [finding("late", BETA)], [covered(BETA)])
    assert shown(store) == ([finding("a")], [covered(), unread(BETA)])


def test_a_scan_that_was_killed_names_the_targets_that_it_had_begun(store: ScanStore) -> None:
    killed = scan(minutes=NEW)
    store.begin(killed)
    assert (store.begun_targets(killed.id), store.last_reading(killed.id)) == ([], None)
    found = [
        finding("a", minutes=11),
        finding("b", region=IRELAND, minutes=12),
        finding("c", region=IRELAND, minutes=13),
        finding("d", BETA, minutes=14),
    ]
    store.add(killed.id, found, [covered()])
    assert [(each.account, each.account_name, each.region, each.keys) for each in store.begun_targets(killed.id)] == [
        (ALPHA, "prod-alpha", IRELAND, 2),
        (BETA, "prod-beta", BERLIN, 1),
    ]
    assert store.last_reading(killed.id) == at(14)


def test_a_scan_that_was_killed_refreshes_what_it_had_read_and_forgets_nothing_else(
    store: ScanStore, everything: Scan
) -> None:
    killed = scan(minutes=NEW)
    store.begin(killed)
    store.add(killed.id, [rotating("old", minutes=NEW), rotating("old", BETA, minutes=NEW)], [covered()])
    begun = [replace(each, error="It was cut off.") for each in store.begun_targets(killed.id)]
    made = store.interrupt(killed.id, at(60), [*begun, LOST], at(NEW))
    assert made.finished_at == at(NEW)
    assert shown(store) == (
        [
            rotating("old", minutes=NEW),
            *old((ALPHA, IRELAND)),
            rotating("old", BETA, minutes=NEW),
            *old((BETA, IRELAND)),
        ],
        [covered(*each) for each in EVERY_TARGET],
    )
    assert store.coverage(made.id) == [LOST, covered(), *begun]


def test_a_killed_scan_that_could_not_list_the_accounts_says_both(store: ScanStore) -> None:
    killed = scan()
    store.begin(killed)
    denied = failed(EVERYWHERE, error="organizations:ListAccounts is denied.")
    store.add(killed.id, [], [denied])
    made = store.interrupt(killed.id, at(1), [LOST])
    assert store.coverage(made.id) == [replace(denied, error=f"{denied.error} {LOST.error}")]


def test_a_newer_reading_made_while_it_ran_survives_its_end(store: ScanStore) -> None:
    run(store, [finding("a")], [covered()])
    started = scan(minutes=NEW)
    store.begin(started)
    store.record_reading(rotating("a", minutes=12))
    store.add(started.id, [finding("a", minutes=11)], [covered()])
    assert store.interrupt(started.id, at(20), [unread(BETA)]).summary == Summary(compliant=1)
    assert shown(store)[0] == [rotating("a", minutes=12)]


@pytest.mark.parametrize("is_narrowed", [False, True])
def test_it_goes_a_few_accounts_at_a_time_and_others_act_in_between(
    store: ScanStore, monkeypatch: pytest.MonkeyPatch, is_narrowed: bool
) -> None:
    """Whoever reads or repairs a key meanwhile sees each account whole, and counts that are right."""
    monkeypatch.setattr(folding, "ROWS", 2)
    accounts = [f"{number:012}" for number in range(6)]
    run(store, [finding("a", account) for account in accounts], [covered(account) for account in accounts])
    seen: list[list[int]] = []

    def act(_seconds: float) -> None:
        current = store.current()
        assert current is not None
        states = [each.read_at == at(NEW) for each in store.findings(current.id)]
        assert current.summary == Summary(compliant=sum(states) + len(seen), non_compliant=6 - sum(states) - len(seen))
        seen.append([sum(states)])
        store.record_reading(rotating("a", accounts[-len(seen)], minutes=50))

    monkeypatch.setattr(folding, "sleep", act)
    started = scan(minutes=NEW, scope="account=*" if is_narrowed else "")
    store.begin(started)
    read = accounts[:3]
    store.add(started.id, [rotating("a", account, minutes=NEW) for account in read], [covered(each) for each in read])
    left = [unread(account) for account in accounts[3:]]
    store.finish(started.id, at(20)) if is_narrowed else store.interrupt(started.id, at(20), left)
    assert seen == [[1], [2]], "the last account goes with the end"
    assert store.current().summary == Summary(compliant=5, non_compliant=1)  # type: ignore[union-attr]  # shown above


def test_a_process_that_dies_between_two_accounts_leaves_a_scan_that_is_folded_again(
    store: ScanStore, everything: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "ROWS", 1)
    found = [rotating("old", *target, minutes=NEW) for target in EVERY_TARGET]
    started = scan(minutes=NEW)
    store.begin(started)
    store.add(started.id, found, [covered(*target) for target in EVERY_TARGET])

    def die(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folding, "sleep", die)
    with pytest.raises(KeyboardInterrupt):
        store.interrupt(started.id, at(20), [unread(GAMMA)])
    assert [each.id for each in store.running()] == [started.id]
    assert shown(store)[0] == [*found[:2], *old((BETA, BERLIN), (BETA, IRELAND))]
    monkeypatch.setattr(folding, "sleep", lambda _: None)
    store.interrupt(started.id, at(30), [LOST], at(NEW))
    assert shown(store)[0] == found


@pytest.mark.parametrize("by", ["U0JONAS", "W0GRID", SYSTEM, "terminal:uma"])
@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "stopped"])
def test_whoever_began_a_scan_in_slack_is_owed_word_once_where_nobody_goes_on_with_it(
    store: ScanStore, database: Database, by: str, *, is_lost: bool
) -> None:
    begun = replace(scan(), started_by=by)
    store.begin(begun)
    for minutes in (1, 2):
        store.interrupt(begun.id, at(minutes), [LOST], begun.started_at if is_lost else None)
    told = [(each.kind, each.subject, each.channel) for each in MessageStore(database).due(at(3))]
    assert told == ([(MessageKind.SCAN_LOST, begun.id, by)] if is_lost and by[0] in "UW" else [])
