"""What a worker does: it takes one account of a scan, reads what is left of it, and writes down what it finds."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from threading import Event, Lock
from typing import Protocol

from bot.models.keys import Finding
from bot.models.owners import OwnerRules
from bot.models.scans import Coverage, CoverageStatus, Listed
from bot.models.shares import RegionProgress, Share
from bot.rules.verdict import Policy
from bot.scan import sentences
from bot.scan.branch import Errand
from bot.scan.crew import Crew, StoppedError
from bot.scan.gateways import AccountDirectory, KeyMemory, KeyReader, Reading
from bot.scan.heeding import heeding
from bot.scan.ledger import Ledger
from bot.scan.memory import Learning
from bot.scan.target import TargetReading

MOST_FAILURES = 5
"""An account that was begun so often and not read to its end is given up: the others are not to wait for it."""

log = logging.getLogger(__name__)


class ShareRecord(Protocol):
    """Where the shares of scans are written down."""

    def claim(self, scan_id: str, account: str, worker: str, at: datetime) -> Share | None: ...
    def add(
        self,
        share: Share,
        found: Sequence[Finding],
        covered: Sequence[Coverage],
        progress: Mapping[str, RegionProgress],
    ) -> bool: ...
    def end(self, share: Share, at: datetime) -> bool: ...
    def hand_back(self, share: Share, *, failed: bool) -> bool: ...
    def go_on(self, share: Share, progress: Mapping[str, RegionProgress]) -> bool: ...
    def places(self, scan_id: str) -> frozenset[tuple[str, str]]: ...


class Outcome(Enum):
    """What became of an account that a worker was asked to read."""

    OVER = auto()
    """It is read, or somebody else's, or of a scan that is over: nothing is left to do."""
    HANDED_BACK = auto()
    """The worker is stopping, and somebody else is to go on."""


class LostShareError(Exception):
    """Somebody else has the share now, or the scan is over."""


@dataclass(slots=True)
class _Book:
    """The part of a record that a ledger writes to, for one share."""

    record: ShareRecord
    share: Share
    progress: dict[str, RegionProgress] = field(init=False)
    _turn: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        self.progress = dict(self.share.progress)

    def note(self, read: Reading) -> None:
        known = self.progress.get(read.region, RegionProgress())
        if isinstance(read, Listed):
            known = replace(known, listed=known.listed + read.keys)
        elif isinstance(read, Finding):
            known = replace(known, read=known.read + 1)
        else:
            known = replace(known, is_done=True)
        self.progress[read.region] = known

    def go_on(self) -> bool:
        """Tell how far it is, also where nothing comes in; False where it is to end."""
        with self._turn:
            return self.record.go_on(self.share, dict(self.progress))

    def add(self, _scan_id: str, found: Sequence[Finding], covered: Sequence[Coverage] = ()) -> None:
        with self._turn:  # of two that tell how far it is, the later one is not to be overwritten by the earlier
            if not self.record.add(self.share, found, covered, dict(self.progress)):
                raise LostShareError


class ShareReader:
    """Reads accounts for whichever scan they are of. `read` may be called from many threads at once."""

    def __init__(
        self,
        record: ShareRecord,
        directory: AccountDirectory,
        reader: KeyReader,
        memory: KeyMemory,
        *,
        policy: Policy,
        owners: OwnerRules,
        name: str,
        threads: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._record = record
        self._directory = directory
        self._reader = reader
        self._memory = memory
        self._policy = policy
        self._owners = owners
        self._name = name
        self._threads = threads
        self._clock = clock
        self._lock = Lock()
        self._places: tuple[str, frozenset[tuple[str, str]]] = ("", frozenset())

    def read(self, scan_id: str, account: str, is_stopping: Callable[[], bool]) -> Outcome:
        """Read what is left of an account. What an error leaves unread is handed back before that is raised."""
        share = self._record.claim(scan_id, account, self._name, self._clock())
        if share is None:
            return Outcome.OVER
        stop = Event()
        try:
            if share.failures >= MOST_FAILURES:
                self._give_up(share)
            else:
                book = _Book(self._record, share)
                with heeding(lambda: is_stopping() or not book.go_on(), stop):
                    self._read(share, book, stop)
        except LostShareError:
            log.info("The account %s is not this worker's to read any more.", account)
            return Outcome.OVER
        except StoppedError:
            self._record.hand_back(share, failed=False)
            return Outcome.HANDED_BACK if is_stopping() else Outcome.OVER
        except Exception:  # whatever it was, somebody else gets the account; it is raised on
            self._record.hand_back(share, failed=True)
            raise
        self._record.end(share, self._clock())
        return Outcome.OVER

    def _read(self, share: Share, book: _Book, stop: Event) -> None:
        """Read, and write down whatever was read, however it ends."""
        self._directory.open(share.account)  # forgets that the role was missing once; what is wrong now, reading tells
        learning = Learning(self._memory)
        errand = Errand(self._policy, self._places_of(share.scan_id), self._threads, self._clock, self._owners)
        audit = errand.audit(self._reader, learning, self._directory)
        crew: Crew[Reading] = Crew(self._threads, stop)
        crew.add(TargetReading(crew, self._reader, audit, target).open for target in share.targets)
        ledger = Ledger(book, share.scan_id, share.targets)
        try:
            with closing(crew.results()) as readings:
                for read in readings:
                    book.note(read)
                    if not isinstance(read, Listed):
                        ledger.take(read)
        except StoppedError:
            ledger.flush()
            raise
        finally:
            learning.flush()
        ledger.flush()

    def _give_up(self, share: Share) -> None:
        log.error("The account %s is given up: it was begun %s times and not read.", share.account.id, share.failures)
        error = sentences.given_up(share.failures)
        account = share.account
        covered = [
            Coverage(account.id, account.name, region, CoverageStatus.FAILED, error=error) for region in share.regions
        ]
        book = _Book(self._record, share)
        for each in covered:
            book.note(each)
        book.add(share.scan_id, (), covered)

    def _places_of(self, scan_id: str) -> frozenset[tuple[str, str]]:
        with self._lock:
            if self._places[0] != scan_id:
                self._places = scan_id, self._record.places(scan_id)
            return self._places[1]
