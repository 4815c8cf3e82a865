"""Fixes that were undone: whoever asked for and approved one hears that it did not last."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol

from bot.models.keys import Finding
from bot.models.requests import Change
from bot.remediate.gateways import KeyReader
from bot.remediate.reading import read_again, read_key
from bot.rules.verdict import Policy
from bot.tracing import FollowingThreads, about

READERS = 8
"""Keys that are read at once."""

log = logging.getLogger(__name__)

Suspicion = tuple[Change, Finding]


class Fixes(Protocol):
    """Fixes, and what the last scan says of their keys."""

    def suspected(self) -> list[Suspicion]: ...

    def mark(self, fixes: Iterable[Suspicion], at: datetime) -> list[Change]: ...


class Findings(Protocol):
    """Newer readings of keys that the last scan knows."""

    def record_reading(self, reading: Finding) -> object: ...


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that looking for undone fixes needs."""

    fixes: Fixes
    keys: KeyReader
    findings: Findings
    policy: Policy
    clock: Callable[[], datetime]
    _looking: Lock = field(default_factory=Lock, init=False)

    def look(self) -> bool:
        """Tell of fixes that were undone and that nobody was told of yet; False where there is none.

        Each key is read once more before: KMS is eventually consistent, and a scan may have read the moment before the
        fix. One that cannot be read now is said to be unread, and looked at again after the next scan.
        https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
        """
        if not self._looking.acquire(blocking=False):
            return False
        try:
            return self._look()
        finally:
            self._looking.release()

    def _look(self) -> bool:
        suspected = self.fixes.suspected()
        if not suspected:
            return False
        with FollowingThreads(READERS) as readers:
            list(readers.map(lambda each: self._read(each[1]), suspected))
        looked_at = {change.id for change, _ in suspected}
        undone = self.fixes.mark([each for each in self.fixes.suspected() if each[0].id in looked_at], self.clock())
        for change in undone:
            with about(request=change.request_id, change=change.id):
                log.warning("The fix of %s (request %s) was undone.", change.arn, change.request_id)
        return bool(undone)

    def _read(self, finding: Finding) -> None:
        reading = read_key(self.keys, finding.arn, self.policy)
        self.findings.record_reading(read_again(finding, reading, self.clock()))
