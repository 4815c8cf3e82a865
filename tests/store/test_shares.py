"""The shares of a scan: each is somebody's at a time, and nobody else writes for it."""

from datetime import timedelta

import pytest

from bot.models.scans import Account, Coverage, CoverageStatus, Scan, ScanState
from bot.models.shares import RegionProgress, Share, ShareState
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.shares import ShareStore
from tests.store.crowd import all_at_once
from tests.store.samples import ALPHA, BERLIN, OHIO, at, finding

SHARE = Share("scan", Account(ALPHA, "prod-alpha"), (BERLIN, OHIO))
ALL = {BERLIN: RegionProgress(listed=1, read=1, is_done=True)}


@pytest.fixture
def shares(database: Database) -> ShareStore:
    ScanStore(database).begin(Scan("scan", ScanState.RUNNING, at(0)))
    store = ShareStore(database)
    store.put_up([SHARE], at(0))
    return store


def take(shares: ShareStore, worker: str = "somewhere:1") -> Share:
    taken = shares.claim("scan", ALPHA, worker, at(1))
    assert taken is not None
    return taken


def covered(region: str) -> Coverage:
    return Coverage(ALPHA, "prod-alpha", region, CoverageStatus.SCANNED, 1)


def stored(database: Database) -> tuple[list[str], list[str]]:
    scans = ScanStore(database)
    return [each.region for each in scans.findings("scan")], [each.region for each in scans.coverage("scan")]


def test_a_share_has_one_holder_and_the_one_before_writes_nothing_more(shares: ShareStore, database: Database) -> None:
    first, second = take(shares), take(shares, "elsewhere:2")
    assert (first.turn, first.failures, second.turn, second.failures) == (1, 0, 2, 1)
    assert not shares.add(first, [finding("a", ALPHA, BERLIN)], [covered(BERLIN)], ALL)
    assert not shares.go_on(first, ALL)
    assert not shares.end(first, at(2))
    assert not shares.hand_back(first, failed=True)
    assert stored(database) == ([], [])
    assert shares.add(second, [finding("a", ALPHA, BERLIN)], [covered(BERLIN)], ALL)
    assert shares.end(second, at(2))
    assert stored(database) == ([BERLIN], [BERLIN])


def test_of_many_that_take_a_share_at_once_one_has_it(shares: ShareStore) -> None:
    taken = all_at_once(lambda number: take(shares, f"host:{number}"), threads=6)
    assert sorted(each.turn for each in taken) == [1, 2, 3, 4, 5, 6]
    assert [shares.go_on(each, {}) for each in sorted(taken, key=lambda each: each.turn)] == [False] * 5 + [True]


def test_what_was_read_to_its_end_is_kept_and_the_rest_is_read_anew(shares: ShareStore, database: Database) -> None:
    first = take(shares)
    shares.add(first, [finding("a", ALPHA, BERLIN), finding("b", ALPHA, OHIO)], [covered(BERLIN)], ALL)
    shares.hand_back(first, failed=False)
    second = take(shares)
    assert (second.regions, second.failures, second.progress) == ((OHIO,), 0, ALL)
    assert stored(database) == ([BERLIN], [BERLIN])
    assert shares.add(second, [finding("b", ALPHA, OHIO)], [covered(OHIO)], ALL)
    assert stored(database) == ([BERLIN, OHIO], [BERLIN, OHIO])


def test_a_failure_counts_and_an_end_is_for_good(shares: ShareStore) -> None:
    shares.hand_back(take(shares), failed=True)
    share = take(shares)
    assert share.failures == 1
    assert shares.end(share, at(2))
    assert shares.claim("scan", ALPHA, "elsewhere:2", at(3)) is None
    assert shares.still_open() == {}


def test_a_scan_that_is_called_off_takes_what_was_read_and_nobody_begins_anything(
    shares: ShareStore, database: Database
) -> None:
    share = take(shares)
    shares.call_off("scan")
    assert not shares.go_on(share, {})
    assert shares.claim("scan", ALPHA, "elsewhere:2", at(2)) is None
    assert shares.in_hand("scan") == 1
    assert shares.add(share, [finding("a", ALPHA, BERLIN)], [], ALL)
    assert shares.hand_back(share, failed=False)
    assert (shares.in_hand("scan"), shares.still_open()) == (0, {})
    assert [each.is_ended for each in shares.news("scan")] == [True]
    assert stored(database) == ([BERLIN], [])


def test_nothing_is_written_for_a_scan_that_is_over(shares: ShareStore, database: Database) -> None:
    share = take(shares)
    ScanStore(database).interrupt("scan", at(2), [])
    assert not shares.add(share, [finding("a", ALPHA, BERLIN)], [], ALL)
    assert shares.claim("scan", ALPHA, "elsewhere:2", at(3)) is None
    assert stored(database) == ([], [])


def test_how_far_the_shares_are_is_told_as_long_as_they_are_read_and_of_each_that_is_ended_until_that_is_heard(
    shares: ShareStore,
) -> None:
    assert list(shares.news("scan")) == []
    share = take(shares)
    for _ in range(2):
        shares.go_on(share, ALL)
        [told] = shares.news("scan")
        assert (told.account, told.is_ended, told.regions) == (ALPHA, False, ALL)
    shares.heard("scan", [ALPHA])
    shares.end(share, at(2))
    for _ in range(2):
        assert [each.is_ended for each in shares.news("scan")] == [True]
    shares.heard("scan", [ALPHA])
    assert list(shares.news("scan")) == []


def test_how_much_waits_and_how_long_is_counted_for_running_scans(shares: ShareStore, database: Database) -> None:
    assert shares.still_open() == {("scan", ALPHA): ShareState.WAITING}
    depth = shares.depth(at(0) + timedelta(seconds=90))
    assert (depth.waiting, depth.reading, depth.oldest_seconds) == (1, 0, 90.0)
    take(shares)
    depth = shares.depth(at(9))
    assert (depth.waiting, depth.reading, depth.oldest_seconds) == (0, 1, 0.0)
    assert shares.places("scan") == {(ALPHA, BERLIN), (ALPHA, OHIO)}
    ScanStore(database).interrupt("scan", at(9), [])
    assert shares.depth(at(9)).reading == 0
