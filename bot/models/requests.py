"""A request to enable rotation or to rotate now, the changes it covers and what people decided about it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.models.approval import KeyFacts
from bot.models.exemptions import ExemptionTerms
from bot.models.keys import KeyArn


class RequestState(StrEnum):
    """`PENDING → APPROVED → DONE`, `PENDING → DENIED | EXPIRED | CANCELLED`."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DONE = "DONE"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class ChangeState(StrEnum):
    """`QUEUED → EXECUTING → SUCCEEDED | FAILED | NOT_NEEDED`; a failed change can be queued again."""

    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    NOT_NEEDED = "NOT_NEEDED"


FINAL_CHANGE_STATES = frozenset({ChangeState.SUCCEEDED, ChangeState.FAILED, ChangeState.NOT_NEEDED})


class ChangeKind(StrEnum):
    """What is done to a key: automatic rotation is enabled, it is rotated once, now, or it is excused."""

    ENABLE_ROTATION = "ENABLE_ROTATION"
    ROTATE_ON_DEMAND = "ROTATE_ON_DEMAND"
    EXEMPT = "EXEMPT"
    """Nothing is done in AWS: the keys are excused for a time."""


class Basis(StrEnum):
    """On what a request is carried out: approvals, a rule that asks for none, or somebody who broke the glass."""

    APPROVALS = "APPROVALS"
    PRE_APPROVED = "PRE_APPROVED"
    BREAK_GLASS = "BREAK_GLASS"


class DecisionKind(StrEnum):
    """What somebody said who may decide."""

    APPROVE = "APPROVE"
    DENY = "DENY"
    BREAK_GLASS = "BREAK_GLASS"


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's word on a request.

    `capacities` are the entries of the rules' lists (their own id, ids of groups) by which they could say it.
    """

    user_id: str
    kind: DecisionKind
    at: datetime
    note: str = ""
    capacities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One key that a request covers, or keys that are to be excused together; and what became of it.

    `period_days` is 0 where nothing is said about the schedule. `rule` names the approval rule under which it was asked
    for, `facts` are what that was told by. `rotations_before` counts the rotations on demand that AWS listed before a
    call of which nobody knows yet what became of it. `undone_at` is when it was found that the change did not last.
    Where keys are to be excused, `exemption` holds the terms, and `arn` is the scope as it is written where that is not
    one key.
    """

    id: str
    request_id: str
    arn: str
    key_name: str
    account_name: str
    state: ChangeState
    period_days: int
    kind: ChangeKind = ChangeKind.ENABLE_ROTATION
    rule: str = ""
    facts: KeyFacts = field(default_factory=KeyFacts)
    rotations_before: int | None = None
    result: str = ""
    before: str = ""
    after: str = ""
    aws_request_id: str | None = None
    next_rotation: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exemption: ExemptionTerms | None = None
    undone_at: datetime | None = None

    @property
    def is_one_key(self) -> bool:
        """Whether it is about one key, and `arn` is its ARN."""
        return self.exemption is None or self.exemption.scope.is_one_key

    @property
    def account(self) -> str:
        """The id of the account that it is about; empty where it may be about several."""
        if self.exemption is not None and not self.exemption.scope.is_one_key:
            return self.exemption.scope.one_account
        return KeyArn.parse(self.arn).account

    @property
    def region(self) -> str:
        """The Region that it is about; empty where it may be about several."""
        if self.exemption is not None and not self.exemption.scope.is_one_key:
            return self.exemption.scope.one_region
        return KeyArn.parse(self.arn).region


@dataclass(frozen=True, slots=True)
class Mandate:
    """On whose behalf a key is changed."""

    request_id: str
    requester: str
    approvers: tuple[str, ...]
    kind: ChangeKind = ChangeKind.ENABLE_ROTATION
    basis: Basis = Basis.APPROVALS


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change ended, and what was read before and after; `rotations_before` is for another try: see Change."""

    state: ChangeState
    result: str
    before: str = ""
    after: str = ""
    aws_request_id: str | None = None
    next_rotation: datetime | None = None
    rotations_before: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for.

    `required` is how many approvals the strictest of its rules wants, 0 where none was needed. `reminders` counts how
    often the approvers were reminded.
    """

    id: str
    state: RequestState
    requester: str
    team_id: str
    reason: str
    required: int
    created_at: datetime
    expires_at: datetime
    changes: tuple[Change, ...]
    decisions: tuple[Decision, ...] = ()
    closed_by: str | None = None
    closed_at: datetime | None = None
    reminders: int = 0

    @property
    def kind(self) -> ChangeKind:
        """What all changes of a request are: they are asked for together."""
        return self.changes[0].kind

    @property
    def approvals(self) -> tuple[Decision, ...]:
        return tuple(decision for decision in self.decisions if decision.kind is DecisionKind.APPROVE)

    @property
    def approvers(self) -> tuple[str, ...]:
        return tuple(decision.user_id for decision in self.approvals)

    @property
    def glass(self) -> Decision | None:
        """The word of whoever broke the glass."""
        return next((each for each in self.decisions if each.kind is DecisionKind.BREAK_GLASS), None)

    @property
    def basis(self) -> Basis:
        if self.glass is not None:
            return Basis.BREAK_GLASS
        return Basis.APPROVALS if self.required else Basis.PRE_APPROVED

    @property
    def is_open(self) -> bool:
        return self.state in {RequestState.PENDING, RequestState.APPROVED}
