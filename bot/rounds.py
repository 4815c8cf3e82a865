"""The bot's rounds: a scan, and the digest of what it found, whoever sets them off."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.digest import Digests
from bot.models.digests import Digest
from bot.models.scans import Progress, Scan, ScanState
from bot.rules.filters import Filter
from bot.scan import ScanRunningError

POLL_SECONDS = 0.5


class Scans(Protocol):
    """One scan at a time."""

    def run(self, within: Filter, started_by: str, on_progress: Callable[[Progress], None] = ...) -> Scan: ...

    def progress(self) -> Progress | None: ...


class Finished(Protocol):
    """The last scan."""

    def current(self) -> Scan | None: ...


@dataclass(frozen=True, slots=True)
class Rounds:
    """`pause` waits so many seconds and answers True where the bot is stopping; `tell` says that messages are owed."""

    scans: Scans
    finished: Finished
    digests: Digests
    pause: Callable[[float], bool]
    tell: Callable[[], None]

    def scan(self, within: Filter, by: str, on_progress: Callable[[Progress], None] = lambda _: None) -> Scan:
        return self.scans.run(within, by, on_progress)

    def digest(self, by: str, *, since: datetime | None = None) -> list[Digest]:
        """Make the digests; before the first scan, scan first or wait for the one that runs."""
        if not self._has_scanned(by):
            return []
        made = self.digests.publish(by, since=since)
        self.tell()
        return made

    def _has_scanned(self, by: str) -> bool:
        while self.finished.current() is None:
            try:
                if self.scans.run(Filter(), by).state is not ScanState.FINISHED:
                    return False
            except ScanRunningError:
                if self.pause(POLL_SECONDS):
                    return False
        return True
