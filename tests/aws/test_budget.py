"""Calls are spaced within a share of the quota, each account, Region and operation by itself."""

import pytest

from bot.aws.budget import QUOTAS_PER_SECOND, RECOVERY_SECONDS, SHARE, SLOWEST, CallBudget


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
    return CallBudget(time, time.sleep)


def seconds_for(budget: CallBudget, time: Time, calls: int, operation: str = "GetKeyRotationStatus") -> float:
    begun = time.now
    for _ in range(calls):
        budget.spend("1", "eu", operation)
    return time.now - begun


@pytest.mark.parametrize("operation", QUOTAS_PER_SECOND)
def test_every_operation_keeps_to_half_of_its_quota(budget: CallBudget, time: Time, operation: str) -> None:
    rate = QUOTAS_PER_SECOND[operation] * 0.5
    assert seconds_for(budget, time, 1 + 3 * int(rate), operation) == pytest.approx(3 * int(rate) / rate)


def test_the_first_call_and_one_after_a_rest_wait_for_nothing(budget: CallBudget, time: Time) -> None:
    assert seconds_for(budget, time, 1) == 0
    time.now += 1
    assert seconds_for(budget, time, 1) == 0


def test_a_rest_is_not_saved_up_for_a_burst(budget: CallBudget, time: Time) -> None:
    time.now += 3600
    assert seconds_for(budget, time, 501) == pytest.approx(1)


@pytest.mark.parametrize("place", [("2", "eu", "DescribeKey"), ("1", "us", "DescribeKey"), ("1", "eu", "ListKeys")])
def test_accounts_regions_and_operations_do_not_wait_for_each_other(
    budget: CallBudget, time: Time, place: tuple[str, str, str]
) -> None:
    budget.spend("1", "eu", "DescribeKey")
    budget.spend(*place)
    assert time.now == 1000.0


def test_throttling_halves_the_budget_of_that_place_alone(budget: CallBudget, time: Time) -> None:
    budget.throttled("1", "eu", "GetKeyRotationStatus")
    assert seconds_for(budget, time, 11) == pytest.approx(10 * 2 / 500, rel=0.01)
    budget.spend("2", "eu", "GetKeyRotationStatus")
    begun = time.now
    budget.spend("2", "eu", "GetKeyRotationStatus")
    assert time.now - begun == pytest.approx(1 / 500)


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
    assert seconds_for(budget, time, 2) == pytest.approx(1 / (1000 * SHARE))
