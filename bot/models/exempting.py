"""Asking for an exemption: what is offered, what somebody wishes, what it would cover, and what is wrong with it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.models.exemptions import Exemption, ExemptionScope
from bot.models.keys import Finding
from bot.models.scans import Scan


class WishField(StrEnum):
    """A part of a wish, so that what is wrong can be said beside it."""

    SCOPE = "SCOPE"
    UNTIL = "UNTIL"
    REASON = "REASON"
    TICKET = "TICKET"
    OWNER = "OWNER"


@dataclass(frozen=True, slots=True)
class ExemptionProposal:
    """What the modal offers: the key as it was last read, if it is for one, and which days may be the last one.

    `renews` is the exemption whose place the new one is to take, where it is to be renewed.
    """

    finding: Finding | None
    first_day: date
    usual_day: date
    last_day: date
    renews: Exemption | None = None


@dataclass(frozen=True, slots=True)
class ExemptionWish:
    """What somebody wants: which keys are to be excused, until the end of which day, why, by which ticket, and whose.

    `renews` is the id of the exemption that is to be renewed: its scope is taken then, whatever `scope` says.
    `is_sure` says that the person was told that this covers every open key, and wants it all the same.
    """

    scope: ExemptionScope
    until: date
    reason: str
    ticket: str = ""
    owner: str = ""
    renews: str = ""
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What a scope covers in the last scan: how many keys at all, how many open ones, and the names of the first.

    By a tag, `keys` are open and excused ones alone: tags are read of no others. `excused` counts those that are
    excused already. `is_everything` says that no open key would be left, or that the scope is narrowed by nothing.
    `is_partial` says that there are keys which whoever reads this may not see: they count nowhere in it.
    """

    scan: Scan
    keys: int
    open_keys: int
    excused: int
    names: tuple[str, ...]
    is_everything: bool
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in a wish that will not do, and a sentence that says what would."""

    field: WishField
    sentence: str


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Nothing is wrong with it, but it covers everything: the person must say that this is meant."""

    sentence: str
    reach: Reach
