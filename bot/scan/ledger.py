"""Writes down what a scan reads, many targets at a time, and knows what of its plan is not read to its end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Protocol

from bot.models.keys import Finding
from bot.models.scans import Coverage, CoverageStatus, Target
from bot.rules.progress import Begun, Place
from bot.scan.endings import End, cut_short

ROWS = 500
"""Findings and coverage that are written together, so that memory does not grow with the organisation."""

SECONDS = 1.0
"""What was read waits no longer than this for more: that is what a kill can lose."""


class Pages(Protocol):
    """What a ledger writes to."""

    def add(self, scan_id: str, found: Sequence[Finding], covered: Sequence[Coverage] = ()) -> None: ...


class Ledger:
    """Keeps the order that readers rely on: a target's findings are written before its coverage, or with it."""

    def __init__(
        self, record: Pages, scan_id: str, targets: Iterable[Target], clock: Callable[[], float] = monotonic
    ) -> None:
        self._record = record
        self._scan_id = scan_id
        self._clock = clock
        self._unfinished: dict[Place, Target] = {(each.account.id, each.region): each for each in targets}
        self._written: Counter[Place] = Counter()
        self._found: list[Finding] = []
        self._covered: list[Coverage] = []
        self._since = clock()

    def take(self, read: Finding | Coverage) -> None:
        if not self._found and not self._covered:
            self._since = self._clock()
        if isinstance(read, Finding):
            self._found.append(read)
        else:
            self._covered.append(read)
        if len(self._found) + len(self._covered) >= ROWS or self._clock() - self._since >= SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write down what waits for it."""
        if not self._found and not self._covered:
            return
        self._record.add(self._scan_id, self._found, self._covered)
        self._written.update((each.account, each.region) for each in self._found)
        for each in self._covered:
            self._unfinished.pop((each.account, each.region), None)
            del self._written[each.account, each.region]
        self._found, self._covered = [], []

    def unread(self, begun: Mapping[Place, Begun], end: End) -> Iterator[Coverage]:
        """Say of each target that is not written down to its end how far it was read when the scan ended."""
        for place, target in self._unfinished.items():
            keys, known = self._written[place], begun[place].listed if place in begun else 0
            error = cut_short(end, keys, max(keys, known))
            yield Coverage(target.account.id, target.account.name, target.region, CoverageStatus.FAILED, keys, error)
