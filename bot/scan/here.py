"""Reads what a scan has planned in this process, and in processes that it begins."""

from collections.abc import Iterable
from contextlib import closing
from threading import Event

from bot.models.plans import Plan
from bot.models.scans import Coverage, Listed
from bot.scan.course import Course
from bot.scan.crew import StoppedError
from bot.scan.endings import End
from bot.scan.gateways import ScanRecord
from bot.scan.ledger import Ledger
from bot.scan.scanner import Scanner


class Here:
    """One scan's reading. It is called from one thread."""

    def __init__(self, scanner: Scanner, record: ScanRecord, scan_id: str, plan: Plan, course: Course) -> None:
        self._scanner = scanner
        self._plan = plan
        self._course = course
        self._ledger = Ledger(record, scan_id, plan.targets)

    def read(self, stop: Event) -> bool:
        """Read what is planned and write it down; False where the scan was stopped before all of it was read."""
        for failure in self._plan.failures:
            self._ledger.take(failure)
        is_whole = True
        try:
            with closing(self._scanner.read(self._plan, stop)) as readings:
                for read in readings:
                    self._course.take(read)
                    if not isinstance(read, Listed):
                        self._ledger.take(read)
        except StoppedError:
            is_whole = False
        finally:
            self._ledger.flush()  # whatever ended the reading, what was read is kept
        return is_whole

    def unread(self, end: End) -> Iterable[Coverage]:
        """Say of each target that is not written down to its end how far it was read when the scan ended."""
        return self._ledger.unread(self._course.begun, end)
