"""How far a scan is: counted from what it tells, estimated with a clock of our own, and said in rounded words."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import Coverage, CoverageStatus, Listed, Progress
from bot.rules.progress import (
    SOONEST_SECONDS,
    SOONEST_SHARE,
    TOO_EARLY,
    WINDOW_SECONDS,
    Outlook,
    Pace,
    Place,
    how_far,
    keys_so_far,
    time_left,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Reading = Finding | Listed | Coverage


def at(number: int) -> Place:
    return f"{number:012}", "eu-central-1"


def found(place: Place) -> Finding:
    account, region = place
    return Finding("arn", account, account, region, (), Verdict.COMPLIANT, Reason.ROTATION_ENABLED, "", NOON)


def covered(place: Place) -> Coverage:
    account, region = place
    return Coverage(account, account, region, CoverageStatus.SCANNED)


def readings(place: Place, keys: int, page: int = 1000) -> Iterator[Reading]:
    """What a scan tells of one target, page by page."""
    for start in range(0, keys, page):
        size = min(page, keys - start)
        yield Listed(*place, size)
        yield from (found(place) for _ in range(size))
    yield covered(place)


@dataclass
class World:
    """Targets with keys, read by some workers at some seconds a call, as the crew does it."""

    targets: Mapping[Place, int]
    workers: int
    call_seconds: float

    def scan(self) -> Iterator[tuple[float, Reading]]:
        """Tell everything with its moment. What was begun is read before more is begun."""
        free = [0.0] * self.workers
        told: list[tuple[float, int, Reading]] = []
        for place, keys in self.targets.items():
            opened = self._done_by_next(free, calls=2)
            ends = [opened]
            if keys:
                told.append((opened, len(told), Listed(*place, keys)))
            for _ in range(keys):
                ends.append(max(opened, self._done_by_next(free, calls=2)))
                told.append((ends[-1], len(told), found(place)))
            told.append((max(ends), len(told), covered(place)))
        return ((moment, reading) for moment, _, reading in sorted(told, key=lambda each: each[:2]))

    def _done_by_next(self, free: list[float], calls: int) -> float:
        end = heapq.heappop(free) + calls * self.call_seconds
        heapq.heappush(free, end)
        return end


def estimates(world: World, sizes: Mapping[Place, int]) -> Iterator[tuple[float, float, float | None]]:
    """At each moment of a scan: the share of the time that has gone, what is truly left, and the estimate."""
    told = list(world.scan())
    end = told[-1][0]
    outlook, pace = Outlook(world.targets, sizes), Pace(0.0)
    for moment, reading in told:
        outlook.take(reading)
        pace.mark(moment, outlook.done)
        yield moment / end, end - moment, pace.seconds_left(moment, outlook.done, outlook.left)


def even(targets: int, keys: int) -> dict[Place, int]:
    return {at(number): keys for number in range(targets)}


EVEN_WORLDS = st.builds(
    World,
    st.builds(even, st.integers(1, 60), st.integers(0, 40)),
    st.integers(1, 8),
    st.floats(0.05, 2.0),
).filter(lambda world: sum(world.targets.values()) + len(world.targets) >= 8 * world.workers)


@given(EVEN_WORLDS, st.booleans())
def test_in_an_even_world_the_estimate_is_within_a_factor_of_two_once_a_fifth_is_done(
    world: World, is_known_from_before: bool
) -> None:
    """What is left is at least as long as one key takes: nobody can know of the last of them how far it is."""
    grain = 4 * world.call_seconds
    for gone, left, estimate in estimates(world, world.targets if is_known_from_before else {}):
        if gone >= 0.2 and estimate is not None:
            assert estimate <= 2 * left + grain
            assert left <= 2 * estimate + grain


@given(EVEN_WORLDS)
def test_in_an_even_world_that_takes_long_enough_there_is_an_estimate_once_a_fifth_is_done(world: World) -> None:
    for gone, left, estimate in estimates(world, {}):
        if 0.2 <= gone < 1 and left * gone / (1 - gone) > SOONEST_SECONDS + 0.01:
            assert estimate is not None


@given(
    st.dictionaries(st.integers(0, 30).map(at), st.integers(0, 30), min_size=1),
    st.dictionaries(st.integers(0, 40).map(at), st.integers(0, 60)),
    st.integers(1, 4),
)
def test_an_estimate_is_never_negative_whatever_the_last_scan_said(
    targets: dict[Place, int], sizes: dict[Place, int], workers: int
) -> None:
    for _, _, estimate in estimates(World(targets, workers, 1.0), sizes):
        assert estimate is None or estimate >= 0


@given(
    st.dictionaries(st.integers(0, 8).map(at), st.integers(0, 6), min_size=1),
    st.dictionaries(st.integers(0, 10).map(at), st.integers(0, 9)),
    st.sets(st.integers(0, 100)),
)
def test_what_somebody_else_tells_now_and_then_counts_as_what_is_told_piece_by_piece(
    targets: dict[Place, int], sizes: dict[Place, int], told_at: set[int]
) -> None:
    piece_by_piece, now_and_then = Outlook(targets, sizes), Outlook(targets, sizes)
    known: dict[Place, tuple[int, int, bool]] = {}
    told = list(World(targets, 2, 1.0).scan())
    for number, (_, reading) in enumerate(told):
        piece_by_piece.take(reading)
        place = (reading.account, reading.region)
        listed, read, _ = known.get(place, (0, 0, False))
        listed += reading.keys if isinstance(reading, Listed) else 0
        known[place] = (listed, read + isinstance(reading, Finding), isinstance(reading, Coverage))
        if number in told_at or reading is told[-1][1]:
            for each, (keys, done, is_done) in known.items():
                now_and_then.note(each, keys, done, is_done=is_done)
            known = {each: about for each, about in known.items() if not about[2]}
            assert vars(now_and_then) == vars(piece_by_piece)


def test_what_is_read_anew_counts_anew() -> None:
    outlook = Outlook([at(1), at(2)], {})
    outlook.note(at(1), 5, 3, is_done=False)
    outlook.note(at(1), 5, 0, is_done=False)
    assert (outlook.keys_listed, outlook.keys_read, outlook.targets_done) == (5, 0, 0)
    outlook.note(at(1), 5, 5, is_done=True)
    assert (outlook.keys_listed, outlook.keys_read, outlook.targets_done) == (5, 5, 1)


@given(st.integers(2, 1000), st.integers(1, 100), st.floats(0.1, 10))
def test_at_a_constant_pace_the_estimate_shrinks_as_work_is_done(total: int, step: int, seconds: float) -> None:
    pace, before = Pace(0.0), float("inf")
    for number, done in enumerate(range(0, total + 1, step)):
        pace.mark(number * seconds, done)
        estimate = pace.seconds_left(number * seconds, done, total - done)
        if estimate is not None:
            assert estimate == pytest.approx((total - done) * seconds / step)
            assert estimate < before
            before = estimate


def test_a_pace_is_that_of_the_recent_past() -> None:
    """Throttled to a tenth of its pace, a scan says so within a minute, and forgets it as soon."""
    pace, done, now = Pace(0.0), 0.0, 0.0
    for per_second in (100, 10, 100):
        for _ in range(2 * int(WINDOW_SECONDS)):
            now, done = now + 1, done + per_second
            pace.mark(now, int(done))
        assert pace.seconds_left(now, int(done), 1000) == pytest.approx(1000 / per_second, rel=0.05)


def test_while_nothing_comes_the_estimate_grows() -> None:
    pace = Pace(0.0)
    for second in range(11):
        pace.mark(second, second * 10)
    assert pace.seconds_left(10, 100, 100) == pytest.approx(10)
    assert pace.seconds_left(30, 100, 100) == pytest.approx(30)


@pytest.mark.parametrize(
    ("now", "done", "left"),
    [
        (SOONEST_SECONDS - 0.1, 50, 50),
        (60.0, SOONEST_SHARE * 100 - 1, 100 - SOONEST_SHARE * 100 + 1),
        (60.0, 0, 100),
        (60.0, 0, 0),
    ],
)
def test_before_enough_is_done_nobody_knows(now: float, done: int, left: float) -> None:
    pace = Pace(0.0)
    pace.mark(now, done)
    assert pace.seconds_left(now, done, left) is None


def test_what_is_to_be_expected_comes_from_the_last_scan_or_else_from_what_was_opened() -> None:
    outlook = Outlook([at(1), at(2), at(3), at(4)], {at(3): 10, at(9): 1000})
    assert (outlook.done, outlook.left) == (0, 4 + 10)
    outlook.take(Listed(*at(1), 4))
    assert (outlook.done, outlook.left) == (1, 3 + 10 + 2 * 4 + 4)
    outlook.take(found(at(1)))
    assert (outlook.done, outlook.left) == (2, 3 + 10 + 2 * 4 + 3)
    outlook.take(covered(at(2)))
    assert (outlook.done, outlook.left) == (3, 2 + 10 + 1 * 2 + 3)
    outlook.take(Listed(*at(3), 2))
    assert (outlook.done, outlook.left) == (4, 1 + 1 * 2 + 2 + 3)


def test_a_target_that_ends_before_its_keys_are_read_leaves_none_to_wait_for() -> None:
    outlook = Outlook([at(1)], {})
    for reading in (Listed(*at(1), 4), found(at(1)), covered(at(1))):
        outlook.take(reading)
    assert (outlook.keys_listed, outlook.keys_read, outlook.targets_done, outlook.left) == (1, 1, 1, 0)
    assert outlook.begun == {}


@given(st.dictionaries(st.integers(0, 20).map(at), st.integers(0, 50), min_size=1), st.integers(1, 20), st.randoms())
def test_however_targets_mix_everything_is_done_in_the_end(
    targets: dict[Place, int], page: int, random: Random
) -> None:
    outlook = Outlook(targets, {})
    open_ones = [readings(place, keys, page) for place, keys in targets.items()]
    while open_ones:
        one = random.choice(open_ones)
        reading = next(one, None)
        if reading is None:
            open_ones.remove(one)
        else:
            outlook.take(reading)
            assert outlook.keys_read <= outlook.keys_listed
            assert outlook.left >= 0
    keys = sum(targets.values())
    assert (outlook.left, outlook.done) == (0, keys + len(targets))
    assert (outlook.keys_read, outlook.keys_listed, outlook.targets_done) == (keys, keys, len(targets))


WORDS = [
    (None, "too early to tell how long"),
    (0, "less than a minute left"),
    (59.9, "less than a minute left"),
    (60, "about 1 minute left"),
    (61, "about 2 minutes left"),
    (599, "about 10 minutes left"),
    (601, "about 15 minutes left"),
    (15 * 60, "about 15 minutes left"),
    (55 * 60, "about 55 minutes left"),
    (55 * 60 + 1, "about 1 hour left"),
    (60 * 60, "about 1 hour left"),
    (60 * 60 + 1, "about 1.5 hours left"),
    (90 * 60 + 1, "about 2 hours left"),
    (10 * 60 * 60 + 1, "about 10.5 hours left"),
    (5000 * 60 * 60, "about 5,000 hours left"),
]


@pytest.mark.parametrize(("seconds", "words"), WORDS)
def test_an_estimate_is_said_in_rounded_words(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words


@given(st.floats(0, 10**7))
def test_never_less_is_said_than_is_estimated(seconds: float) -> None:
    match time_left(seconds).removeprefix("about ").split():
        case ["less", *_]:
            assert seconds < 60
        case [number, unit, "left"]:
            length = float(number.replace(",", "")) * (60 if unit.startswith("minute") else 3600)
            assert seconds <= length <= 2 * seconds
        case other:
            raise AssertionError(other)


SAID = [
    (Progress(), "looking for accounts"),
    (Progress(accounts_found=1), "0 of 1 account entered"),
    (Progress(accounts_entered=12, accounts_found=4000), "12 of 4,000 accounts entered"),
    (Progress(0, 1), f"0 of 1 target done, 0 keys read, {TOO_EARLY}"),
    (Progress(3, 10, 1, 1, 5, 5), f"3 of 10 targets done, 1 key read, {TOO_EARLY}"),
    (
        Progress(3, 10, 1234, 5678, 5, 5, 170.0),
        "3 of 10 targets done, 1,234 of 5,678 known keys read, about 3 minutes left",
    ),
    (Progress(10, 10, 5678, 5678, 5, 5, 0.0), "10 of 10 targets done, 5,678 keys read"),
]


@pytest.mark.parametrize(("progress", "words"), SAID)
def test_each_phase_says_how_far_it_is(progress: Progress, words: str) -> None:
    assert how_far(progress) == words


def test_keys_are_counted_against_those_that_are_known() -> None:
    assert keys_so_far(Progress(0, 1, 0, 1)) == "0 of 1 known key read"
    assert keys_so_far(Progress(0, 1, 1, 2)) == "1 of 2 known keys read"
    assert keys_so_far(Progress(1, 1, 2, 2)) == "2 keys read"
