"""What old scans hold is dropped a little at a time, and nothing that anybody is shown."""

import pytest
import sqlalchemy as sa

from bot.models.scans import LeftOut, Scan
from bot.store import pruning
from bot.store.engine import Database
from bot.store.pruning import KEPT_SCANS
from bot.store.scans import ScanStore
from bot.store.tables import coverage, finding_counts, findings, left_out
from tests.store.samples import BETA, IRELAND, at, covered, failed, finding, run, scan

HELD = (findings, finding_counts, coverage, left_out)


@pytest.fixture
def store(database: Database) -> ScanStore:
    return ScanStore(database)


def held(database: Database, scan_id: str) -> int:
    """How many rows a scan has besides its own."""
    with database.read() as connection:
        return sum(
            connection.execute(sa.select(sa.func.count()).where(table.c.scan_id == scan_id)).scalar_one()
            for table in HELD
        )


def cut_short(store: ScanStore, minutes: float, scope: str = "") -> Scan:
    started = scan(minutes=minutes, scope=scope)
    store.begin(started)
    store.add(started.id, [finding("a", minutes=minutes)], [covered()])
    return store.interrupt(started.id, at(minutes + 1), [failed(region=IRELAND)])


def keep_on(_seconds: float) -> bool:
    return False


def test_the_newest_scans_keep_what_they_found_and_all_keep_their_counts(store: ScanStore, database: Database) -> None:
    early = cut_short(store, 0)
    everything = [run(store, [finding("a")], [covered()], minutes=10 + each) for each in range(KEPT_SCANS + 2)]
    narrowed = [
        run(store, [finding("b")], [covered()], minutes=100 + each, scope="region=eu-*")
        for each in range(KEPT_SCANS + 2)
    ]
    late, running = cut_short(store, 150), scan(minutes=200)
    store.begin(running)
    store.add(running.id, [finding("a")], [covered()])
    store.leave_out(everything[0].id, [LeftOut(BETA, "prod-beta", "It is suspended.")])
    store.prune(keep_on)

    kept = [*everything[-KEPT_SCANS:], *narrowed[-KEPT_SCANS:], running]
    gone = [early, *everything[:-KEPT_SCANS], *narrowed[:-KEPT_SCANS], late]
    assert [each.id for each in kept if not held(database, each.id)] == []
    assert [each.id for each in gone if held(database, each.id)] == []
    earlier, trend = store.current(), []
    while earlier is not None and (earlier := store.before(earlier)) is not None:
        trend.append(earlier)
    assert [each.id for each in trend] == [each.id for each in reversed(everything[:-1])]
    assert {each.summary.non_compliant for each in trend} == {1}


def test_an_interrupted_scan_that_is_shown_keeps_what_it_read_until_one_is_finished(
    store: ScanStore, database: Database
) -> None:
    shown, folded = cut_short(store, 0), cut_short(store, 10)
    narrowed = [run(store, [finding("b")], [covered()], minutes=20 + each, scope="region=eu-*") for each in range(5)]
    store.prune(keep_on)
    assert store.current() == shown
    assert held(database, shown.id)
    assert not held(database, folded.id)
    run(store, [finding("a")], [covered()], minutes=30)
    store.prune(keep_on)
    assert not any(held(database, each.id) for each in (shown, *narrowed[:-KEPT_SCANS]))


def test_rows_go_few_at_a_time_and_whoever_waits_gets_a_word_in_between(
    store: ScanStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "ROWS", 10)
    targets = [covered(f"{number:012}", region) for number in range(9) for region in ("eu-west-1", "eu-west-2")]
    old = run(store, [finding(f"{number:02}") for number in range(35)], targets)
    for minutes in range(1, KEPT_SCANS + 1):
        run(store, [finding("a")], [covered()], minutes=minutes)
    left: list[int] = []

    def others_write(seconds: float) -> bool:
        assert seconds > 0
        left.append(held(database, old.id))
        store.record_reading(finding("a", minutes=100 + len(left)))
        return False

    store.prune(others_write)
    counted = 1
    assert left == [25 + counted + 18, 15 + counted + 18, 5 + counted + 18, counted + 18, 18, 8, 0]


def test_a_stop_ends_it_and_the_next_time_takes_the_rest(
    store: ScanStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "ROWS", 10)
    old = run(store, [finding(f"{number:02}") for number in range(35)])
    for minutes in range(1, KEPT_SCANS + 1):
        run(store, [finding("a")], minutes=minutes)
    store.prune(lambda _: True)
    assert held(database, old.id) == 25 + 1
    store.prune(keep_on)
    assert held(database, old.id) == 0
