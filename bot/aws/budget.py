"""A budget of calls: the quotas are shared with everybody else in an account, so the bot takes half, and less there
where AWS throttles all the same. What was left over of the last second may be spent at once, so that small accounts
wait for nothing.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.aws.failures import is_throttling

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

QUOTAS_PER_SECOND = {
    "DescribeKey": 2000,
    "ListResourceTags": 2000,
    "GetKeyRotationStatus": 1000,
    "ListKeys": 500,
    "ListAliases": 500,
    "ListKeyRotations": 100,
    "EnableKeyRotation": 15,
    "RotateKeyOnDemand": 5,
}
"""Of one account in one Region. https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html"""

SHARE = 0.5
SAVED_SECONDS = 1.0
"""So much unspent budget is kept: with a share of half, no second sees more calls than the quota allows."""

SLOWEST = 64
"""Throttled again and again, a budget shrinks to this part of itself."""

RECOVERY_SECONDS = 10.0
"""A shrunk budget doubles in this time without throttling."""

BURST_SECONDS = 1.0
"""Calls that are throttled within this time of each other were sent at one rate: the budget is halved once for them."""


@dataclass(slots=True)
class _Meter:
    next_free: float = -math.inf
    slowness: float = 1.0
    throttled_at: float | None = None

    def slowness_at(self, now: float) -> float:
        since = 0.0 if self.throttled_at is None else now - self.throttled_at
        return max(1.0, self.slowness / math.exp2(since / RECOVERY_SECONDS))


class CallBudget:
    """Spaces the calls of each account, Region and operation, and lets nobody wait without need.

    A leaky bucket, as https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm describes it.
    """

    def __init__(
        self,
        share: float = SHARE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._share = share
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._meters: dict[tuple[str, str, str], _Meter] = {}

    def spend(self, account: str, region: str, operation: str) -> None:
        """Wait until one more call is within the budget."""
        now = self._clock()
        with self._lock:
            meter = self._meters.setdefault((account, region, operation), _Meter())
            slowness = meter.slowness_at(now)
            spacing = slowness / (QUOTAS_PER_SECOND[operation] * self._share)
            saved = max(0.0, SAVED_SECONDS - spacing) if slowness == 1.0 else 0.0
            turn = max(meter.next_free, now - saved)
            meter.next_free = turn + spacing
        if turn > now:
            self._sleep(turn - now)

    def throttled(self, account: str, region: str, operation: str) -> None:
        """Take note that AWS refused a call for being one too many: halve this budget for a while."""
        now = self._clock()
        with self._lock:
            meter = self._meters.setdefault((account, region, operation), _Meter())
            if meter.throttled_at is None or now - meter.throttled_at >= BURST_SECONDS:
                meter.slowness = min(2 * meter.slowness_at(now), SLOWEST)
                meter.throttled_at = now

    def govern(self, kms: "KMSClient", region: str, account: Callable[[], str]) -> None:
        """Keep every attempt of a client's calls within the budget; `account` names the one of the call in hand."""

        def pace(event_name: str, **_: object) -> None:
            self.spend(account(), region, _operation(event_name))

        def heed(event_name: str, parsed_response: dict[str, Any] | None, **_: object) -> None:
            if parsed_response and is_throttling(parsed_response.get("Error", {}).get("Code", "")):
                self.throttled(account(), region, _operation(event_name))

        kms.meta.events.register("before-send.kms", pace)
        kms.meta.events.register("response-received.kms", heed)


def _operation(event_name: str) -> str:
    return event_name.rpartition(".")[2]
