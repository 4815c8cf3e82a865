"""What a scan could not read."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.models.keys import Finding
from bot.models.scans import Coverage, CoverageStatus

MOST_FAILURES = 8
MOST_UNREAD = 5


@dataclass(frozen=True, slots=True)
class Gaps:
    """The first targets that were not wholly read and the first keys that were not, and how many there are of each.

    Keys of a target that was read in part are not among the keys: the target's line counts them.
    """

    failures: tuple[Coverage, ...] = ()
    failures_total: int = 0
    unread: tuple[Finding, ...] = ()
    unread_total: int = 0

    @classmethod
    def of(cls, failures: Sequence[Coverage], unread: Sequence[Finding]) -> "Gaps":
        """Choose what is shown of all that could not be read."""
        told = {(each.account, each.region) for each in failures if each.status is CoverageStatus.PARTIAL}
        loose = [each for each in unread if (each.account, each.region) not in told]
        return cls(tuple(failures[:MOST_FAILURES]), len(failures), tuple(loose[:MOST_UNREAD]), len(loose))

    def __bool__(self) -> bool:
        return bool(self.failures_total or self.unread_total)
