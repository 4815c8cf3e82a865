"""Calls are spaced within a share of the quota, each account, Region and operation by itself."""

from collections.abc import Callable
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.aws.budget import PARTED, QUOTAS_PER_SECOND, SWEEP_SECONDS, CallBudget
from bot.aws.meter import DOUBLING_SECONDS, RECOVERY_SECONDS, REST_SECONDS, SLOWEST, WINDOW_SECONDS


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def budget(time: Time) -> CallBudget:
    return CallBudget(clock=time, sleep=time.sleep)


def seconds_for(budget: CallBudget, time: Time, calls: int, operation: str = "GetKeyRotationStatus") -> float:
    begun = time.now
    for _ in range(calls):
        budget.spend("1", "eu", operation)
    return time.now - begun


def spend_what_was_saved(budget: CallBudget, time: Time, operation: str = "GetKeyRotationStatus") -> None:
    while not seconds_for(budget, time, 1, operation):
        pass


def call(budget: CallBudget, operation: str = "GetKeyRotationStatus", *, throttled: bool) -> None:
    budget.spend("1", "eu", operation)
    budget.note_answer("1", "eu", operation, throttled=throttled)


def pace(budget: CallBudget, time: Time, operation: str = "GetKeyRotationStatus") -> float:
    """Look at the pace as a part of the full one."""
    meter = budget._meters["1", "eu", operation]
    meter.says_nothing(time.now)
    return meter.pace


def slow_down(budget: CallBudget, time: Time) -> None:
    """Throttle everything until the slowest pace is reached."""
    until = time.now + 6 * WINDOW_SECONDS
    while time.now < until:
        call(budget, throttled=True)


@pytest.mark.parametrize("operation", QUOTAS_PER_SECOND)
def test_every_operation_keeps_to_half_of_its_quota(budget: CallBudget, time: Time, operation: str) -> None:
    spend_what_was_saved(budget, time, operation)
    rate = QUOTAS_PER_SECOND[operation] * 0.5
    assert seconds_for(budget, time, 3 * int(rate), operation) == pytest.approx(3 * int(rate) / rate)


SHARES = (0.01, 0.29, 0.5, 0.8, 1.0)
PAUSES = st.one_of(
    st.just(0.0), st.floats(0, 0.01), st.floats(0, 2), st.sampled_from([REST_SECONDS, 60.0, 30 * 86400.0])
)


@pytest.mark.parametrize("operation", QUOTAS_PER_SECOND)
@pytest.mark.parametrize("share", SHARES)
@settings(max_examples=20)
@given(calls=st.lists(st.tuples(PAUSES, st.integers(1, 700)), min_size=1, max_size=8))
def test_no_second_sees_more_than_the_share_of_the_quota(
    operation: str, share: float, calls: list[tuple[float, int]]
) -> None:
    """However long the bot rested before, and however it hesitates: what others may use is left to them."""
    time, sent = Time(), list[float]()
    budget = CallBudget(share, time, time.sleep)
    for pause, many in calls:
        time.now += pause
        for _ in range(many):
            budget.spend("1", "eu", operation)
            sent.append(time.now)
    most = ceil(round(share * QUOTAS_PER_SECOND[operation], 6))
    in_a_second = zip(sent, sent[most:], strict=False)
    assert [(first, later) for first, later in in_a_second if later - first < 1 - 1e-6] == []


@pytest.mark.parametrize("operation", PARTED)
@settings(max_examples=20)
@given(
    processes=st.integers(2, 5),
    before=st.integers(0, 1500),
    calls=st.lists(st.tuples(st.integers(0, 4), PAUSES, st.integers(1, 400)), min_size=1, max_size=8),
)
def test_no_second_sees_more_than_the_share_where_processes_read_one_account_together(
    operation: str, processes: int, before: int, calls: list[tuple[int, float, int]]
) -> None:
    """The others join when one has called for a while. Each sleeps by itself, so that they call beside each other."""
    times = [Time() for _ in range(processes)]
    sent = list[float]()
    first, *others = budgets = [CallBudget(clock=time, sleep=time.sleep) for time in times]
    for _ in range(before):
        first.spend("1", "eu", operation)
        sent.append(times[0].now)
    for time in times:
        time.now = times[0].now
    after = first.part("1", "eu", processes)
    for budget in others:
        budget.part("1", "eu", processes, after)
    for who, pause, many in calls:
        time = times[who % processes]
        time.now += pause
        for _ in range(many):
            budgets[who % processes].spend("1", "eu", operation)
            sent.append(time.now)
    sent.sort()
    most = QUOTAS_PER_SECOND[operation] // 2
    in_a_second = zip(sent, sent[most + processes :], strict=False)  # each may round up to a whole call
    assert [(first, later) for first, later in in_a_second if later - first < 1 - 1e-6] == []


def test_whoever_reads_an_account_alone_again_has_the_whole_budget_again(budget: CallBudget, time: Time) -> None:
    budget.part("1", "eu", 4)
    assert seconds_for(budget, time, 125) == pytest.approx(1, abs=0.02)
    assert seconds_for(budget, time, 125, "EnableKeyRotation") > 15, "a change is not of the scan's parts"
    budget.part("1", "eu", 1)
    assert seconds_for(budget, time, 500) == pytest.approx(1, abs=0.02)
    time.now += 2 * SWEEP_SECONDS
    assert seconds_for(budget, time, 500) == 0


def test_the_part_of_a_budget_outlives_a_rest(budget: CallBudget, time: Time) -> None:
    budget.part("1", "eu", 2)
    time.now += 2 * SWEEP_SECONDS
    budget.spend("2", "eu", "DescribeKey")
    assert seconds_for(budget, time, 750) == pytest.approx(3, abs=0.02)


def test_a_small_account_waits_for_nothing(budget: CallBudget, time: Time) -> None:
    assert seconds_for(budget, time, 500) == 0


def test_what_went_at_once_is_not_on_top_of_what_follows(budget: CallBudget, time: Time) -> None:
    """Whoever calls on for three seconds has called no more than three seconds' worth."""
    assert seconds_for(budget, time, 1500) == pytest.approx(3, abs=0.01)


def test_the_share_can_be_set(time: Time) -> None:
    budget = CallBudget(0.1, time, time.sleep)
    spend_what_was_saved(budget, time)
    assert seconds_for(budget, time, 100) == pytest.approx(1)


@pytest.mark.parametrize("place", [("2", "eu", "DescribeKey"), ("1", "us", "DescribeKey"), ("1", "eu", "ListKeys")])
def test_accounts_regions_and_operations_do_not_wait_for_each_other(
    budget: CallBudget, time: Time, place: tuple[str, str, str]
) -> None:
    spend_what_was_saved(budget, time, "DescribeKey")
    now = time.now
    budget.spend(*place)
    assert time.now == now


@pytest.mark.parametrize("refused", range(0, 501, 50))
def test_the_pace_falls_by_half_of_the_share_that_was_throttled(budget: CallBudget, time: Time, refused: int) -> None:
    for number in range(500):
        budget.note_answer("1", "eu", "GetKeyRotationStatus", throttled=number < refused)
    time.now += WINDOW_SECONDS
    assert pace(budget, time) == pytest.approx(1 - refused / 500 / 2)


def test_throttling_slows_that_place_alone(budget: CallBudget, time: Time) -> None:
    call(budget, throttled=True)
    time.now += WINDOW_SECONDS
    assert pace(budget, time) == 0.5
    now = time.now
    for place in (("2", "eu", "GetKeyRotationStatus"), ("1", "us", "GetKeyRotationStatus"), ("1", "eu", "DescribeKey")):
        for _ in range(500):
            budget.spend(*place)
    assert time.now == now


def test_a_throttled_answer_ends_what_may_go_at_once(budget: CallBudget, time: Time) -> None:
    assert seconds_for(budget, time, 99) == 0
    call(budget, throttled=True)
    assert seconds_for(budget, time, 1) == pytest.approx(100 / 500)


@pytest.mark.parametrize("operation", [name for name, quota in QUOTAS_PER_SECOND.items() if quota * SLOWEST > 2])
def test_where_all_is_throttled_each_window_halves_it_down_to_a_limit(
    budget: CallBudget, time: Time, operation: str
) -> None:
    paces = []
    for window in range(6):
        while time.now < 1000 + (window + 1) * WINDOW_SECONDS:
            call(budget, operation, throttled=True)
        paces.append(pace(budget, time, operation))
    assert paces == [max(SLOWEST, 0.5**n) for n in range(1, 7)]


def test_a_tenth_of_throttled_answers_slows_it_by_a_twentieth_a_window(budget: CallBudget, time: Time) -> None:
    while time.now < 1000 + 10 * WINDOW_SECONDS:
        for number in range(10):
            call(budget, throttled=number == 0)
    assert pace(budget, time) == pytest.approx(0.95**10, rel=0.02)


def test_it_recovers_only_after_a_window_without_throttling(budget: CallBudget, time: Time) -> None:
    """And the faster, the longer there was none."""
    slow_down(budget, time)
    assert pace(budget, time) == SLOWEST
    clean, slowed = 0.0, SLOWEST
    for throttled in (1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0):
        before = pace(budget, time)
        for number in range(100):
            budget.note_answer("1", "eu", "GetKeyRotationStatus", throttled=number < throttled)
        time.now += WINDOW_SECONDS
        clean = 0.0 if throttled else clean + WINDOW_SECONDS
        slowed = max(SLOWEST, before * (1 - 0.01 / 2)) if throttled else slowed
        assert pace(budget, time) == pytest.approx(slowed * 2 ** ((clean / DOUBLING_SECONDS) ** 2))


@pytest.mark.parametrize("rest", [RECOVERY_SECONDS + 2 * WINDOW_SECONDS, 3600, 366 * 86400])
def test_a_rest_is_a_recovery(budget: CallBudget, time: Time, rest: float) -> None:
    slow_down(budget, time)
    time.now += rest
    assert seconds_for(budget, time, 500) == 0


def test_meters_that_say_nothing_any_more_are_forgotten(budget: CallBudget, time: Time) -> None:
    """A scan of 1,000 accounts × 17 Regions × 4 operations, at 700 calls a second."""
    most, a_second = 0, 700
    for account in range(1000):
        for region in range(17):
            for operation in ("ListKeys", "ListAliases", "DescribeKey", "GetKeyRotationStatus"):
                budget.spend(str(account), str(region), operation)
                time.now += 1 / a_second
        most = max(most, len(budget._meters))
    assert most <= a_second * (SWEEP_SECONDS + REST_SECONDS + 1)


STEPS = st.lists(st.tuples(PAUSES, st.integers(0, 2), st.integers(1, 40), st.integers(0, 3)), max_size=30)


@given(STEPS)
def test_forgetting_lets_no_call_through_faster_or_slower(steps: list[tuple[float, int, int, int]]) -> None:
    """The same calls and throttled answers, with a budget that forgets at every chance and one that never does."""

    def play(prepare: Callable[[CallBudget], None]) -> list[float]:
        time, sent = Time(), list[float]()
        budget = CallBudget(0.5, time, time.sleep)
        late: str | None = None
        for number, (pause, account, calls, refused) in enumerate(steps):
            time.now += pause
            if late is not None:
                budget.note_answer(late, "eu", "EnableKeyRotation", throttled=False)
            prepare(budget)
            budget.spend(f"somebody new {number}", "eu", "ListKeys")
            for each in range(calls):
                budget.spend(str(account), "eu", "EnableKeyRotation")
                sent.append(time.now)
                budget.note_answer(str(account), "eu", "EnableKeyRotation", throttled=each < refused)
            late = str(account) if refused > 1 else None
        return sent

    def forget(budget: CallBudget) -> None:
        budget._sweep_at = 0.0

    def remember(budget: CallBudget) -> None:
        budget._sweep_at = float("inf")

    assert play(forget) == pytest.approx(play(remember), rel=0, abs=1e-6)


def test_a_wait_that_is_ended_early_makes_no_call(time: Time) -> None:
    class StoppedError(Exception):
        pass

    def stop(_: float) -> None:
        raise StoppedError

    budget = CallBudget(clock=time, sleep=stop)
    for _ in range(7):
        budget.spend("1", "eu", "EnableKeyRotation")
    with pytest.raises(StoppedError):
        budget.spend("1", "eu", "EnableKeyRotation")
