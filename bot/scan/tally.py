"""How far one target is, and what of it could not be read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from bot.models.keys import FailureKind, Finding, ImmutableFacts, ReadFailure
from bot.models.scans import Coverage, CoverageStatus, Target
from bot.rules.ownership import TagsRead
from bot.scan import sentences


@dataclass(frozen=True, slots=True)
class KeyRead:
    """A finding whose aliases may not all be known yet, and what kept the key from being read, if anything did.

    `tags` are those of an open key, and of its account where they matter; `untagged` is what kept either of the two
    from being read.
    """

    finding: Finding
    failure: ReadFailure | None = None
    tags: TagsRead | None = None
    untagged: ReadFailure | None = None
    account_untagged: ReadFailure | None = None


class Tally:
    """Counts what is still to be done in one target, from many threads.

    A key can be read before all aliases are known; its finding is held back until they are.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._known: dict[str, ImmutableFacts] = {}
        self._lock = Lock()
        self._left = 0
        self._keys = 0
        self._aliases: dict[str, tuple[str, ...]] = {}
        self._aliases_left = True
        self._held: list[KeyRead] = []
        self._cut_short: str | None = None
        self._nameless: str | None = None
        self._unread: Counter[str] = Counter()
        self._untagged: Counter[str] = Counter()
        self._account_untagged: str | None = None

    def expect(self, tasks: int, *, keys: int = 0) -> None:
        """Count tasks that are to be done, and the keys among them."""
        with self._lock:
            self._left += tasks
            self._keys += keys

    def one_more_done(self) -> bool:
        """Count a task as done; True for the last one."""
        with self._lock:
            self._left -= 1
            return self._left == 0

    def remember(self, known: Mapping[str, ImmutableFacts]) -> None:
        """Take note of what earlier scans learnt of the target's keys."""
        self._known.update(known)

    def recall(self, arn: str) -> ImmutableFacts | None:
        """Say what an earlier scan learnt of a key that is listed now."""
        return self._known.pop(arn, None)

    def gone(self) -> list[str]:
        """Name the keys that an earlier scan knew and that, once all are read, turn out not to be listed any more."""
        return [] if self._cut_short else list(self._known)

    def aliases(self, key_id: str) -> tuple[str, ...]:
        """Return the aliases of a key, as far as they are known by now."""
        return self._aliases.get(key_id, ())

    @property
    def knows_aliases(self) -> bool:
        """Whether all aliases were read that there are, once they are said to be known."""
        return self._nameless is None

    def note_aliases(self, named: Iterable[tuple[str, str]]) -> None:
        with self._lock:
            for key_id, alias in named:  # of one that is on two pages: once
                self._aliases[key_id] = tuple(dict.fromkeys((*self._aliases.get(key_id, ()), alias)))

    def note_nameless(self, failure: ReadFailure) -> None:
        """Take note that the list of aliases broke off."""
        self._nameless = sentences.aliases_unknown(failure, sum(map(len, self._aliases.values())))

    def note_cut_short(self, failure: ReadFailure) -> None:
        """Take note that the list of keys broke off."""
        self._cut_short = sentences.keys_cut_short(failure, self._keys)

    def note_unread(self, failure: ReadFailure) -> None:
        """Take note of a key that could not be read. One that is gone was read: it is gone."""
        if failure.kind is not FailureKind.NOT_FOUND:
            with self._lock:
                self._unread[failure.sentence] += 1

    def note_untagged(self, failure: ReadFailure) -> None:
        with self._lock:
            self._untagged[failure.sentence] += 1

    def note_account_untagged(self, failure: ReadFailure) -> None:
        """Take note that the account's own tags could not be read, and that a key's owner may stand there."""
        self._account_untagged = sentences.account_tags_unread(failure)

    def holds_back(self, read: KeyRead) -> bool:
        """Keep a finding until the aliases are known; False where they are."""
        with self._lock:
            if self._aliases_left:
                self._held.append(read)
            return self._aliases_left

    def release(self) -> list[KeyRead]:
        """Hand out what was held back, once: all aliases that can be known are."""
        with self._lock:
            self._aliases_left = False
            held, self._held = self._held, []
        return held

    def coverage(self) -> Coverage:
        """Say how much of the target was read. With keys that nobody knows of, it was not."""
        problems = [
            *filter(None, (self._cut_short, self._nameless)),
            *sentences.keys_unread(self._unread, self._keys),
            *sentences.tags_unread(self._untagged),
            *filter(None, (self._account_untagged,)),
        ]
        nothing_read = self._keys > 0 and self._unread.total() == self._keys
        status = (
            CoverageStatus.SCANNED
            if not problems
            else CoverageStatus.FAILED
            if nothing_read or self._cut_short
            else CoverageStatus.PARTIAL
        )
        account, region = self.target.account, self.target.region
        return Coverage(account.id, account.name, region, status, self._keys, " ".join(problems) or None)
