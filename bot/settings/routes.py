"""The `[[digest.route]]` tables, and what must hold between them: each tells somebody of something, under a name."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator, ValidationError

from bot.rules.audience import WORDS
from bot.rules.filters import Filter
from bot.settings.fields import aws, numbers, slack, times, words
from bot.settings.mistakes import mistake, shown
from bot.settings.places import Location
from bot.settings.section import Section

Fault = tuple[Location, str, str]
"""Where it is, what is wrong, what to do."""

_UNLESS_WRITTEN = Field(validate_default=False)


def _team(text: str) -> str:
    if not text.strip():
        raise mistake("The team is empty.", "Write a value of the tag “team”, or a pattern of values.")
    return text


def _alias(text: str) -> str:
    if text.lower().startswith("alias/aws/"):
        raise mistake("AWS rotates its own keys, so they never stand in a digest.", "Write an alias of your keys.")
    return text


def _name(text: str) -> str:
    if text.casefold() in WORDS:
        raise mistake(f"{shown(text)} means something else in `/kms-rotation digest`.", "Choose another name.")
    return text


class Match(Section):
    """The parts of a filter by which keys go to another channel."""

    account: Annotated[aws.AccountPattern, _UNLESS_WRITTEN] = ""
    region: Annotated[aws.RegionPattern, _UNLESS_WRITTEN] = ""
    team: Annotated[str, AfterValidator(_team), _UNLESS_WRITTEN] = ""
    alias: Annotated[aws.AliasPattern, AfterValidator(_alias), _UNLESS_WRITTEN] = ""


def _match(value: object) -> dict[str, str]:
    """Check the parts of a filter, and spell them as `Filter` does: in small letters."""
    if isinstance(value, dict) and isinstance(value.get("region"), str):
        value = value | {"region": value["region"].lower()}
    parts = Match.model_validate(value).model_dump(exclude_defaults=True)
    if not parts:
        raise mistake("The route matches nothing in particular.", "Write any of account, region, team and alias.")
    return {name: pattern.lower() for name, pattern in parts.items()}


class Route(Section):
    """An extra digest: the keys that match, as the parts of a `Filter`, to another channel.

    What it does not say of schedule, time zone and top is what `[digest]` says. `include_hidden` is each one's own.
    """

    name: Annotated[words.RouteName, AfterValidator(_name)] = ""
    match: Annotated[dict[str, str], PlainValidator(_match)] = Field(default_factory=dict)
    channel: slack.Channel
    schedule: times.Schedule | None = None
    timezone: times.Timezone | None = None
    top: numbers.Top | None = None
    include_hidden: bool = False

    @property
    def scope(self) -> Filter:
        return Filter(**self.match)  # type: ignore[arg-type]  # nobody writes the hidden ones

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or str(self.scope)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What is scanned, as far as the file names it; None where AWS says."""

    accounts: Collection[str] | None = None
    regions: Collection[str] | None = None


def faults(routes: Sequence[object], scanned: Scanned) -> Iterator[Fault]:
    """Say what is wrong between routes that are sound by themselves; the others are told of already."""
    sound = list[tuple[int, Route]]()
    for position, each in enumerate(routes):
        with suppress(ValidationError):
            sound.append((position, Route.model_validate(each)))
    for index, (position, route) in enumerate(sound):
        here: Location = ("digest", "route", position)
        yield from _repetition(here, route, sound[:index])
        yield from _never(here, route, scanned)


def _repetition(here: Location, route: Route, before: Sequence[tuple[int, Route]]) -> Iterator[Fault]:
    for position, other in before:
        first = f"digest.route[{position + 1}]"
        if (other.match, other.channel) == (route.match, route.channel):
            yield here, f"It tells the same channel of the same keys as {first}.", "Leave one of the two out."
            return
        if other.title.casefold() == route.title.casefold():
            called = shown(route.title)
            yield (*here, "name"), f"{first} goes by {called} as well.", "Give each a name of its own."
            return


def _never(here: Location, route: Route, scanned: Scanned) -> Iterator[Fault]:
    region, account = route.match.get("region"), route.match.get("account", "")
    if region and scanned.regions is not None and not any(fnmatchcase(each, region) for each in scanned.regions):
        what = f"It can never match a key: scan.regions has no Region like {shown(region)}."
        yield (*here, "match", "region"), what, "Write one that is scanned, or add it to scan.regions."
    if account.isdigit() and scanned.accounts is not None and account not in scanned.accounts:
        what = f"It can never match a key: {account} is not in scan.accounts."
        yield (*here, "match", "account"), what, "Write an account that is scanned, or add it to scan.accounts."
