"""Who of those whom the rules name could act on it, as Slack says at this moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group as `usergroups.list` tells it. A disabled one has nobody in it for any purpose of ours."""

    id: str
    handle: str = ""
    members: frozenset[str] = frozenset()
    is_disabled: bool = False


class Hindrance(StrEnum):
    """Why somebody whom a rule names could not act as things are; the last two say that nobody knows."""

    DEACTIVATED = "DEACTIVATED"
    GUEST = "GUEST"
    BOT = "BOT"
    STRANGER = "STRANGER"
    OTHER_WORKSPACE = "OTHER_WORKSPACE"
    NO_SUCH_USER = "NO_SUCH_USER"
    LOOKUP_FAILED = "LOOKUP_FAILED"
    NOT_LOOKED_UP = "NOT_LOOKED_UP"


class GroupState(StrEnum):
    """What Slack says of a user group that a rule names."""

    MANNED = "MANNED"
    EMPTY = "EMPTY"
    DISABLED = "DISABLED"
    NO_SUCH_GROUP = "NO_SUCH_GROUP"
    NO_GROUPS_ON_PLAN = "NO_GROUPS_ON_PLAN"
    NOT_ALLOWED = "NOT_ALLOWED"
    UNREAD = "UNREAD"


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Somebody whom a rule names, by their id or through a group. `code` is Slack's, of a look-up that failed."""

    user_id: str
    hindrance: Hindrance | None = None
    code: str = ""

    @property
    def is_able(self) -> bool:
        return self.hindrance is None

    @property
    def may_be_able(self) -> bool:
        return self.hindrance in {None, Hindrance.LOOKUP_FAILED, Hindrance.NOT_LOOKED_UP}


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """A user group that a rule names. `code` is Slack's, where it did not say who is in it."""

    id: str
    state: GroupState
    handle: str = ""
    members: frozenset[str] = frozenset()
    code: str = ""


@dataclass(frozen=True, slots=True)
class Roll:
    """Everybody whom some entries of the rules' lists name, and what Slack said of them."""

    people: Mapping[str, NamedPerson] = field(default_factory=dict)
    groups: Mapping[str, NamedGroup] = field(default_factory=dict)

    def capacities(self, entries: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Say of each person by which of the entries they are named."""
        found: dict[str, tuple[str, ...]] = {}
        for entry in entries:
            group = self.groups.get(entry)
            for user_id in (entry,) if group is None else sorted(group.members):
                found[user_id] = (*found.get(user_id, ()), entry)
        return found


class Strength(StrEnum):
    """Whether those who are left are enough for what a rule asks for."""

    ENOUGH = "ENOUGH"
    TOO_FEW = "TOO_FEW"
    NOBODY = "NOBODY"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Staffing:
    """How many approvals a rule could get as things are, of how many that it asks for.

    `able` is the number of people who could approve, `unknown` of those who might. `at_most` counts approvals as the
    rule counts them, from different groups and without whoever asked, and with everybody of whom nobody knows.
    """

    strength: Strength
    able: int
    unknown: int
    at_most: int
    required: int
