"""From the stored state to a message: the one place where the store and the views meet."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.models.asking import Declined, Waiting
from bot.models.code import Managed
from bot.models.digests import Digest
from bot.models.exempting import Reach
from bot.models.exemptions import Exemption, ExemptionScope
from bot.models.keys import Finding, Verdict
from bot.models.messages import Attachment, Message, MessageKind, Rendered
from bot.models.owners import Owner
from bot.models.processes import Disagreement
from bot.models.requests import ChangeKind, ChangeState, Request, RequestState
from bot.models.scans import Scan
from bot.models.trend import Trend
from bot.models.troubles import Trouble
from bot.models.undone import UndoneFix
from bot.rules.approvers import everybody_concerned, what_it_waits_for
from bot.rules.code_lines import managed
from bot.rules.digest import scope_of
from bot.rules.filters import Filter
from bot.rules.house import House
from bot.rules.sight import Sight
from bot.rules.veil import VEILED_SCOPE, as_told, veiled, veiled_waiting
from bot.views.digest import digest, digest_file, digest_page
from bot.views.exemption import ended
from bot.views.glass import glass_broken
from bot.views.hidden import veil_note
from bot.views.owners import digest_owners
from bot.views.preview import preview
from bot.views.request import request
from bot.views.result import result
from bot.views.scan import lost
from bot.views.settings import settings_differ
from bot.views.sheet import sheet
from bot.views.trend import trend_blocks
from bot.views.trouble import over, trouble
from bot.views.undone import undone
from bot.views.waiting import reminder


class DigestBook(Protocol):
    """Digests as stored."""

    def get(self, digest_id: str) -> Digest | None: ...

    def owners(self, digest_id: str) -> Sequence[Owner] | None: ...

    def keep_owners(self, digest_id: str, owners: Sequence[Owner]) -> None: ...


class RequestBook(Protocol):
    """Requests as stored."""

    def get(self, request_id: str) -> Request | None: ...

    def newest_for(self, arns: Iterable[str]) -> Mapping[str, Request]: ...


class Owners(Protocol):
    """Who owners are in Slack."""

    def who(self, text: str) -> Owner: ...


class Fixes(Protocol):
    """Changes that enabled rotation, and their keys as they were last read."""

    def told_to(self, person: str, change_id: str) -> list[UndoneFix]: ...

    def last_readings(self, arns: Collection[str]) -> Mapping[str, Finding]: ...


class Sights(Protocol):
    """What may stand where several people read it, and what one person may see."""

    def of_channel(self) -> Sight: ...

    def of(self, user_id: str) -> Sight: ...


class Trends(Protocol):
    """How the posture went, up to a digest."""

    def of(self, digest: Digest) -> Trend | None: ...


class Troubles(Protocol):
    """Channels that take no messages."""

    def get(self, trouble_id: str) -> Trouble | None: ...


class Processes(Protocol):
    """Whether the processes of the bot agree."""

    def disagreement(self, disagreement_id: str) -> Disagreement | None: ...


class Scans(Protocol):
    """Scans as stored."""

    def get(self, scan_id: str) -> Scan | None: ...


class Exemptions(Protocol):
    """Exemptions as stored, and what a pattern of keys covers."""

    def of_request(self, request_id: str) -> Exemption | None: ...

    def preview(self, scope: ExemptionScope, sight: Sight) -> Reach | Declined: ...


@dataclass(frozen=True, slots=True)
class Presenter:
    """Renders the messages that the bot owes. `open_keys` streams what is open now; `owner_tags` tell an owner."""

    digests: DigestBook
    requests: RequestBook
    house: House
    open_keys: Callable[[Filter], Iterator[Finding]]
    clock: Callable[[], datetime]
    sights: Sights
    owners: Owners
    owner_tags: Sequence[str]
    fixes: Fixes
    trends: Trends
    troubles: Troubles
    exemptions: Exemptions
    processes: Processes
    scans: Scans

    def render(self, message: Message) -> Rendered | Attachment | None:
        """Make a message of what is stored; None where that is gone."""
        if message.kind is MessageKind.UNDONE:
            return self._undone(message)
        if message.kind in {MessageKind.DIGEST, MessageKind.DIGEST_REST, MessageKind.DIGEST_OWNERS}:
            stored = self.digests.get(message.subject)
            return None if stored is None else self._digest(message, stored)
        if message.kind in {MessageKind.TROUBLE, MessageKind.TROUBLE_OVER}:
            return self._trouble(message)
        if message.kind is MessageKind.SETTINGS:
            differ = self.processes.disagreement(message.subject)
            return None if differ is None else settings_differ(differ)
        if message.kind is MessageKind.SCAN_LOST:
            scan = self.scans.get(message.subject)
            return None if scan is None else lost(scan)
        asked = self.requests.get(message.subject)
        if asked is None:
            return None
        shown = veiled(asked, self.sights.of_channel())
        if message.kind is MessageKind.BREAK_GLASS:
            concerned = everybody_concerned(self.house, asked)  # by its keys, whether or not they are shown
            return None if shown.glass is None else glass_broken(shown, shown.glass, concerned)
        if shown is asked:
            return self._request(message, asked, what_it_waits_for(self.house, asked))
        made = self._request(message, shown, veiled_waiting(self.house, asked))
        if made is None or message.kind is not MessageKind.REQUEST:
            return made
        return Rendered(made.text, (*made.blocks, veil_note(asked.id)))

    def _undone(self, message: Message) -> Rendered | None:
        """Tell somebody of the fixes that did not last, of keys that they may see by now."""
        sight = self.sights.of(message.channel)
        told = self.fixes.told_to(message.channel, message.subject)
        fixes = [each for each in told if not sight.hides_key(each.change.arn)]
        return undone(fixes) if fixes else None

    def _request(self, message: Message, asked: Request, waiting: Waiting) -> Rendered | None:
        match message.kind:
            case MessageKind.RESULT:
                return result(asked, self._managed(asked))
            case MessageKind.REMINDER:
                return reminder(asked, waiting)
            case MessageKind.LAPSED:
                exemption = self.exemptions.of_request(asked.id)
                if exemption is None:
                    return None
                told = as_told(exemption, self.sights.of_channel())
                return ended(replace(told, name=asked.changes[0].key_name))
        granted = self.exemptions.of_request(asked.id) if asked.kind is ChangeKind.EXEMPT else None
        return request(asked, waiting, self.clock(), self._covers(asked), granted)

    def _covers(self, asked: Request) -> Reach | None:
        """Find what a pattern of keys that are to be exempt covers, while that is being decided."""
        terms = asked.changes[0].exemption
        if terms is None or terms.scope.is_one_key or terms.scope == VEILED_SCOPE or not asked.is_open:
            return None
        covered = self.exemptions.preview(terms.scope, self.sights.of_channel())
        return None if isinstance(covered, Declined) else covered

    def _managed(self, asked: Request) -> list[Managed]:
        """Find the keys whose rotation was enabled and that code manages."""
        enabled = [
            change.arn
            for change in asked.changes
            if change.kind is ChangeKind.ENABLE_ROTATION and change.state is ChangeState.SUCCEEDED
        ]
        found = self.fixes.last_readings(enabled).values()
        return [each for key in found if (each := managed(key.name, key.managed_by, key.tags)) is not None]

    def preview(self, made: Digest) -> Rendered:
        """Render a digest that is not stored, for one person."""
        return preview(self._root(made), made)

    def _trouble(self, message: Message) -> Rendered | None:
        told = self.troubles.get(message.subject)
        if told is None:
            return None
        return over(told) if message.kind is MessageKind.TROUBLE_OVER else trouble(told)

    def _digest(self, message: Message, stored: Digest) -> Rendered | Attachment:
        if message.kind is MessageKind.DIGEST_OWNERS:
            return digest_owners(stored, self._owners(stored), self.owner_tags)
        if message.kind is MessageKind.DIGEST:
            return self._root(stored)
        if stored.content.rest_is_file:
            return digest_file(stored, sheet(self.open_keys(scope_of(stored.content))))
        return digest_page(stored, message.position)

    def _root(self, stored: Digest) -> Rendered:
        arns = [key.arn for key in stored.content.top]
        read = self.fixes.last_readings(arns)
        newest = {arn: each for arn, each in self.requests.newest_for(arns).items() if _concerns(each, stored)}
        shown = {arn: each for arn, each in newest.items() if not _was_exempt(each, read.get(arn))}
        excused = {arn: each.exempt_until for arn, each in read.items() if each.exempt_until is not None}
        return digest(stored, shown, trend_blocks(self.trends.of(stored)), excused)

    def _owners(self, stored: Digest) -> Sequence[Owner]:
        """Say who the owners are: looked up once, when they are first mentioned."""
        known = self.digests.owners(stored.id)
        if known is None:
            texts = [each.owner for each in stored.content.ownership.owners]
            self.digests.keep_owners(stored.id, [self.owners.who(text) for text in texts])
            known = self.digests.owners(stored.id)
        return known or ()


def _concerns(asked: Request, stored: Digest) -> bool:
    """Leave out what ended before the keys were read: a key that is open again needs its button."""
    return asked.is_open or (asked.closed_at is not None and asked.closed_at >= stored.content.as_of)


def _was_exempt(asked: Request, read: Finding | None) -> bool:
    """Say that a key was exempt by a request, and is open again: its row needs the button back."""
    is_granted = asked.kind is ChangeKind.EXEMPT and asked.state is RequestState.DONE
    is_open = read is not None and read.verdict is Verdict.NON_COMPLIANT and read.exempt_until is None
    return is_granted and is_open
