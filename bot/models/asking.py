"""Asking for rotation: what is offered to a person who pressed the button, and what came of it."""

from dataclasses import dataclass

from bot.models.digests import OpenKey
from bot.models.keys import Finding
from bot.models.requests import ChangeKind, Request


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the modal offers: the key as it was last read, the period to set and its bounds in days.

    `may_be_at_once`, here and below, says that a rule approves some keys beforehand. Whether this one is among them may
    take longer to find out than a modal may take to open.
    """

    handle: str
    finding: Finding
    period_days: int
    shortest_period_days: int
    longest_period_days: int
    may_be_at_once: bool = False


@dataclass(frozen=True, slots=True)
class RotationProposal:
    """What the modal for rotating now tells: the key as it was last read, and how often it was rotated so if known."""

    handle: str
    finding: Finding
    used: int | None
    may_be_at_once: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What the modal for several keys offers: keys that are open and not asked for, and how many more there are.

    `scope` is the filter of the list that they are of.
    """

    scope: str
    keys: tuple[OpenKey, ...]
    hidden: int
    period_days: int
    shortest_period_days: int
    longest_period_days: int
    may_be_at_once: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody asks for: every how many days the key is to rotate, if that is asked for, why, and what."""

    period_days: int = 0
    reason: str = ""
    kind: ChangeKind = ChangeKind.ENABLE_ROTATION


class DailyCapError(Exception):
    """A rule lets no more keys through without an approval today."""

    def __init__(self, rule: str, cap: int, used: int) -> None:
        keys, left = "key" if cap == 1 else "keys", max(0, cap - used)
        super().__init__(
            f"The rule “{rule}” lets {cap} {keys} through without approval in 24 hours, and {left or 'none'} "
            f"{'is' if left == 1 else 'are'} left. Ask for fewer, or ask again later."
        )


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing was done; the sentence says why. `request` is the one that stands in the way, where one does."""

    sentence: str
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request was made, and who may decide it, in Slack's own mentions.

    `left_out` are sentences about keys that were wanted as well and are not in it.
    """

    request: Request
    approvers: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a request waits for: how many approvals it has and who may give them, with Slack's own mentions, a line for
    each rule where there are several; and whether there is a glass to break.
    """

    told: str
    has_glass: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """A request after somebody decided, withdrew or retried."""

    request: Request
