"""The digest: what the last scan says, compared with the digest before, for each channel that wants to know."""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from bot.models.digests import Comparison, Digest, Quiet, ToldElsewhere
from bot.models.scans import Scan, ScanState
from bot.rules.audience import DEFAULT, Audience
from bot.rules.composing import Plan, compose
from bot.rules.filters import Filter
from bot.rules.sight import EVERYTHING, Sight

__all__ = ["Audience", "Digests"]


class LastScan(Protocol):
    """Which scan is the last one."""

    def current(self) -> Scan | None: ...


class DigestBook(Protocol):
    """Digests as posted, and what each said of every key."""

    def publish(
        self,
        name: str,
        scope: Filter,
        top: int,
        at: datetime,
        compose: Callable[[Comparison], Digest],
        *,
        by: str,
        since: datetime | None = None,
    ) -> Digest | None: ...

    def preview(
        self, name: str, scope: Filter, top: int, at: datetime, compose: Callable[[Comparison], Digest]
    ) -> Digest: ...


@dataclass(frozen=True, slots=True)
class Digests:
    """Everything that making digests needs.

    `audiences` says who hears one, as it is now; `quiet` what is posted on quiet days; `mention_owners` whether the
    thread mentions whose the open keys are.
    """

    scans: LastScan
    book: DigestBook
    audiences: Callable[[], Sequence[Audience]]
    clock: Callable[[], datetime]
    quiet: Quiet = Quiet.LINE
    mention_owners: bool = True

    def publish(self, by: str, *, since: datetime | None = None, names: Collection[str] | None = None) -> list[Digest]:
        """Make and owe the digests of these audiences, or of all; of none where no scan was ever finished.

        With `since`, those that were made at or after that moment are left out: a firing that a crash cut short goes
        on where it stopped. Those are the scheduled ones, which keep quiet on a quiet day; whoever asks for a digest
        is shown all of it.
        """
        made = [self._publish(each, by, since) for each in self._told(names)]
        return [each for each in made if each is not None]

    def preview(self, names: Collection[str] | None = None, sight: Sight = EVERYTHING) -> list[Digest]:
        """Make the digests as they would be now, but for what whoever looks may not see, and keep nothing of it."""
        return [self._preview(each, each.seen_by(sight)) for each in self._told(names)]

    def _told(self, names: Collection[str] | None) -> list[Audience]:
        scan = self.scans.current()
        if scan is None or scan.state is not ScanState.FINISHED:
            return []
        return [each for each in self.audiences() if names is None or each.name in names]

    def _preview(self, audience: Audience, seen: Audience) -> Digest:
        now = self.clock()
        made = partial(self._made, seen, now, self._elsewhere(seen), in_full=True)
        digest = self.book.preview(seen.name, seen.scope, seen.top, now, made)
        is_narrowed = seen.scope.hidden != audience.scope.hidden
        return replace(digest, content=replace(digest.content, is_narrowed=is_narrowed))

    def _publish(self, audience: Audience, by: str, since: datetime | None) -> Digest | None:
        now = self.clock()
        made = partial(self._made, audience, now, self._elsewhere(audience), in_full=since is None)
        return self.book.publish(audience.name, audience.scope, audience.top, now, made, by=by, since=since)

    def _elsewhere(self, audience: Audience) -> tuple[ToldElsewhere, ...]:
        """Say who hears of parts of the digest of everything as well."""
        if audience.name != DEFAULT:
            return ()
        others = (each for each in self.audiences() if each.name != DEFAULT and each.channel != audience.channel)
        return tuple(ToldElsewhere(str(each.scope), each.channel) for each in others)

    def _made(
        self,
        audience: Audience,
        now: datetime,
        elsewhere: tuple[ToldElsewhere, ...],
        compared: Comparison,
        *,
        in_full: bool,
    ) -> Digest:
        plan = Plan(
            top=audience.top,
            scope=str(audience.scope),
            timezone=audience.timezone,
            quiet=self.quiet,
            in_full=in_full,
            mention_owners=self.mention_owners,
            hidden=audience.scope.hidden,
            elsewhere=elsewhere,
        )
        content = compose(compared, plan, now)
        return Digest(f"d{secrets.token_hex(6)}", audience.name, audience.channel, now, content)
