"""KMS's quotas: so many calls in any one second, for each account, Region and operation."""

from collections import deque

PER_SECOND = {
    "DescribeKey": 2000,
    "ListResourceTags": 2000,
    "GetKeyRotationStatus": 1000,
    "GetKeyPolicy": 1000,
    "ListKeys": 500,
    "ListAliases": 500,
    "ListKeyRotations": 100,
    "ListGrants": 100,
}
"""https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html"""

SECOND = 1.0


class Meter:
    """Watches the calls of the last second of one operation in one place."""

    def __init__(self, quota: int, left: int) -> None:
        self.quota = quota
        self.busiest = 0
        self._left = left
        self._asked: deque[float] = deque()
        self._admitted: deque[float] = deque()

    def admits(self, now: float) -> bool:
        """Count a call, and say whether it is within what others leave of the quota."""
        _forget(self._asked, now)
        self._asked.append(now)
        self.busiest = max(self.busiest, len(self._asked))
        _forget(self._admitted, now)
        if len(self._admitted) >= self._left:
            return False
        self._admitted.append(now)
        return True


class Quotas:
    """The meters of all places. Other callers use up the share `used_by_others` of each quota."""

    def __init__(self, used_by_others: float) -> None:
        self._left = 1.0 - used_by_others
        self._meters: dict[tuple[str, str, str], Meter] = {}

    def admits(self, account: str, region: str, operation: str, now: float) -> bool:
        quota = PER_SECOND.get(operation)
        if quota is None:
            return True
        meter = self._meters.get((account, region, operation))
        if meter is None:
            meter = self._meters[account, region, operation] = Meter(quota, int(quota * self._left))
        return meter.admits(now)

    def busiest(self) -> dict[str, float]:
        """Return the largest share of the quota that any place saw in a second, by operation."""
        shares: dict[str, float] = {}
        for (_, _, operation), meter in self._meters.items():
            shares[operation] = max(shares.get(operation, 0.0), meter.busiest / meter.quota)
        return shares


def _forget(calls: deque[float], now: float) -> None:
    while calls and calls[0] <= now - SECOND:
        calls.popleft()
