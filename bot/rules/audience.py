"""Who hears a digest: which keys, in which channel, when, and how people call it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType

from bot.models.routes import RouteEdit, RouteTerms
from bot.rules.filters import Filter
from bot.rules.sight import Sight

DEFAULT = "default"
"""The digest of everything."""

WORDS = frozenset({DEFAULT, "preview"})
"""What the command takes for something else, so that no route may be called it."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A channel, and the part of the keys that it hears of, when, and how many in the message itself.

    `name` is what its digests are stored under, and opaque; `title` is what people call it. `edit` is the newest edit
    in Slack, also one that put everything back to what the file says. `unseen` are patterns of the accounts that not
    everybody may see; a channel that was chosen in Slack is never told of them.
    """

    name: str
    channel: str
    scope: Filter
    title: str = DEFAULT
    schedule: str = "0 9 * * mon-fri"
    timezone: str = "UTC"
    top: int = 10
    edit: RouteEdit | None = None
    unseen: tuple[str, ...] = ()
    unread: str = ""

    def without_hidden(self) -> "Audience":
        return replace(self, scope=replace(self.scope, hidden=self.unseen))

    def seen_by(self, sight: Sight) -> "Audience":
        """Leave out what one reader may not see, beside what the channel is not shown."""
        hidden = tuple(dict.fromkeys((*self.scope.hidden, *sight.hidden)))
        return replace(self, scope=replace(self.scope, hidden=hidden))

    @property
    def terms(self) -> RouteTerms:
        return RouteTerms(self.channel, self.schedule, self.timezone)


def job_of(name: str) -> str:
    """Name the calendar's job that makes the digests of an audience; the default's has gone by its name for ever."""
    return "digest" if name == DEFAULT else f"digest {name}"


def as_edited(
    declared: Sequence[Audience], edits: Mapping[str, RouteEdit], unread: Mapping[str, str] = MappingProxyType({})
) -> tuple[Audience, ...]:
    """Say what holds: what the file declares, but for what was edited in Slack.

    `unread` says, by the name of an audience, why the times that were edited cannot be read any more. It goes by the
    times of the file then, both of them: an hour of one time zone says nothing in another.
    """
    return tuple(_edited(each, edits.get(each.name), unread.get(each.name, "")) for each in declared)


def find(audiences: Sequence[Audience], text: str) -> Audience | str:
    """Find a digest by what somebody typed, case and quotes ignored; or say which there are, the nearest first."""
    by_title = {_plain(each.title): each for each in audiences}
    wanted = _plain(text)
    if wanted in by_title:
        return by_title[wanted]
    near = get_close_matches(wanted, list(by_title), 1, cutoff=0.5)
    titles = ", ".join(f"“{each.title}”" for each in audiences)
    hint = f" Did you mean “{by_title[near[0]].title}”?" if near else ""
    return f"There is no digest “{text[:60]}”.{hint}\nThe digests are {titles}."


def _edited(audience: Audience, edit: RouteEdit | None, unread: str) -> Audience:
    if edit is None:
        return audience
    terms = RouteTerms(edit.terms.channel) if unread else edit.terms
    is_elsewhere = terms.channel not in {None, audience.channel}
    return replace(
        audience.without_hidden() if is_elsewhere else audience,
        channel=terms.channel or audience.channel,
        schedule=terms.schedule or audience.schedule,
        timezone=terms.timezone or audience.timezone,
        edit=edit,
        unread=unread,
    )


def _plain(title: str) -> str:
    return " ".join(title.replace('"', "").casefold().split())
