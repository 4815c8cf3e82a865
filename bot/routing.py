"""Where digests go and when: what the file declares, but for what was edited in Slack."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.cron import cron_trigger
from bot.models.approval import Permitted, Refused, Wish
from bot.models.people import Actor
from bot.models.routes import RouteEdit, RouteTerms
from bot.models.trail import Act, Entry
from bot.rules.audience import Audience, as_edited, find

UNKNOWN = "There is no such digest any more; `/kms-rotation routes` lists those that there are."
AS_IT_IS = "Nothing was changed: it is like that already."
UNREAD = (
    "When the digest “%s” goes out was edited in Slack, and that cannot be read any more: %s "
    "It goes out when the configuration says; `/kms-rotation routes` edits it."
)

log = logging.getLogger(__name__)


class EditBook(Protocol):
    """The edits as stored."""

    def all(self) -> Mapping[str, RouteEdit]: ...

    def put(self, edit: RouteEdit, seen: datetime | None, entry: Entry) -> bool: ...


class Ground(Protocol):
    """Says in a sentence why something cannot be set, and what to do; None where it can."""

    def schedule(self, text: str) -> str | None: ...

    def timezone(self, text: str) -> str | None: ...

    def channel(self, channel: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """A digest, what the file says of it, and when it is told next."""

    audience: Audience
    declared: Audience
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Edited:
    """A digest was edited: how it is now, how it was, and when it is told next."""

    audience: Audience
    before: Audience
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotEdited:
    """Nothing was edited, and why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Routing:
    """Everything that reading and editing routes needs. `may` decides by the rules, and records a refusal."""

    declared: Sequence[Audience]
    book: EditBook
    ground: Ground
    may: Callable[[Actor, Wish], Permitted | Refused]
    clock: Callable[[], datetime]
    _faults: dict[RouteEdit, str] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def audiences(self) -> tuple[Audience, ...]:
        """Say who hears a digest, as it is now; the default first.

        What was edited may not be readable any more: a time zone that is gone from the data of time zones, or what
        another version of the bot understood. That digest goes by the times of the file, and all others as ever.
        """
        edits = self.book.all()
        unread = {each.name: self._unread(each, edits[each.name]) for each in self.declared if each.name in edits}
        return as_edited(self.declared, edits, unread)

    def find(self, text: str) -> Audience | str:
        """Find a digest by what people call it, or say which there are."""
        return find(self.audiences(), text)

    def named(self, name: str) -> Audience | None:
        return next((each for each in self.audiences() if each.name == name), None)

    def planned(self) -> list[Planned]:
        """Say of every digest where it goes and when."""
        pairs = zip(self.audiences(), self.declared, strict=True)
        return [Planned(audience, declared, self.next_at(audience)) for audience, declared in pairs]

    def next_at(self, audience: Audience) -> datetime | None:
        """Say when it is told next."""
        trigger = cron_trigger(audience.schedule, ZoneInfo(audience.timezone))
        upcoming: datetime | None = trigger.get_next_fire_time(None, self.clock())
        return upcoming

    def faults(self, terms: RouteTerms) -> Mapping[str, str]:
        """Say what is wrong with a schedule or a time zone, by the name of what it is; without asking anybody."""
        told = {
            "schedule": None if terms.schedule is None else self.ground.schedule(terms.schedule),
            "timezone": None if terms.timezone is None else self.ground.timezone(terms.timezone),
        }
        return {name: sentence for name, sentence in told.items() if sentence is not None}

    def edit(self, actor: Actor, name: str, wanted: RouteTerms, seen: datetime | None) -> Edited | NotEdited:
        """Have a digest go elsewhere or at other times. `seen` is when the edit was made that the person saw.

        No terms at all put back what the file says. What is asked for is compared with the file: what is the same
        there is not kept, so that it follows the file again.
        """
        permitted = self.may(actor, Wish.EDIT_ROUTE)
        if isinstance(permitted, Refused):
            return NotEdited(permitted.sentence)
        declared, before = self._declared(name), self.named(name)
        if declared is None or before is None:
            return NotEdited(UNKNOWN)
        if (before.edit.edited_at if before.edit else None) != seen:
            return NotEdited(_overtaken(before))
        terms = _but_for_the_file(wanted, declared)
        edit = RouteEdit(name, terms, actor.user_id, self.clock())
        [after] = as_edited([declared], {name: edit})
        wrong = self._wrong(before, after)
        if wrong is not None:
            return NotEdited(wrong)
        entry = Entry(edit.edited_at, actor.user_id, Act.ROUTE_EDITED, after.title[:256], _told(before, after))
        if not self.book.put(edit, seen, entry):
            return NotEdited(_overtaken(self.named(name) or before))
        return Edited(after, before, self.next_at(after))

    def _unread(self, audience: Audience, edit: RouteEdit) -> str:
        """Say why the times of an edit cannot be read, empty where they can; in the log once, at the first look."""
        with self._lock:
            if edit not in self._faults:
                self._faults[edit] = " ".join(self.faults(edit.terms).values())
                if self._faults[edit]:
                    log.warning(UNREAD, audience.title, self._faults[edit])
            return self._faults[edit]

    def _declared(self, name: str) -> Audience | None:
        return next((each for each in self.declared if each.name == name), None)

    def _wrong(self, before: Audience, after: Audience) -> str | None:
        if after.terms == before.terms and not before.unread:
            return AS_IT_IS
        faults = self.faults(after.terms)
        if faults:
            return " ".join(faults.values())
        for other in self.audiences():
            if other.name != after.name and (other.channel, str(other.scope)) == (after.channel, str(after.scope)):
                return f"The digest “{other.title}” tells that channel of the same keys already."
        return None if after.channel == before.channel else self.ground.channel(after.channel)


def _but_for_the_file(wanted: RouteTerms, declared: Audience) -> RouteTerms:
    file = declared.terms
    return RouteTerms(
        channel=None if wanted.channel == file.channel else wanted.channel,
        schedule=None if wanted.schedule == file.schedule else wanted.schedule,
        timezone=None if wanted.timezone == file.timezone else wanted.timezone,
    )


def _overtaken(audience: Audience) -> str:
    who = f"<@{audience.edit.edited_by}>" if audience.edit else "Somebody"
    return f"{who} edited this digest meanwhile, so nothing was changed. Look at it again, and edit it then."


def _told(before: Audience, after: Audience) -> dict[str, object]:
    """Tell the record what was and what is."""
    was, now = (_as_words(each) for each in (before, after))
    changed = [f"{name} {was[name]} → {now[name]}" for name in was if was[name] != now[name]]
    return {"name": after.name, "before": was, "after": now, "note": "; ".join(changed)}


def _as_words(audience: Audience) -> dict[str, str]:
    """Say what was written, also where it cannot be read any more."""
    terms = audience.edit.terms if audience.unread and audience.edit is not None else RouteTerms()
    return {
        "channel": audience.channel,
        "schedule": terms.schedule or audience.schedule,
        "time zone": terms.timezone or audience.timezone,
    }
