"""The use case: one scan at a time, from its first row to its last, whoever starts it."""

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event, Lock
from typing import Protocol

from bot.errors import UserError
from bot.models.plans import Plan
from bot.models.scans import Coverage, Progress, Scan, ScanState
from bot.rules.filters import Filter
from bot.rules.progress import how_far
from bot.scan.course import Course, OnProgress
from bot.scan.crew import StoppedError
from bot.scan.endings import End, cut_short_somewhere, not_begun, plan_lost, plan_unknown
from bot.scan.gateways import ScanRecord
from bot.scan.heeding import heeding
from bot.scan.here import Here
from bot.scan.plan import check_narrowing
from bot.scan.scanner import Scanner, utc_now
from bot.scan.sharing import Shared, Sharing
from bot.tracing import about

OnEnd = Callable[[Scan], None]

log = logging.getLogger(__name__)


def untold(_scan: Scan) -> None:
    """Nobody wants to know how a scan ended."""


class ScanRunningError(UserError):
    """A scan runs already; `progress` tells how far it is, if it runs in this process."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        so_far = "" if progress is None else f": {how_far(progress)}"
        super().__init__(f"A scan is running{so_far}. Wait for its end.")


class Scans:
    """Runs scans. `run` may be called from any thread; `progress` and `stop` from any other."""

    def __init__(
        self,
        scanner: Scanner,
        record: ScanRecord,
        clock: Callable[[], datetime] = utc_now,
        sharing: Sharing | None = None,
        on_end: OnEnd = untold,
    ) -> None:
        """Prepare to scan. With `sharing` workers read what is planned, and this process where there is none.

        `on_end` is told of each scan of this process whose end is on record, also of one that broke off.
        """
        self._scanner = scanner
        self._record = record
        self._clock = clock
        self._sharing = sharing
        self._on_end = on_end
        self._lock = Lock()
        self._running: _Running | None = None
        self._is_stopping = False

    def run(self, within: Filter, started_by: str, on_progress: OnProgress = lambda _: None) -> Scan:
        """Scan everything, or what `within` narrows it to, and return the scan as recorded.

        A scan that was stopped comes back INTERRUPTED, with what it read by then. `on_progress` is called on this
        thread: it must be quick. Raises BadFilterError where nothing could match and ScanRunningError where a scan
        runs already; both before anything is recorded. For who holds the name SCAN, as `recover`: a lost scan would
        keep workers from this one.
        """
        check_narrowing(within)
        scan_id = secrets.token_hex(8)
        with about(scan=scan_id), self._one_at_a_time(_Running(Course(on_progress))) as running:
            self.recover()
            self._record.prune(running.stop.wait)
            scan = Scan(scan_id, ScanState.RUNNING, self._clock(), None, str(within), started_by)
            try:
                plan = self._scanner.plan(within, running.stop, running.course.tell_planned)
            except StoppedError:
                self._record.begin(replace(scan, stopped_by=running.stopped_by))
                return self._told(self._record.interrupt(scan.id, self._clock(), [plan_unknown(End.STOPPED)]))
            self._record.begin(scan)
            with heeding(lambda: self._record.stop_asked(scan.id), running.stop):
                return self._carry_out(scan, plan, running)

    def progress(self) -> Progress | None:
        """Say how far the running scan is; None where none runs."""
        running = self._running
        return None if running is None else running.course.progress()

    def cancel(self, by: str = "") -> bool:
        """Tell the running scan to end within seconds, because somebody wants it to; False where none runs."""
        running = self._running
        if running is not None:
            running.stopped_by = running.stopped_by or by
            running.stop.set()
        return running is not None

    def stop(self) -> None:
        """Tell the running scan to end within seconds, and any later one at once: a stop is for good.

        It takes no lock: a signal may call it in the middle of anything. A scan that begins just now is seen here, or
        sees it.
        """
        self._is_stopping = True
        self.cancel()

    def recover(self) -> list[Scan]:
        """End the scans that a crash left behind, as of their last reading, and say so in the log.

        For who holds the name SCAN: no other scan can be running then. Workers read nothing more for them.
        """
        return [self._recover(scan) for scan in self._record.running()]

    def _recover(self, scan: Scan) -> Scan:
        self._record.close_shares(scan.id)
        begun = [replace(each, error=cut_short_somewhere(each.keys)) for each in self._record.begun_targets(scan.id)]
        told = {(each.account, each.region) for each in (*begun, *self._record.coverage(scan.id))}
        shared = self._record.shared_targets(scan.id)
        rest = [not_begun(each) for each in shared if (each.account.id, each.region) not in told]
        read_until = self._record.last_reading(scan.id) or scan.started_at
        unread = [*begun, *(rest if shared else [plan_lost()])]
        ended = self._record.interrupt(scan.id, self._clock(), unread, read_until)
        log.warning("The scan of %s was interrupted; what it read is kept.", scan.started_at)
        return ended

    def _carry_out(self, scan: Scan, plan: Plan, running: "_Running") -> Scan:
        course = running.course
        reading: _Reading = (
            Here(self._scanner, self._record, scan.id, plan, course)
            if self._sharing is None
            else Shared(self._sharing, self._record, scan.id, plan, course)
        )
        try:
            course.begin(plan.targets, self._record.sizes())
            self._record.leave_out(scan.id, plan.left_out)
            is_whole = reading.read(running.stop)
            course.tell()
            ended = self._record.finish(scan.id, self._clock()) if is_whole else None
        except BaseException:
            self._told(self._cut_short(scan, reading, End.BROKE_OFF))
            raise
        return self._told(ended or self._cut_short(scan, reading, End.STOPPED))

    def _cut_short(self, scan: Scan, reading: "_Reading", end: End) -> Scan:
        return self._record.interrupt(scan.id, self._clock(), list(reading.unread(end)))

    def _told(self, ended: Scan) -> Scan:
        self._on_end(ended)
        return ended

    @contextmanager
    def _one_at_a_time(self, running: "_Running") -> Iterator["_Running"]:
        with self._lock:
            if self._running is not None:
                raise ScanRunningError(self._running.course.progress())
            self._running = running
            if self._is_stopping:
                running.stop.set()
        try:
            yield running
        finally:
            self._running = None


class _Reading(Protocol):
    """How what is planned is read."""

    def read(self, stop: Event) -> bool: ...
    def unread(self, end: End) -> Iterable[Coverage]: ...


@dataclass(slots=True)
class _Running:
    """The scan that runs: how far it is, how it is told to stop, and who wanted that."""

    course: Course
    stop: Event = field(default_factory=Event)
    stopped_by: str = ""
