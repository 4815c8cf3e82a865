"""Reads one target: its lists page by page, beside its keys, so that a large target waits for no list."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Protocol

from bot.models.keys import ImmutableFacts, ReadFailure
from bot.models.scans import Coverage, CoverageStatus, Listed, Target
from bot.scan import sentences
from bot.scan.crew import Lane, Task
from bot.scan.gateways import KeyReader, Reading
from bot.scan.reading import KeyAudit
from bot.scan.tally import KeyRead, Tally


class Hands(Protocol):
    """A crew, as far as a target needs it."""

    def add(self, tasks: Iterable[Task], lane: Lane, *, first: bool = False) -> None: ...
    def emit(self, result: Reading) -> None: ...


@dataclass(frozen=True, slots=True)
class Keys:
    """Some keys of one target that another process is to read, and what is known of them.

    `processes` are so many as share the target's quota, `after` is from when on there is a part of it for them.
    """

    target: Target
    arns: tuple[str, ...]
    processes: int
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known: Mapping[str, ImmutableFacts] = field(default_factory=dict)
    after: float = 0.0

    @property
    def place(self) -> tuple[str, str]:
        return self.target.account.id, self.target.region


class TargetReading:
    """The tasks of one target, in a lane of their own. `on_end` is called once all of it is read."""

    def __init__(
        self,
        crew: Hands,
        reader: KeyReader,
        audit: KeyAudit,
        target: Target,
        on_end: Callable[["TargetReading"], None] = lambda _: None,
    ) -> None:
        self.target = target
        self.listed = 0
        self.is_listing = True
        self._crew = crew
        self._reader = reader
        self._audit = audit
        self._on_end = on_end
        self._lane = Lane()
        self._tally = Tally(target)
        self._waiting: deque[str] = deque()
        self._page_before: frozenset[str] = frozenset()

    @property
    def waiting(self) -> int:
        """How many of the listed keys nobody has begun to read."""
        return len(self._waiting)

    def open(self) -> None:
        """Read the first page of keys, and of aliases where there is any key, and put the rest on the agenda.

        The first page of aliases is waited for: it holds all of most targets, and those of keys that AWS manages spare
        the calls about them. Where there are more pages, waiting for them would leave the crew idle.
        """
        keys = self._reader.list_keys(self.target)
        if isinstance(keys, ReadFailure):
            account, error = self.target.account, sentences.keys_unknown(keys)
            self._crew.emit(Coverage(account.id, account.name, self.target.region, CoverageStatus.FAILED, error=error))
            self._on_end(self)
            return
        self._tally.expect(1)
        if keys.items:
            self._tally.remember(self._audit.learning.facts_of(self.target))
        if keys.items or keys.next_marker:
            self._note_aliases()
        self._put_on_agenda(keys.items, keys.next_marker)
        self._end_task()

    def lend(self, most: int, processes: int) -> Keys:
        """Hand keys that nobody has begun to another process, which is to read them; those that were listed last."""
        arns: list[str] = []
        while self._waiting and len(arns) < most:
            try:
                arns.append(self._waiting.pop())
            except IndexError:  # somebody here was faster
                break
        recalled = ((arn, self._tally.recall(arn)) for arn in arns)
        return Keys(
            self.target,
            tuple(arns),
            processes,
            {arn: aliases for arn in arns if (aliases := self._aliases(arn))},
            {arn: facts for arn, facts in recalled if facts is not None},
        )

    def take(self, read: KeyRead) -> None:
        """Take a key that is read: by another process, if it was lent."""
        if not self._tally.holds_back(read):
            self._crew.emit(self._audit.settle(read, self._tally))
        self._end_task()

    def _put_on_agenda(self, page: tuple[str, ...], next_marker: str | None) -> None:
        """Put keys on the agenda, and the next page amid them: it comes before they are done, and not long before.

        AWS promises no order: a key that is made while pages are read may push another one onto a second page.
        """
        arns = [arn for arn in page if arn not in self._page_before]
        self._page_before = frozenset(page)
        if arns:
            self._crew.emit(Listed(self.target.account.id, self.target.region, len(arns)))
        self.listed += len(arns)
        self._tally.expect(len(arns) + (next_marker is not None), keys=len(arns))
        self._waiting.extend(arns)
        self.is_listing = next_marker is not None
        half = len(arns) // 2
        more = [] if next_marker is None else [partial(self._list_more, next_marker)]
        self._crew.add(chain(islice(self._keys(), half), more, islice(self._keys(), len(arns) - half)), self._lane)

    def _keys(self) -> Iterator[Task]:
        """Yield a task for each key that waits when its turn comes; some may have been lent by then."""
        while self._waiting:
            try:
                arn = self._waiting.popleft()
            except IndexError:  # another process was faster
                return
            yield partial(self._audit_key, arn)

    def _list_more(self, marker: str) -> None:
        keys = self._reader.list_keys(self.target, marker)
        if isinstance(keys, ReadFailure):
            self.is_listing = False
            self._tally.note_cut_short(keys)
        else:
            self._put_on_agenda(keys.items, keys.next_marker)
        self._end_task()

    def _note_aliases(self, marker: str | None = None) -> None:
        """Read a page of aliases; after the last one let go of the findings that waited for their names."""
        aliases = self._reader.list_aliases(self.target, marker)
        if isinstance(aliases, ReadFailure):
            self._tally.note_nameless(aliases)
        else:
            self._tally.note_aliases(aliases.items)
            if aliases.next_marker is not None:
                self._tally.expect(1)
                self._crew.add([partial(self._more_aliases, aliases.next_marker)], self._lane, first=True)
                return
        for read in self._tally.release():
            self._crew.emit(self._audit.settle(read, self._tally))

    def _more_aliases(self, marker: str) -> None:
        self._note_aliases(marker)
        self._end_task()

    def _audit_key(self, arn: str) -> None:
        known, aliases = self._tally.recall(arn), self._aliases(arn)
        self.take(self._audit.audit(arn, self.target, aliases, known))

    def _aliases(self, arn: str) -> tuple[str, ...]:
        return self._tally.aliases(arn.rpartition("/")[2])

    def _end_task(self) -> None:
        if self._tally.one_more_done():
            self._audit.learning.forget(self._tally.gone())
            self._crew.emit(self._tally.coverage())
            self._on_end(self)
