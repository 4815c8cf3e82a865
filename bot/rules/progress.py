"""How far a scan is, how long it may still take, and how that is said.

Work is counted in targets and keys: either costs about two calls, ListKeys and ListAliases for the one, DescribeKey and
GetKeyRotationStatus for the other.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.models.keys import Finding
from bot.models.scans import Coverage, Listed, Phase, Progress

Place = tuple[str, str]
"""The account and Region of a target."""

WINDOW_SECONDS = 60.0
"""The pace is what was done in this time: throttling slows it, and what a scan was like at its start is forgotten."""

MARK_SECONDS = 1.0
SOONEST_SECONDS = 5.0
SOONEST_SHARE = 0.05
"""Before so much time has gone and so much is done, nobody knows."""

NOT_SCANNED = "Nothing has been scanned yet. The first scan comes by itself."

MINUTE = 60
"""In seconds."""

HOUR = 60
"""In minutes."""

FEW_MINUTES = 10
"""So many are said to the minute, more to five minutes, and hours to the half."""

TOO_EARLY = "too early to tell how long"


@dataclass(slots=True)
class Begun:
    """A target that was opened: the keys that are known of it, and those that were read."""

    listed: int = 0
    read: int = 0


class Outlook:
    """What of a plan is done, and what is to be expected of the rest.

    A target that was not opened yet holds as many keys as it did in the last scan (`sizes`), or where that is not
    known, as many as those have on average that were opened.
    """

    def __init__(self, planned: Iterable[Place], sizes: Mapping[Place, int]) -> None:
        self._waiting: dict[Place, int | None] = {place: sizes.get(place) for place in planned}
        self._expected = sum(size for size in self._waiting.values() if size is not None)
        self._unknown = sum(size is None for size in self._waiting.values())
        self.begun: dict[Place, Begun] = {}
        self.targets_total = len(self._waiting)
        self.targets_done = 0
        self.keys_read = 0
        self.keys_listed = 0

    def take(self, read: Finding | Listed | Coverage) -> None:
        """Take note of what a scan tells: of a target's keys that there are more, or one, or how many it were."""
        place = (read.account, read.region)
        begun = self._open(place)
        if isinstance(read, Listed):
            self._list(begun, read.keys)
        elif isinstance(read, Finding):
            begun.read += 1
            self.keys_read += 1
            self._list(begun, max(0, begun.read - begun.listed))
        else:
            self._list(begun, begun.read - begun.listed)
            self.targets_done += 1
            del self.begun[place]

    def note(self, place: Place, listed: int, read: int, *, is_done: bool) -> None:
        """Take note of how far a target is, which somebody else reads: it may be less than before, read anew."""
        begun = self._open(place)
        self.keys_read += read - begun.read
        begun.read = read
        self._list(begun, max(listed, read) - begun.listed)
        if is_done:
            self.targets_done += 1
            del self.begun[place]

    @property
    def done(self) -> int:
        return self._opened + self.keys_read

    @property
    def left(self) -> float:
        mean = self.keys_listed / self._opened if self._opened else 0.0
        return len(self._waiting) + self._expected + self._unknown * mean + self.keys_listed - self.keys_read

    @property
    def _opened(self) -> int:
        return self.targets_total - len(self._waiting)

    def _open(self, place: Place) -> Begun:
        if place in self._waiting:
            size = self._waiting.pop(place)
            self._expected -= size or 0
            self._unknown -= size is None
            self.begun[place] = Begun()
        return self.begun[place]

    def _list(self, begun: Begun, keys: int) -> None:
        begun.listed += keys
        self.keys_listed += keys


class Pace:
    """Measures how fast work is done, over the recent past."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._marks = deque([(now, 0)])

    def mark(self, now: float, done: int) -> None:
        """Take note of what is done by now, in seconds of the same clock."""
        if now - self._marks[-1][0] >= MARK_SECONDS:
            self._marks.append((now, done))
        while len(self._marks) > 1 and now - self._marks[1][0] >= WINDOW_SECONDS:
            self._marks.popleft()

    def seconds_left(self, now: float, done: int, left: float) -> float | None:
        """Estimate how long what is left takes; None where nobody can know that yet."""
        since, before = self._marks[0]
        is_early = now - self._began < SOONEST_SECONDS or done < SOONEST_SHARE * (done + left)
        return None if is_early or done <= before else left * (now - since) / (done - before)


def not_scanned(running: Progress | None = None) -> str:
    """Say that no scan has ended yet; `running` is how far one is that runs now."""
    if running is None:
        return NOT_SCANNED
    return f"Nothing has been scanned yet. A scan is running: {how_far(running)}."


def how_far(progress: Progress) -> str:
    """Say how far a scan is, as a part of a sentence."""
    match progress.phase:
        case Phase.LOOKING:
            return "looking for accounts"
        case Phase.ENTERING:
            return f"{progress.accounts_entered:,} of {_counted(progress.accounts_found, 'account')} entered"
        case Phase.READING:
            return ", ".join(_reading(progress))


def time_left(seconds: float | None) -> str:
    """Say an estimate in rounded words, and never less than it is."""
    if seconds is None:
        return TOO_EARLY
    if seconds < MINUTE:
        return "less than a minute left"
    minutes = math.ceil(seconds / MINUTE)
    if minutes > FEW_MINUTES:
        minutes = 5 * math.ceil(minutes / 5)
    if minutes < HOUR:
        return f"about {_counted(minutes, 'minute')} left"
    half_hours = math.ceil(minutes / 30)
    hours = f"{half_hours // 2:,}" + (".5" if half_hours % 2 else "")
    return f"about {hours} {'hour' if hours == '1' else 'hours'} left"


def keys_so_far(progress: Progress) -> str:
    """Say how many keys were read, and of how many, as far as that is known."""
    if progress.keys_listed > progress.keys_read:
        return f"{progress.keys_read:,} of {_counted(progress.keys_listed, 'known key')} read"
    return f"{_counted(progress.keys_read, 'key')} read"


def _reading(progress: Progress) -> Iterator[str]:
    yield f"{progress.targets_done:,} of {_counted(progress.targets_total, 'target')} done"
    yield keys_so_far(progress)
    if progress.targets_done < progress.targets_total:
        yield time_left(progress.seconds_left)
    if progress.remark:
        yield progress.remark


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
