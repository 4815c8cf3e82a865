"""Who may approve: the rules as configured, and what was decided about a person."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """For the accounts that match (ids or name patterns), how many of which people must approve.

    Approvers are Slack user ids (`U…`, `W…`) or user group ids (`S…`). An empty list means nobody.
    """

    accounts: tuple[str, ...]
    approvers: tuple[str, ...]
    required: int = 1

    @property
    def users(self) -> frozenset[str]:
        return frozenset(approver for approver in self.approvers if not approver.startswith("S"))

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(approver for approver in self.approvers if approver.startswith("S"))

    def __str__(self) -> str:
        return f"accounts {', '.join(self.accounts)}: {self.required} of {', '.join(self.approvers)}"


class Wish(StrEnum):
    """What a person wants to do with requests."""

    ASK = "ASK"
    APPROVE = "APPROVE"
    DENY = "DENY"
    WITHDRAW = "WITHDRAW"
    RETRY = "RETRY"
    START_SCAN = "START_SCAN"
    SEND_DIGEST = "SEND_DIGEST"


class RefusalReason(StrEnum):
    """Why a person may not do what they want to do."""

    OTHER_WORKSPACE = "OTHER_WORKSPACE"
    NOT_A_FULL_MEMBER = "NOT_A_FULL_MEMBER"
    LOOKUP_FAILED = "LOOKUP_FAILED"
    NO_RULE = "NO_RULE"
    NOT_AN_APPROVER = "NOT_AN_APPROVER"
    OWN_REQUEST = "OWN_REQUEST"
    NOT_THE_REQUESTER = "NOT_THE_REQUESTER"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Refused:
    """A no, with a sentence for the person who hears it."""

    reason: RefusalReason
    sentence: str


@dataclass(frozen=True, slots=True)
class Permitted:
    """A yes: how many approvals the rules want in all, and which rules said so."""

    required: int = 0
    rule: str = ""
