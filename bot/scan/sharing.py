"""Shares out what a scan has planned among workers: see `bot.scan.share`.

This process reads nothing then: it puts up a share for each account, looks how far they are, has those begun again
whose worker died, and reads itself as long as there is no worker.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from threading import Event
from time import monotonic
from typing import Protocol

from bot.models.plans import Plan
from bot.models.scans import Coverage, CoverageStatus
from bot.models.shares import ScanWorker, Share, ShareProgress
from bot.scan import sentences
from bot.scan.course import Course
from bot.scan.endings import End, cut_short
from bot.scan.gateways import ScanRecord

LOOK_SECONDS = 0.5
"""How often it is looked how far the workers are."""

CARE_SECONDS = 5.0
"""How often it is looked whether they are alive."""

AWAY_SECONDS = 120.0
"""So long the database may be away; then the scan breaks off."""

LAST_WORDS_SECONDS = 3.0
"""So long a scan that is stopped waits for what its workers have read and not yet written down."""

log = logging.getLogger(__name__)


class Shares(Protocol):
    """The shares of a scan, as the one who shares it out sees them."""

    def put_up(self, shares: Sequence[Share], at: datetime) -> None: ...
    def news(self, scan_id: str) -> Sequence[ShareProgress]: ...
    def heard(self, scan_id: str, accounts: Collection[str]) -> None: ...
    def covered(self, scan_id: str) -> frozenset[tuple[str, str]]: ...
    def call_off(self, scan_id: str) -> None: ...
    def in_hand(self, scan_id: str) -> int: ...
    def close(self, scan_id: str) -> None: ...


class Workforce(Protocol):
    """The queue that workers take accounts from."""

    def enqueue(self, scan_id: str, accounts: Sequence[str]) -> None: ...
    def withdraw(self, scan_id: str) -> None: ...

    def rescue(self) -> None:
        """Let what dead workers had begun be begun again."""
        ...

    def alive(self) -> Sequence[ScanWorker]:
        """Name the workers that are alive, also those that would not read for this process."""
        ...

    def reads_for_us(self, worker: ScanWorker) -> bool: ...

    def helping(self) -> AbstractContextManager[None]:
        """Be a worker oneself, beside what else this process does."""
        ...


@dataclass(frozen=True, slots=True)
class Sharing:
    """How scans are shared out."""

    shares: Shares
    workforce: Workforce
    clock: Callable[[], datetime]


class Shared:
    """One scan's reading, by workers. It is called from one thread."""

    def __init__(self, sharing: Sharing, record: ScanRecord, scan_id: str, plan: Plan, course: Course) -> None:
        self._sharing = sharing
        self._record = record
        self._scan_id = scan_id
        self._plan = plan
        self._course = course
        self._open = {target.account.id for target in plan.targets}
        self._strangers: frozenset[str] = frozenset()
        self._is_helping = False
        self._cared = -math.inf
        self._lost_sight: float | None = None

    def read(self, stop: Event) -> bool:
        """Have all that is planned read; False where the scan was stopped before."""
        if self._plan.failures:
            self._record.add(self._scan_id, (), self._plan.failures)
        self._sharing.shares.put_up(list(self._shares()), self._sharing.clock())
        self._sharing.workforce.enqueue(self._scan_id, self._largest_first())
        with ExitStack() as helping:
            while self._open:
                self._look(helping)
                if stop.wait(LOOK_SECONDS):
                    self._call_off()
                    return False
        return True

    def unread(self, end: End) -> Iterator[Coverage]:
        """Say of each target that is not written down to its end how far it was read. Workers write nothing after."""
        self._sharing.workforce.withdraw(self._scan_id)
        self._sharing.shares.close(self._scan_id)
        covered = self._sharing.shares.covered(self._scan_id)
        written = {(each.account, each.region): each.keys for each in self._record.begun_targets(self._scan_id)}
        begun = self._course.begun
        for target in self._plan.targets:
            place = (target.account.id, target.region)
            if place not in covered:
                keys, known = written.get(place, 0), begun[place].listed if place in begun else 0
                error = cut_short(end, keys, max(keys, known))
                yield Coverage(
                    target.account.id, target.account.name, target.region, CoverageStatus.FAILED, keys, error
                )

    def _shares(self) -> Iterator[Share]:
        for account, targets in groupby(self._plan.targets, key=lambda target: target.account):
            yield Share(self._scan_id, account, tuple(target.region for target in targets))

    def _largest_first(self) -> list[str]:
        """Order the accounts by the keys that they had when last read: no large one is to run alone at the end."""
        keys: Counter[str] = Counter()
        for (account, _), size in self._record.sizes().items():
            keys[account] += size
        return sorted(self._open, key=lambda account: (-keys[account], account))

    def _look(self, helping: ExitStack) -> None:
        """Look how far the workers are, and after them. Where the database is away, they go on once it returns, too."""
        try:
            if monotonic() - self._cared >= CARE_SECONDS:
                self._care(helping)
                self._cared = monotonic()
            self._take_news()
        except Exception as error:
            now = monotonic()
            if self._lost_sight is None:
                self._lost_sight = now
                log.warning("It cannot be seen how far the workers are, and is tried again: %s", error)
            if now - self._lost_sight > AWAY_SECONDS:
                raise
        else:
            self._lost_sight = None

    def _take_news(self) -> None:
        """Take note of how far the accounts are. What got lost before it was said to be heard is told again."""
        news = self._sharing.shares.news(self._scan_id)
        for share in news:
            self._course.note(share)
        ended = [share.account for share in news if share.is_ended]
        self._open.difference_update(ended)
        if ended:
            self._sharing.shares.heard(self._scan_id, ended)

    def _care(self, helping: ExitStack) -> None:
        """Have what dead workers had begun be begun again, and read here where no worker is alive."""
        workforce = self._sharing.workforce
        workforce.rescue()
        workers = workforce.alive()
        ours = [each for each in workers if workforce.reads_for_us(each)]
        strangers = frozenset(each.name for each in workers if each not in ours)
        if strangers - self._strangers:
            log.warning("%s", sentences.strangers(sorted(strangers)))
        self._strangers = strangers
        if not ours and not self._is_helping:
            log.warning("%s", sentences.NO_WORKER)
            helping.enter_context(workforce.helping())
            self._is_helping = True
        self._course.remark = "" if ours else sentences.reading_alone(len(strangers))

    def _call_off(self) -> None:
        """Stop the workers, and wait a moment for what they have read and not yet written down."""
        self._sharing.workforce.withdraw(self._scan_id)
        self._sharing.shares.call_off(self._scan_id)
        until = monotonic() + LAST_WORDS_SECONDS
        while self._sharing.shares.in_hand(self._scan_id) and monotonic() < until:
            Event().wait(LOOK_SECONDS / 5)
        self._take_news()
