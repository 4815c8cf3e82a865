"""Who clicks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ID = r"(?:(?=[A-Z0-9]*\d)[A-Z0-9]{2,}|[A-Z]{8,})"
"""What follows the first letter of Slack's ids, which are long or have digits: SRE and WEBOPS are names."""

_PERSON, _GROUP = re.compile(f"[UW]{_ID}", re.ASCII), re.compile(f"S{_ID}", re.ASCII)


def is_person(whose: str) -> bool:
    """Say whether a text, which may be any name, is the id of somebody in Slack."""
    return _PERSON.fullmatch(whose) is not None


def is_user_group(whose: str) -> bool:
    """Say whether a text, which may be any name, is the id of a user group."""
    return _GROUP.fullmatch(whose) is not None


@dataclass(frozen=True, slots=True)
class Actor:
    """A person and their workspace, both taken from Slack's payload, never from a button's value."""

    user_id: str
    team_id: str


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user as `users.info` describes them at this moment."""

    user_id: str
    team_id: str
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    email: str = field(default="", kw_only=True)
    """Empty where the app may not see it: https://docs.slack.dev/reference/scopes/users.read.email."""

    @property
    def is_full_member(self) -> bool:
        return not (self.deleted or self.is_bot or self.is_restricted or self.is_ultra_restricted or self.is_stranger)


@dataclass(frozen=True, slots=True)
class LookupFailure:
    """Slack did not say who somebody is, or who is in a group; nobody is let through on a guess."""

    method: str
    code: str

    @property
    def sentence(self) -> str:
        return f"Slack could not be asked ({self.method}: {self.code})"


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known of somebody who wants something: what the payload says, what Slack says now, their groups."""

    actor: Actor
    person: Person | LookupFailure
    groups: Mapping[str, frozenset[str]] | LookupFailure = field(default_factory=dict)
