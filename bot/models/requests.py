"""A request to enable rotation, the changes it covers and what people decided about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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


class DecisionKind(StrEnum):
    """What an approver said."""

    APPROVE = "APPROVE"
    DENY = "DENY"


@dataclass(frozen=True, slots=True)
class Decision:
    """One approver's word on a request."""

    user_id: str
    kind: DecisionKind
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that a request covers, and what became of it."""

    id: str
    request_id: str
    arn: str
    key_name: str
    account_name: str
    state: ChangeState
    period_days: int
    result: str = ""
    before: str = ""
    after: str = ""
    aws_request_id: str | None = None
    next_rotation: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def account(self) -> str:
        return KeyArn.parse(self.arn).account

    @property
    def region(self) -> str:
        return KeyArn.parse(self.arn).region


@dataclass(frozen=True, slots=True)
class Mandate:
    """On whose behalf a key is changed."""

    request_id: str
    requester: str
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change ended, and what was read before and after."""

    state: ChangeState
    result: str
    before: str = ""
    after: str = ""
    aws_request_id: str | None = None
    next_rotation: datetime | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for. `required` is the number of approvals that the rules wanted when it was made."""

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

    @property
    def approvers(self) -> tuple[str, ...]:
        return tuple(decision.user_id for decision in self.decisions if decision.kind is DecisionKind.APPROVE)

    @property
    def is_open(self) -> bool:
        return self.state in {RequestState.PENDING, RequestState.APPROVED}
