"""The digest: what the last scan says, compared with the digest before, for each channel that wants to know."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol

from bot.models.digests import Comparison, Digest, DigestContent, OpenKey
from bot.models.scans import Scan, ScanState
from bot.rules.digest import MOST_PAGES, in_pages, rows_shown
from bot.rules.filters import Filter


class LastScan(Protocol):
    """Which scan is the last one."""

    def current(self) -> Scan | None: ...


class DigestBook(Protocol):
    """Digests as posted, and what each said of every key."""

    def publish(
        self, name: str, scope: Filter, top: int, at: datetime, compose: Callable[[Comparison], Digest], *, by: str
    ) -> Digest: ...

    def made_for(self, name: str, since: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Audience:
    """A channel, and the part of the keys that it hears of."""

    name: str
    channel: str
    scope: Filter


@dataclass(frozen=True, slots=True)
class Digests:
    """Everything that making digests needs. `top` is how many keys stand in the message itself."""

    scans: LastScan
    book: DigestBook
    audiences: Sequence[Audience]
    top: int
    clock: Callable[[], datetime]

    def publish(self, by: str, *, since: datetime | None = None) -> list[Digest]:
        """Make and owe the digest of every audience; of none where no scan was ever finished.

        With `since`, those that were made at or after that moment are left out: a firing that a crash cut short goes
        on where it stopped.
        """
        scan = self.scans.current()
        if scan is None or scan.state is not ScanState.FINISHED:
            return []
        due = [each for each in self.audiences if since is None or not self.book.made_for(each.name, since)]
        return [self._publish(audience, by) for audience in due]

    def _publish(self, audience: Audience, by: str) -> Digest:
        now = self.clock()
        compose = partial(self._compose, audience, now)
        return self.book.publish(audience.name, audience.scope, self.top, now, compose, by=by)

    def _compose(self, audience: Audience, now: datetime, compared: Comparison) -> Digest:
        content = _content(compared, self.top, str(audience.scope))
        return Digest(f"d{secrets.token_hex(6)}", audience.name, audience.channel, now, content)


def _content(compared: Comparison, top: int, scope: str) -> DigestContent:
    total = compared.summary.non_compliant
    pages = _paged(compared.first[top:])
    is_file = rows_shown(top, total) < total or len(pages) > MOST_PAGES
    return DigestContent(
        as_of=compared.scan.finished_at or compared.scan.started_at,
        summary=compared.summary,
        previous_summary=None if compared.before is None else compared.before.content.summary,
        delta=compared.delta,
        top=compared.first[:top],
        open_total=total,
        coverage_failures=compared.gaps.failures,
        failures_total=compared.gaps.failures_total,
        unread_keys=compared.gaps.unread,
        unread_total=compared.gaps.unread_total,
        scope=scope,
        rest=() if is_file else pages,
        rest_is_file=is_file,
    )


def _paged(keys: Sequence[OpenKey]) -> tuple[tuple[OpenKey, ...], ...]:
    rows = iter(keys)
    return tuple(tuple(islice(rows, count)) for count in in_pages(map(_length, keys)))


def _length(key: OpenKey) -> int:
    return sum(map(len, (key.name, key.account_name, key.region, key.message, key.team or ""))) + 24
