"""Which accounts of the organisation are scanned: what the settings include and exclude, and what is known for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.models.keys import ReadFailure


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is asked of an account: to match any id or name pattern, to be in any unit, or to have all the tags."""

    accounts: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.accounts or self.units or self.tags)


@dataclass(frozen=True, slots=True)
class Selection:
    """An account is scanned where it meets `include`, which everybody meets while it is empty, and not `exclude`."""

    include: Conditions = field(default_factory=Conditions)
    exclude: Conditions = field(default_factory=Conditions)

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit that is named, once."""
        return tuple(dict.fromkeys((*self.include.units, *self.exclude.units)))

    @property
    def looks_at_tags(self) -> bool:
        return bool(self.include.tags or self.exclude.tags)


EVERYBODY = Selection()
"""No account is left out by the settings."""


@dataclass(frozen=True, slots=True)
class UnitContents:
    """The ids of the accounts in an organisational unit and in all below it, as far as they could be read."""

    accounts: frozenset[str]
    unread: tuple[ReadFailure, ...] = ()


Tags = Mapping[str, str] | ReadFailure | None
"""An account's tags, what kept them from being read, or None where nobody has asked for them yet."""
