"""A budget of calls: the quotas are shared with everybody else in an account, so the bot takes half."""

import threading
import time
from collections.abc import Callable

QUOTAS_PER_SECOND = {
    "DescribeKey": 2000,
    "ListResourceTags": 2000,
    "GetKeyRotationStatus": 1000,
    "ListKeys": 500,
    "ListAliases": 500,
    "ListKeyRotations": 100,
    "EnableKeyRotation": 15,
}
"""Of one account in one Region. https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html"""

SHARE = 0.5


class CallBudget:
    """Spaces the calls of each account, Region and operation evenly, and lets nobody wait without need."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_free: dict[tuple[str, str, str], float] = {}

    def spend(self, account: str, region: str, operation: str) -> None:
        """Wait until one more call is within the budget."""
        spacing = 1 / (QUOTAS_PER_SECOND[operation] * SHARE)
        now = self._clock()
        with self._lock:
            turn = max(self._next_free.get((account, region, operation), 0.0), now)
            self._next_free[account, region, operation] = turn + spacing
        if turn > now:
            self._sleep(turn - now)
