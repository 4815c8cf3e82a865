"""A budget of calls: the quotas are shared with everybody else in an account, so the bot takes half unless told
otherwise, and less there where AWS throttles all the same. Small accounts wait for nothing.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.aws.failures import is_throttling
from bot.aws.meter import Meter, end_of_window

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

SWEEP_SECONDS = 10.0
"""So often, meters that say nothing any more are forgotten: an organisation has hundreds of thousands of them."""

PARTED = ("DescribeKey", "GetKeyRotationStatus", "ListResourceTags")
"""What is asked about each key of a scan, and so by each of the processes that read some of a place's keys."""

Place = tuple[str, str, str]
"""Account, Region and operation."""


class CallBudget:
    """Spaces the calls of each account, Region and operation, and lets nobody wait without need.

    `sleep` may raise, to end a wait early; the call is then not made.
    """

    def __init__(
        self,
        share: float = SHARE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._spacings = {operation: 1 / (quota * share) for operation, quota in QUOTAS_PER_SECOND.items()}
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._meters: dict[Place, Meter] = {}
        self._processes: dict[tuple[str, str], int] = {}
        self._sweep_at = -math.inf

    def spend(self, account: str, region: str, operation: str) -> None:
        """Wait until one more call is within the budget."""
        now = self._clock()
        with self._lock:
            turn = self._meter((account, region, operation), now).turn(now)
        if turn > now:
            self._sleep(turn - now)

    def note_answer(self, account: str, region: str, operation: str, *, throttled: bool) -> None:
        """Take note of an answer of AWS's, and whether it refused the call for being one too many."""
        now = self._clock()
        with self._lock:
            self._meter((account, region, operation), now).note_answer(now, throttled=throttled)

    def part(self, account: str, region: str, processes: int, after: float = 0.0) -> float:
        """Keep to a part of the budget of an account in a Region, which so many processes share; to all of it for one.

        Return when, by the clock, what this process has called by now is earned. Whoever joins calls nothing before
        that (`after`), and saves nothing up: so once each keeps to its part, they never call more in a second than one.
        """
        now = self._clock()
        with self._lock:
            self._processes.pop((account, region), None)
            if processes > 1:
                self._processes[account, region] = processes
            places = [(account, region, operation) for operation in PARTED]
            return max(self._meter(place, now).respace(self._spacing(place), max(now, after)) for place in places)

    def govern(self, kms: "KMSClient", region: str, account: Callable[[], str]) -> None:
        """Keep every attempt of a client's calls within the budget; `account` names the one of the call in hand."""

        def pace(event_name: str, **_: object) -> None:
            self.spend(account(), region, _operation(event_name))

        def heed(event_name: str, parsed_response: dict[str, Any] | None, **_: object) -> None:
            if parsed_response is not None:
                throttled = is_throttling(parsed_response.get("Error", {}).get("Code", ""))
                self.note_answer(account(), region, _operation(event_name), throttled=throttled)

        kms.meta.events.register("before-send.kms", pace)
        kms.meta.events.register("response-received.kms", heed)

    def _meter(self, place: Place, now: float) -> Meter:
        meter = self._meters.get(place)
        if meter is None:
            if now >= self._sweep_at:
                self._sweep(now)
            meter = self._meters[place] = Meter(self._spacing(place), end_of_window(now))
        return meter

    def _spacing(self, place: Place) -> float:
        account, region, operation = place
        parts = self._processes.get((account, region), 1) if operation in PARTED else 1
        return self._spacings[operation] * parts

    def _sweep(self, now: float) -> None:
        self._meters = {place: meter for place, meter in self._meters.items() if not meter.says_nothing(now)}
        self._sweep_at = now + SWEEP_SECONDS


def _operation(event_name: str) -> str:
    return event_name.rpartition(".")[2]
