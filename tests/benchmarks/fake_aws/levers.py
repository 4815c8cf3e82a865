"""What the fake AWS does to whoever calls it, apart from answering."""

import zlib
from dataclasses import dataclass

_EVERY = 1 << 32


@dataclass(frozen=True, slots=True)
class Levers:
    """`latency` is in seconds. Shares lie between 0 and 1.

    `used_by_others` of each quota is used up by other callers; `throttled` of the calls to KMS are throttled whatever
    the rate is, chosen by `seed`.
    """

    latency: float = 0.0
    used_by_others: float = 0.0
    throttled: float = 0.0
    seed: int = 1

    def throttles(self, call: str) -> bool:
        """Choose by what is called and for which time, so that the order of the calls changes nothing."""
        if not self.throttled:
            return False
        return zlib.crc32(f"{self.seed} {call}".encode()) < self.throttled * _EVERY
