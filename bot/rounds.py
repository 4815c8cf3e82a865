"""The bot's rounds: a scan, and the digest of what it found, whoever sets them off."""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.alone import Alone
from bot.digest import Digests
from bot.models.digests import Digest
from bot.models.scans import SCAN, Progress, Scan, ScanState
from bot.rules.filters import Filter
from bot.scan import ScanRunningError
from bot.tracing import about, learned

POLL_SECONDS = 0.5

log = logging.getLogger(__name__)


class Scans(Protocol):
    """One scan at a time."""

    def run(self, within: Filter, started_by: str, on_progress: Callable[[Progress], None] = ...) -> Scan: ...

    def progress(self) -> Progress | None: ...

    def cancel(self, by: str) -> bool: ...


class ScanRecord(Protocol):
    """The scan that readers are shown, and the one that some process makes."""

    def current(self) -> Scan | None: ...

    def ask_to_stop(self, by: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Rounds:
    """`pause` waits so many seconds and answers True where the bot is stopping; `tell` says that messages are owed.

    `after_scan` looks at what a scan brought to light. `lapse` ends exemptions whose time is over, so that what is
    shown of a scan and told in a digest is true at that moment.
    """

    scans: Scans
    record: ScanRecord
    digests: Digests
    pause: Callable[[float], bool]
    tell: Callable[[], None]
    alone: Alone
    after_scan: Callable[[], object] = lambda: None
    lapse: Callable[[], object] = lambda: None

    def scan(self, within: Filter, by: str, on_progress: Callable[[Progress], None] = lambda _: None) -> Scan:
        with self._turn():
            scan = self._run(within, by, on_progress)
        self._end(scan)
        return scan

    def stop_scan(self, by: str) -> bool:
        """Stop the scan that runs, here or in another process; False where none does, or none reads anything yet."""
        asked = self.record.ask_to_stop(by)
        return self.scans.cancel(by) or asked

    def scan_since(self, moment: datetime, by: str) -> bool:
        """See to it that everything was scanned since a moment: by a scan now, or by one that runs already.

        False where the bot stops before.
        """
        return self._scan_until(lambda scan: not scan.scope and scan.started_at >= moment, by)

    def first_scan(self, by: str) -> bool:
        """See to it that there is a scan at all; False where the bot stops before."""
        return self._scan_until(lambda _: True, by)

    def digest(
        self, by: str, *, since: datetime | None = None, names: Collection[str] | None = None
    ) -> list[Digest] | None:
        """Make the digests of these audiences, or of all, the first scan before them; None where the bot stops before.

        Two at once would both compare with the digest before, so one waits for the other.
        """
        if not self.first_scan(by):
            return None
        while True:
            with self.alone("digests") as is_ours:
                if is_ours:
                    self.lapse()
                    made = self.digests.publish(by, since=since, names=names)
                    for each in made:
                        with about(digest=each.id):
                            log.info("The digest “%s” was made.", each.name)
                    self.tell()
                    return made
            if self.pause(POLL_SECONDS):
                return None

    def _scan_until(self, is_enough: Callable[[Scan], bool], by: str) -> bool:
        while not self._is_there(is_enough):
            if self.pause(0):
                return False
            try:
                with self._turn():
                    if self._is_there(is_enough):  # made since the look before, by whoever had the turn
                        return True
                    scan = self._run(Filter(), by)
            except ScanRunningError:
                self.pause(POLL_SECONDS)
            else:
                self._end(scan)
                return scan.state is ScanState.FINISHED
        return True

    def _is_there(self, is_enough: Callable[[Scan], bool]) -> bool:
        """Say whether the scan that readers are shown is enough. One that was interrupted is no scan to go by."""
        scan = self.record.current()
        return scan is not None and scan.state is ScanState.FINISHED and is_enough(scan)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let nobody else scan meanwhile. Raises ScanRunningError where somebody does, here or in another process."""
        with self.alone(SCAN) as is_ours:
            if not is_ours:
                raise ScanRunningError(self.scans.progress())
            yield

    def _run(self, within: Filter, by: str, on_progress: Callable[[Progress], None] = lambda _: None) -> Scan:
        self.lapse()
        return self.scans.run(within, by, on_progress)

    def _end(self, scan: Scan) -> None:
        learned(scan=scan.id)
        with about(scan=scan.id):
            log.info("A scan ended: %s, %d keys.", scan.state, scan.summary.keys)
            self.lapse()
            self.after_scan()
