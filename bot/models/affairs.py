"""What a digest tells beside the keys: who mended them, what waits for approval, which exemptions end."""

from dataclasses import dataclass
from datetime import datetime

from bot.models.exemptions import ExemptionState
from bot.models.requests import Basis, ChangeKind


@dataclass(frozen=True, slots=True)
class Mended:
    """A key that was fixed through the bot: who asked for it, who approved it, and on what basis it went through."""

    name: str
    request_id: str
    asked_by: str
    approved_by: tuple[str, ...] = ()
    basis: Basis = Basis.APPROVALS
    glass_broken_by: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that nobody has decided yet, with the first names of what it covers here, and how many there are."""

    request_id: str
    kind: ChangeKind
    asked_by: str
    since: datetime
    names: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class EndingExemption:
    """An exemption that ends soon, or has ended: `at` is when."""

    id: str
    name: str
    state: ExemptionState
    at: datetime


@dataclass(frozen=True, slots=True)
class Affairs:
    """The first of each kind, and how many there are.

    `mended` are keys that were fixed through the bot, `fixed_elsewhere` the other fixed ones. `waiting` are requests,
    `lapsing` exemptions that end within days, `ended` those that have ended since the digest before. `oldest` is when
    a digest first told of the longest open key. `snoozed` of the open keys are shown after all others, the first of
    them until `snoozed_until`.
    """

    mended: tuple[Mended, ...] = ()
    mended_total: int = 0
    fixed_elsewhere: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    waiting_total: int = 0
    lapsing: tuple[EndingExemption, ...] = ()
    lapsing_total: int = 0
    ended: tuple[EndingExemption, ...] = ()
    ended_total: int = 0
    oldest: datetime | None = None
    snoozed: int = 0
    snoozed_until: datetime | None = None

    @property
    def are_pending(self) -> bool:
        """Whether anything waits, or ends, or has just ended."""
        return bool(self.waiting_total or self.lapsing_total or self.ended_total)
