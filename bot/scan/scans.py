"""The use case: one scan at a time, from its first row to its last, whoever starts it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Event, Lock

from bot.errors import UserError
from bot.models.keys import Finding
from bot.models.scans import Coverage, Progress, Scan, ScanState
from bot.rules.filters import Filter
from bot.scan.crew import StoppedError
from bot.scan.gateways import ScanRecord
from bot.scan.plan import Plan, check_narrowing
from bot.scan.scanner import Scanner, utc_now

BATCH = 500
"""Findings that are written down together, so that memory does not grow with the organisation."""

NOT_BEGUN = Progress(targets_done=0, targets_total=0, keys_read=0)

OnProgress = Callable[[Progress], None]


class ScanRunningError(UserError):
    """A scan runs already in this process; `progress` tells how far it is."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        how_far = (
            f": {progress.targets_done} of {progress.targets_total} targets and {progress.keys_read} keys are read"
            if progress.targets_total
            else ""
        )
        super().__init__(f"A scan is running{how_far}. Wait for its end.")


class Scans:
    """Runs scans. `run` may be called from any thread; `progress` and `stop` from any other."""

    def __init__(self, scanner: Scanner, record: ScanRecord, clock: Callable[[], datetime] = utc_now) -> None:
        self._scanner = scanner
        self._record = record
        self._clock = clock
        self._lock = Lock()
        self._progress: Progress | None = None
        self._stop = Event()

    def run(self, within: Filter, started_by: str, on_progress: OnProgress = lambda _: None) -> Scan:
        """Scan everything, or what `within` narrows it to, and return the scan as recorded.

        A scan that was stopped comes back INTERRUPTED. `on_progress` is called on this thread, often: it must be
        quick. Raises BadFilterError where nothing could match and ScanRunningError where a scan runs already; both
        before anything is recorded.
        """
        check_narrowing(within)
        with self._one_at_a_time():
            scan = Scan(secrets.token_hex(8), ScanState.RUNNING, self._clock(), None, str(within), started_by)
            try:
                plan = self._scanner.plan(within, self._stop)
            except StoppedError:
                return replace(scan, state=ScanState.INTERRUPTED, finished_at=self._clock())
            self._record.begin(scan)
            try:
                self._read(scan, plan, on_progress)
                return self._record.finish(scan.id, self._clock())
            except StoppedError:
                at = self._clock()
                self._record.interrupt(scan.id, at)
                return replace(scan, state=ScanState.INTERRUPTED, finished_at=at)
            except BaseException:
                self._record.interrupt(scan.id, self._clock())
                raise

    def progress(self) -> Progress | None:
        """Say how far the running scan is; None where none runs."""
        return self._progress

    def stop(self) -> None:
        """Tell the running scan to end within seconds; without one nothing happens."""
        self._stop.set()

    def recover(self) -> list[Scan]:
        """Mark the scans that a crash left behind as interrupted. For the start of the bot, before any scan runs."""
        left = self._record.running()
        for scan in left:
            self._record.interrupt(scan.id, self._clock())
        return left

    def _read(self, scan: Scan, plan: Plan, on_progress: OnProgress) -> None:
        self._record.leave_out(scan.id, plan.left_out)
        for failure in plan.failures:
            self._record.add(scan.id, [], failure)
        done, keys, batch = 0, 0, list[Finding]()
        self._tell(Progress(done, len(plan.targets), keys), on_progress)
        with closing(self._scanner.read(plan, self._stop)) as readings:
            for read in readings:
                if isinstance(read, Finding):
                    keys += 1
                    batch.append(read)
                elif isinstance(read, Coverage):
                    done += 1
                    self._record.add(scan.id, batch, read)
                    batch = []
                if len(batch) >= BATCH:
                    self._record.add(scan.id, batch)
                    batch = []
                self._tell(Progress(done, len(plan.targets), keys), on_progress)

    def _tell(self, progress: Progress, on_progress: OnProgress) -> None:
        self._progress = progress
        on_progress(progress)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with self._lock:
            if self._progress is not None:
                raise ScanRunningError(self._progress)
            self._progress = NOT_BEGUN
            self._stop.clear()
        try:
            yield
        finally:
            self._progress = None
