"""A scan: which targets it covered, what it counted, how far it is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

Item = TypeVar("Item")

SCAN = "a scan"
"""The name that is held while one is made, in whichever process: the bot's or one at a terminal."""

EVERYWHERE = "*"
"""Stands for the Region of a coverage failure that concerns a whole account."""


class CoverageStatus(StrEnum):
    """How much of a target was read."""

    SCANNED = "SCANNED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


class ScanState(StrEnum):
    """A scan that did not finish is never shown as one that did."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    INTERRUPTED = "INTERRUPTED"


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account and the name that the organisation gives it (its id where it has none)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """An account of the organisation and its state, in AWS's own word; only ACTIVE ones can be entered."""

    account: Account
    state: str

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An account that a scan does not read and is not meant to: it is not active, or the settings exclude it."""

    account: str
    account_name: str
    why: str


def by_cause(accounts: Iterable[LeftOut]) -> list[tuple[str, list[LeftOut]]]:
    """Gather those that are left out for one cause, the most common cause first."""
    gathered: dict[str, list[LeftOut]] = {}
    for each in accounts:
        gathered.setdefault(each.why, []).append(each)
    return sorted(gathered.items(), key=lambda cause: (-len(cause[1]), cause[0]))


@dataclass(frozen=True, slots=True)
class Target:
    """One account in one Region."""

    account: Account
    region: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list, and the marker of the next one; None after the last."""

    items: tuple[Item, ...]
    next_marker: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one target was read, and if not all of it, why."""

    account: str
    account_name: str
    region: str
    status: CoverageStatus
    keys: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts by verdict; exempt keys are non-compliant ones that are excused for a time."""

    compliant: int = 0
    non_compliant: int = 0
    not_applicable: int = 0
    insufficient_data: int = 0
    exempt: int = 0

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(
            self.compliant + other.compliant,
            self.non_compliant + other.non_compliant,
            self.not_applicable + other.not_applicable,
            self.insufficient_data + other.insufficient_data,
            self.exempt + other.exempt,
        )

    @property
    def percent_compliant(self) -> float:
        """COMPLIANT / (COMPLIANT + NON_COMPLIANT not exempt), rounded down to a tenth, so that 100 means all."""
        judged = self.compliant + self.non_compliant
        return 100.0 if judged == 0 else (self.compliant * 1000 // judged) / 10

    @property
    def judged(self) -> int:
        return self.compliant + self.non_compliant

    @property
    def keys(self) -> int:
        return self.judged + self.not_applicable + self.insufficient_data + self.exempt


@dataclass(frozen=True, slots=True)
class Scan:
    """One run of the audit. `scope` is the filter it was narrowed to, empty for the whole organisation.

    `stopped_by` is who wanted a scan to end that was read no further.
    """

    id: str
    state: ScanState
    started_at: datetime
    finished_at: datetime | None = None
    scope: str = ""
    started_by: str = ""
    summary: Summary = field(default_factory=Summary)
    stopped_by: str = ""

    @property
    def is_somebodys(self) -> bool:
        """Whether a person began it in Slack. https://docs.slack.dev/reference/objects/user-object."""
        return self.started_by[:1] in {"U", "W"}


@dataclass(frozen=True, slots=True)
class Listed:
    """So many keys more of a target are known, and their findings come after this."""

    account: str
    region: str
    keys: int


class Phase(StrEnum):
    """What a running scan is at."""

    LOOKING = "LOOKING"
    """It looks for the accounts."""
    ENTERING = "ENTERING"
    """It enters them, one by one, and asks for their Regions."""
    READING = "READING"
    """It reads their targets."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running scan is.

    `keys_listed` are the keys of the targets that were opened, read or not yet. `seconds_left` is an estimate, None
    where it is too early for one. `remark` is what else whoever waits should know, as a part of a sentence.
    """

    targets_done: int = 0
    targets_total: int = 0
    keys_read: int = 0
    keys_listed: int = 0
    accounts_entered: int = 0
    accounts_found: int = 0
    seconds_left: float | None = None
    remark: str = ""

    @property
    def phase(self) -> Phase:
        if self.targets_total:
            return Phase.READING
        return Phase.ENTERING if self.accounts_found else Phase.LOOKING
