"""How far one target is, and what of it could not be read."""

from collections import Counter
from threading import Lock

from bot.models.keys import FailureKind, ReadFailure
from bot.models.scans import Coverage, CoverageStatus, Target
from bot.scan import sentences


class Tally:
    """Counts the keys of one target down, from many threads."""

    def __init__(self, target: Target, keys: int, aliases: dict[str, tuple[str, ...]] | ReadFailure) -> None:
        self.target = target
        self._keys = keys
        self._aliases = aliases
        self._left = keys
        self._unread: Counter[str] = Counter()
        self._untagged: Counter[str] = Counter()
        self._lock = Lock()

    def aliases(self, key_id: str) -> tuple[str, ...]:
        """Return the aliases of a key; none where they are unknown."""
        return () if isinstance(self._aliases, ReadFailure) else self._aliases.get(key_id, ())

    def note_unread(self, failure: ReadFailure) -> None:
        """Take note of a key that could not be read. One that is gone was read: it is gone."""
        if failure.kind is not FailureKind.NOT_FOUND:
            with self._lock:
                self._unread[failure.sentence] += 1

    def note_untagged(self, failure: ReadFailure) -> None:
        with self._lock:
            self._untagged[failure.sentence] += 1

    def one_more_done(self) -> bool:
        """Count a key as done; True for the last one."""
        with self._lock:
            self._left -= 1
            return self._left == 0

    def coverage(self) -> Coverage:
        """Say how much of the target was read."""
        problems = [
            *([sentences.aliases_unknown(self._aliases)] if isinstance(self._aliases, ReadFailure) else []),
            *sentences.keys_unread(self._unread, self._keys),
            *sentences.tags_unread(self._untagged),
        ]
        nothing_read = self._keys > 0 and self._unread.total() == self._keys
        status = (
            CoverageStatus.SCANNED
            if not problems
            else CoverageStatus.FAILED
            if nothing_read
            else CoverageStatus.PARTIAL
        )
        account, region = self.target.account, self.target.region
        return Coverage(account.id, account.name, region, status, self._keys, " ".join(problems) or None)
