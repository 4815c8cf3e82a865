"""Calls are spaced within a share of the quota, each account, Region and operation by itself."""

import pytest

from bot.aws.budget import QUOTAS_PER_SECOND, RECOVERY_SECONDS, SAVED_SECONDS, SLOWEST, CallBudget


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


@pytest.mark.parametrize("operation", QUOTAS_PER_SECOND)
def test_every_operation_keeps_to_half_of_its_quota(budget: CallBudget, time: Time, operation: str) -> None:
    spend_what_was_saved(budget, time, operation)
    rate = QUOTAS_PER_SECOND[operation] * 0.5
    assert seconds_for(budget, time, 3 * int(rate), operation) == pytest.approx(3 * int(rate) / rate)


@pytest.mark.parametrize("rest", [0, 0.5, 3600])
@pytest.mark.parametrize("operation", QUOTAS_PER_SECOND)
def test_no_second_sees_more_than_the_quota(budget: CallBudget, time: Time, operation: str, rest: float) -> None:
    """However long the bot rested: what it saved up is a second's worth."""
    spend_what_was_saved(budget, time, operation)
    time.now += rest
    until, calls = time.now + 1 - 1e-9, -1
    while time.now < until:
        budget.spend("1", "eu", operation)
        calls += 1
    assert calls <= QUOTAS_PER_SECOND[operation]


def test_a_small_account_waits_for_nothing(budget: CallBudget, time: Time) -> None:
    assert seconds_for(budget, time, 500) == 0
    assert seconds_for(budget, time, 2) > 0


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


def test_throttling_halves_the_budget_of_that_place_alone(budget: CallBudget, time: Time) -> None:
    budget.throttled("1", "eu", "GetKeyRotationStatus")
    assert seconds_for(budget, time, 11) == pytest.approx(10 * 2 / 500, rel=0.01)
    now = time.now
    for _ in range(500):
        budget.spend("2", "eu", "GetKeyRotationStatus")
    assert time.now == now


def test_a_burst_of_refusals_halves_it_once(budget: CallBudget, time: Time) -> None:
    for _ in range(32):
        budget.throttled("1", "eu", "GetKeyRotationStatus")
    assert seconds_for(budget, time, 11) == pytest.approx(10 * 2 / 500, rel=0.01)


def test_refusals_that_go_on_slow_it_to_a_limit(budget: CallBudget, time: Time) -> None:
    for _ in range(60):
        budget.throttled("1", "eu", "GetKeyRotationStatus")
        time.now += 1
    budget.throttled("1", "eu", "GetKeyRotationStatus")
    assert seconds_for(budget, time, 2) == pytest.approx(SLOWEST / 500)


def test_a_slowed_budget_recovers(budget: CallBudget, time: Time) -> None:
    for _ in range(60):
        budget.throttled("1", "eu", "GetKeyRotationStatus")
        time.now += 1
    time.now += 6 * RECOVERY_SECONDS
    spend_what_was_saved(budget, time)
    assert seconds_for(budget, time, 500) == pytest.approx(SAVED_SECONDS)
