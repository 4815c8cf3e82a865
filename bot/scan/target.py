"""Reads one target: its lists page by page, beside its keys, so that a large target waits for no list."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

from bot.models.keys import ReadFailure
from bot.models.scans import Coverage, CoverageStatus, Listed, Target
from bot.scan import sentences
from bot.scan.crew import Crew, Lane, Task
from bot.scan.gateways import KeyReader, Reading
from bot.scan.reading import KeyAudit
from bot.scan.tally import Tally


class TargetReading:
    """The tasks of one target, in a lane of their own."""

    def __init__(self, crew: Crew[Reading], reader: KeyReader, audit: KeyAudit, target: Target) -> None:
        self._crew = crew
        self._reader = reader
        self._audit = audit
        self._target = target
        self._lane = Lane()

    def open(self) -> None:
        """Read the first page of keys, and of aliases where there is any key, and put the rest on the agenda.

        The first page of aliases is waited for: it holds all of most targets, and those of keys that AWS manages spare
        the calls about them. Where there are more pages, waiting for them would leave the crew idle.
        """
        keys = self._reader.list_keys(self._target)
        if isinstance(keys, ReadFailure):
            account, error = self._target.account, sentences.keys_unknown(keys)
            self._crew.emit(Coverage(account.id, account.name, self._target.region, CoverageStatus.FAILED, error=error))
            return
        tally = Tally(self._target, self._audit.learning.facts_of(self._target) if keys.items else {})
        tally.expect(1)
        if keys.items or keys.next_marker:
            self._note_aliases(tally)
        self._put_on_agenda(tally, keys.items, keys.next_marker)
        self._end_task(tally)

    def _put_on_agenda(self, tally: Tally, arns: tuple[str, ...], next_marker: str | None) -> None:
        """Put keys on the agenda, and the next page amid them: it comes before they are done, and not long before."""
        if arns:
            self._crew.emit(Listed(self._target.account.id, self._target.region, len(arns)))
        tally.expect(len(arns) + (next_marker is not None), keys=len(arns))
        half = len(arns) // 2
        more = [] if next_marker is None else [partial(self._list_more, tally, next_marker)]
        self._crew.add(chain(self._keys(tally, arns[:half]), more, self._keys(tally, arns[half:])), self._lane)

    def _keys(self, tally: Tally, arns: Iterable[str]) -> Iterator[Task]:
        return (partial(self._audit_key, tally, arn) for arn in arns)

    def _list_more(self, tally: Tally, marker: str) -> None:
        keys = self._reader.list_keys(self._target, marker)
        if isinstance(keys, ReadFailure):
            tally.note_cut_short(keys)
        else:
            self._put_on_agenda(tally, keys.items, keys.next_marker)
        self._end_task(tally)

    def _note_aliases(self, tally: Tally, marker: str | None = None) -> None:
        """Read a page of aliases; after the last one let go of the findings that waited for their names."""
        aliases = self._reader.list_aliases(self._target, marker)
        if isinstance(aliases, ReadFailure):
            tally.note_nameless(aliases)
        else:
            tally.note_aliases(aliases.items)
            if aliases.next_marker is not None:
                tally.expect(1)
                self._crew.add([partial(self._more_aliases, tally, aliases.next_marker)], self._lane, first=True)
                return
        for read in tally.release():
            self._crew.emit(self._audit.settle(read, tally))

    def _more_aliases(self, tally: Tally, marker: str) -> None:
        self._note_aliases(tally, marker)
        self._end_task(tally)

    def _audit_key(self, tally: Tally, arn: str) -> None:
        read = self._audit.audit(arn, tally)
        if not tally.holds_back(read):
            self._crew.emit(self._audit.settle(read, tally))
        self._end_task(tally)

    def _end_task(self, tally: Tally) -> None:
        if tally.one_more_done():
            self._audit.learning.forget(tally.gone())
            self._crew.emit(tally.coverage())
