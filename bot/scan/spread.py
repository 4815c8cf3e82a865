"""What of a scan nobody has begun: targets, and keys of large targets. It is begun here, or handed to a branch."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from bot.models.scans import Target
from bot.scan.crew import Task
from bot.scan.tally import KeyRead
from bot.scan.target import Keys, TargetReading

MOST_TARGETS = 64
"""So many are handed out together at most; an account's are not parted."""

ENOUGH_KEYS = 400
"""A process that begins so many has enough to read for more than a second: the rest may be read elsewhere sooner."""

MOST_KEYS, FEWEST_KEYS = 200, 32
"""So many keys of a target are handed out together; of fewer the target's own process is as soon done."""

Portion = Sequence[Target] | Keys
"""What a process of a scan is handed; nothing is the end."""


class Spread:
    """The work that can be handed out. `begin` begins a target here, and calls back once that is read."""

    def __init__(
        self, targets: Sequence[Target], begin: Callable[[Target, Callable[[TargetReading], None]], TargetReading]
    ) -> None:
        self._targets = deque(targets)
        self._total = len(targets)
        self._begin = begin
        self._lock = Lock()
        self._begun: dict[TargetReading, None] = {}
        self._lent: dict[tuple[str, str], TargetReading] = {}
        self._ended = 0
        self._listed = 0
        self._is_left_to_others = False

    def tasks(self, look: Callable[[], None]) -> Iterator[Task]:
        """Yield the targets for a crew to begin, and call `look` after each."""
        while not self._is_left_to_others and (target := self._next()) is not None:
            reading = self._begin(target, self._end)
            self._begun[reading] = None
            yield reading.open
            look()

    def leave_to_others(self) -> None:
        """Begin no more targets here."""
        self._is_left_to_others = True

    def seconds_left(self, elapsed: float) -> float:
        """Say how long the rest takes, at the pace at which it was begun up to now."""
        left, keys_left = len(self._targets), sum(reading.waiting for reading in tuple(self._begun))
        begun, keys_begun = self._total - left, self._keys_listed() - keys_left
        of_targets = left / begun if begun else 0.0
        of_keys = keys_left / keys_begun if keys_begun else 0.0
        return elapsed * (of_targets + of_keys)

    def is_enough(self, targets: int) -> bool:
        """Whether so many targets have enough keys for a process, by those that were listed here."""
        return targets >= self._targets_with_enough()

    def hand_out(self, processes: int) -> Portion | None:
        """Hand out what one of so many processes is to begin, less at a time towards the end: all are to end at once.

        None where there is nothing now and may be something later, and an empty one where there will not be.
        """
        targets = self._some_targets(processes)
        if targets:
            return targets
        may_come = any(reading.is_listing for reading in tuple(self._begun))
        largest = max(tuple(self._begun), key=lambda reading: reading.waiting, default=None)
        if largest is not None and largest.waiting >= FEWEST_KEYS:
            keys = largest.lend(max(FEWEST_KEYS, min(MOST_KEYS, largest.waiting // (2 * processes))), processes)
            if keys.arns:
                self._lent[keys.place] = largest
                return keys
        return None if may_come else ()

    def take(self, read: KeyRead) -> None:
        """Take back a key that was lent, as another process read it."""
        self._lent[read.finding.account, read.finding.region].take(read)

    def is_begun(self) -> bool:
        """Whether there is nothing to hand out, now and later."""
        return not self._targets and not any(
            reading.is_listing or reading.waiting >= FEWEST_KEYS for reading in tuple(self._begun)
        )

    def _next(self) -> Target | None:
        with self._lock:
            return self._targets.popleft() if self._targets else None

    def _some_targets(self, processes: int) -> list[Target]:
        enough = self._targets_with_enough()
        with self._lock:
            size = min(MOST_TARGETS, enough, len(self._targets) // (2 * processes) + 1)
            some: list[Target] = []
            while self._targets and (len(some) < size or self._targets[0].account == some[-1].account):
                some.append(self._targets.popleft())
            return some

    def _targets_with_enough(self) -> int:
        listed = self._ended + sum(not reading.is_listing for reading in tuple(self._begun))
        keys = self._keys_listed()
        return max(1, ENOUGH_KEYS * listed // keys) if keys else ENOUGH_KEYS

    def _keys_listed(self) -> int:
        return self._listed + sum(reading.listed for reading in tuple(self._begun))

    def _end(self, reading: TargetReading) -> None:
        with self._lock:
            self._listed += reading.listed
            self._ended += 1
        self._begun.pop(reading, None)
        self._lent.pop((reading.target.account.id, reading.target.region), None)
