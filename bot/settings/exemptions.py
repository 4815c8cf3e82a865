"""The `[exemption]` table: how long keys may be exempted, and what is exempted by the file itself."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationError

from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.rules.exempting import LEAST_REASON, MOST_OWNER, MOST_REASON, last_day_allowed, last_second
from bot.rules.exemptions import tidy
from bot.rules.filters import BadFilterError
from bot.rules.wording import span
from bot.settings.fields import aws
from bot.settings.fields.lists import LIST
from bot.settings.fields.times import read_duration
from bot.settings.mistakes import mistake, shown
from bot.settings.places import Location
from bot.settings.section import Section

BY_CONFIGURATION = "configuration"
"""Who asks for and approves what the file declares."""

LONGEST = timedelta(days=366)
SHORTEST = timedelta(days=1)

Fault = tuple[Location, str, str]
"""Where it is, what is wrong, what to do."""


def _longest(length: timedelta) -> timedelta:
    if SHORTEST <= length <= LONGEST:
        return length
    raise mistake(f"Exemptions of {span(length)} are out of range.", 'Write at least "1d" and at most "366d".')


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    what = "has a time in it" if isinstance(value, datetime) else "is not a date"
    raise mistake(f"{shown(value)} {what}.", "Write the last day without quotes, for example 2027-03-31.")


def _reason(text: str) -> str:
    tidied = " ".join(text.split())
    if LEAST_REASON <= len(tidied) <= MOST_REASON:
        return tidied
    raise mistake(
        f"The reason has {len(tidied)} characters.",
        f"Say why in {LEAST_REASON} to {MOST_REASON} characters: auditors read it.",
    )


def _owner(text: str) -> str:
    if len(text) <= MOST_OWNER:
        return text.strip()
    raise mistake(f"The owner has {len(text)} characters.", f"Name whose the keys are in {MOST_OWNER} at most.")


class DeclaredSection(Section):
    """One `[[exemption.declared]]`: a key by its ARN, or the keys that match all that is written."""

    key: str = ""
    account: str = ""
    region: str = ""
    alias: str = ""
    tag: Annotated[dict[str, str], PlainValidator(aws.tag_patterns)] = Field(default_factory=dict)
    until: Annotated[date, PlainValidator(_day)]
    reason: Annotated[str, AfterValidator(_reason)]
    ticket: str = ""
    owner: Annotated[str, AfterValidator(_owner)] = ""

    @property
    def scope(self) -> ExemptionScope:
        """What it covers. Raises BadFilterError where that can be nothing."""
        tag = next(iter(self.tag.items()), None)
        return tidy(ExemptionScope(self.key, self.account, self.region, self.alias, tag))

    def exemption(self, timezone: tzinfo, now: datetime) -> Exemption:
        """Make what it declares. The id tells by the content, so that a change of it is another exemption."""
        scope, until = self.scope, last_second(self.until, timezone)
        content = "\n".join((str(scope), until.isoformat(), self.reason, self.ticket, self.owner))
        return Exemption(
            id=f"e{hashlib.sha256(content.encode()).hexdigest()[:31]}",
            state=ExemptionState.ACTIVE,
            scope=scope,
            name=str(scope),
            reason=self.reason,
            ticket=self.ticket,
            owner=self.owner,
            until=until,
            created_at=now,
            asked_by=BY_CONFIGURATION,
            approved_by=(BY_CONFIGURATION,),
        )


class ExemptionSection(Section):
    """For how long keys may be exempted at most, and what is exempted without a request."""

    longest: Annotated[timedelta, AfterValidator(_longest), BeforeValidator(read_duration)] = timedelta(days=90)
    declared: Annotated[tuple[DeclaredSection, ...], LIST] = ()


@dataclass(frozen=True, slots=True)
class _Written:
    position: int
    section: DeclaredSection

    def fault(self, name: str, what: str, remedy: str) -> Fault:
        return ("exemption", "declared", self.position, name), what, remedy


def faults(exemption: object) -> Iterator[Fault]:
    """Find what is wrong between things that are sound by themselves, so that it is told at once with what is not."""
    if not isinstance(exemption, dict):
        return
    listed = exemption.get("declared")
    written = [_sound(*each) for each in enumerate(listed if isinstance(listed, list) else [])]
    last = last_day_allowed(datetime.now(UTC).date(), _sound_longest(exemption))
    seen: dict[ExemptionScope, int] = {}
    for each in filter(None, written):
        yield from _of_one(each, last, seen)


def _of_one(each: _Written, last: date, seen: dict[ExemptionScope, int]) -> Iterator[Fault]:
    section = each.section
    if section.key and any((section.account, section.region, section.alias, section.tag)):
        yield each.fault("key", "It names a key and other conditions.", "Write the key alone, or the others.")
        return
    if len(section.tag) > 1:
        yield each.fault("tag", f"It has {len(section.tag)} tags.", "Write one tag, or one table for each.")
        return
    try:
        scope = section.scope
    except BadFilterError as error:
        what, remedy = str(error), "Write key, or any of account, region, alias and tag."
        yield ("exemption", "declared", each.position), what, remedy
        return
    if scope in seen:
        what = f"It covers the same as exemption.declared[{seen[scope] + 1}]."
        yield ("exemption", "declared", each.position), what, "Declare it once."
    seen.setdefault(scope, each.position)
    if section.until > last:
        what = f"{section.until} is further away than exemption.longest allows."
        yield each.fault("until", what, f"Write {last} or an earlier day, and renew it then.")


def _sound(position: int, each: object) -> _Written | None:
    try:
        return _Written(position, DeclaredSection.model_validate(each))
    except ValidationError:  # told already, for the whole file
        return None


def _sound_longest(exemption: dict[str, object]) -> timedelta:
    """Read it alone; the most that it could be stands in for one that is unsound, which is told already."""
    try:
        return ExemptionSection.model_validate({"longest": exemption["longest"]}).longest
    except KeyError:
        return ExemptionSection().longest
    except ValidationError:
        return LONGEST
