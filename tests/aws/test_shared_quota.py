"""The bot shares a quota with somebody who does not give way: it settles at what is left, and comes back.

All is simulated: a quota that AWS keeps by the second, somebody else's calls, and a scan that always has more to do.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf
from random import Random

import pytest

from bot.aws.budget import QUOTAS_PER_SECOND, SHARE, CallBudget
from bot.aws.meter import RECOVERY_SECONDS, SLOWEST, WINDOW_SECONDS

LATENCY_SECONDS = 0.02
MAKING_A_CALL_SECONDS = 1e-5
OPERATIONS = ("GetKeyRotationStatus", "ListKeys", "ListKeyRotations")


@dataclass
class Quota:
    """AWS's rule: in no second more calls than this, whoever makes them. What is refused does not count."""

    calls_a_second: int
    admitted: deque[float] = field(default_factory=deque)

    def admits(self, now: float) -> bool:
        while self.admitted and self.admitted[0] <= now - 1:
            self.admitted.popleft()
        if len(self.admitted) >= self.calls_a_second:
            return False
        self.admitted.append(now)
        return True


class Account:
    """An account and Region in which others call an operation until they stop, and the bot as fast as it may.

    `others` is their part of the quota, `jitter` by how much of a gap their calls come too early or too late.
    """

    def __init__(self, operation: str, others: float, *, jitter: float = 0.5, others_stop: float = inf) -> None:
        self.now = 0.0
        self.quota = Quota(QUOTAS_PER_SECOND[operation])
        self.admitted: list[float] = []
        self.throttled: list[float] = []
        self._operation = operation
        self._budget = CallBudget(clock=lambda: self.now, sleep=lambda seconds: self._pass(self.now + seconds))
        self._answers: deque[tuple[float, bool]] = deque()
        self._others_gap = 1 / (others * self.quota.calls_a_second) if others else inf
        self._others_next = MAKING_A_CALL_SECONDS / 2 if others else inf
        self._others_stop = others_stop
        self._jitter = jitter
        self._random = Random(1)

    def scan(self, seconds: float) -> None:
        """Call without a pause, again what was throttled."""
        until = self.now + seconds
        while self.now < until:
            self._budget.spend("1", "eu", self._operation)
            self._pass(self.now + MAKING_A_CALL_SECONDS)
            admitted = self.quota.admits(self.now)
            (self.admitted if admitted else self.throttled).append(self.now)
            self._answers.append((self.now + LATENCY_SECONDS, not admitted))

    def share(self, begin: float, end: float) -> float:
        """Say which part of the quota the bot had between two times."""
        return sum(begin <= at < end for at in self.admitted) / (end - begin) / self.quota.calls_a_second

    def throttled_part(self, begin: float, end: float) -> float:
        refused = sum(begin <= at < end for at in self.throttled)
        return refused / (refused + sum(begin <= at < end for at in self.admitted))

    def _pass(self, until: float) -> None:
        """Let the others call, and our answers arrive, until a time."""
        while (at := min(self._others_next, self._answers[0][0] if self._answers else inf)) <= until:
            self.now = at
            if at == self._others_next:
                self.quota.admits(at)
                after = at + self._others_gap * self._random.uniform(1 - self._jitter, 1 + self._jitter)
                self._others_next = after if after < self._others_stop else inf
            else:
                _, throttled = self._answers.popleft()
                self._budget.note_answer("1", "eu", self._operation, throttled=throttled)
        self.now = until


@pytest.mark.parametrize("operation", QUOTAS_PER_SECOND)
@pytest.mark.parametrize("others", ["nobody", "some", "all but our share"])
def test_while_the_others_leave_us_our_share_nothing_is_throttled(operation: str, others: str) -> None:
    """From the first second on, in which a scan may call at once what a rest has saved."""
    quota = QUOTAS_PER_SECOND[operation]
    calls = {"nobody": 0, "some": int(0.3 * quota), "all but our share": int((1 - SHARE) * quota) - 1}[others]
    account = Account(operation, calls / quota, jitter=0)
    account.scan(30)
    assert account.throttled == []
    assert account.share(0, 30) == pytest.approx(SHARE, rel=0.04)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("others", [0.6, 0.75, 0.9])
def test_it_settles_at_what_the_others_leave(operation: str, others: float) -> None:
    account = Account(operation, others)
    account.scan(120)
    assert account.share(20, 120) == pytest.approx(1 - others, rel=0.25)
    assert account.throttled_part(20, 120) < 0.04
    assert account.throttled_part(0, 120) < 0.06


@pytest.mark.parametrize("operation", OPERATIONS)
def test_where_nothing_is_left_it_keeps_asking_slowly(operation: str) -> None:
    account = Account(operation, others=1.2)
    account.scan(120)
    sent = [at for at in account.admitted + account.throttled if at >= 20]
    assert len(sent) / 100 == pytest.approx(SLOWEST * SHARE * account.quota.calls_a_second, rel=0.2)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("others", [0.6, 0.9, 1.2])
def test_it_comes_back_when_the_others_stop(operation: str, others: float) -> None:
    account = Account(operation, others, others_stop=60)
    account.scan(60)
    account.scan(RECOVERY_SECONDS + 2 * WINDOW_SECONDS + 10)
    back = 60 + RECOVERY_SECONDS + 2 * WINDOW_SECONDS
    assert account.share(back, back + 10) == pytest.approx(SHARE, rel=0.02)
    assert account.throttled_part(60 + WINDOW_SECONDS, back + 10) == 0
