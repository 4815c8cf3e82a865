"""Who may approve: the rules as configured, and what was decided about a person."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.models.exemptions import ExemptionScope
from bot.models.scans import Account


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What rules look at beyond a key's ARN and account, as read from AWS; None where that was not read.

    `units` are the ids of the organisational units that hold the account, and of the root, nearest first.
    """

    aliases: tuple[str, ...] | None = None
    tags: tuple[tuple[str, str], ...] | None = None
    units: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RuledKey:
    """A key as the rules see it."""

    arn: str
    account: Account
    region: str
    facts: KeyFacts = field(default_factory=KeyFacts)


@dataclass(frozen=True, slots=True)
class RuledScope:
    """Keys that are to be excused together, as the rules see them: those that are there now, and those that come.

    `account` is the one that the scope names, and of `facts` only its units are known; None where it names none.
    """

    scope: ExemptionScope
    account: Account | None = None
    facts: KeyFacts = field(default_factory=KeyFacts)


Ruled = RuledKey | RuledScope
"""What rules decide over."""


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """For the keys that match all of its conditions: who may ask, how many of whom must approve, and what else holds.

    Conditions are shell patterns; an empty one means every key. `accounts` are ids or name patterns, `units` ids of
    organisational units, `tags` pairs of a name and a pattern. People are Slack user ids (`U…`, `W…`) or user group
    ids (`S…`); nobody in `approvers` means nobody, nobody in `requesters` means every full member.
    `required` 0 means approved beforehand, up to `daily_cap` keys in any 24 hours.
    """

    name: str = ""
    accounts: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    requesters: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    quiet_approvers: tuple[str, ...] = ()
    required: int = 1
    from_different_groups: bool = False
    self_approval: bool = False
    daily_cap: int = 0
    break_glass: tuple[str, ...] = ()
    expires_after: timedelta | None = None
    remind_after: timedelta | None = None

    @property
    def may_approve(self) -> tuple[str, ...]:
        """All who may approve, whether they are pinged or not."""
        return (*self.approvers, *self.quiet_approvers)

    @property
    def is_pre_approved(self) -> bool:
        return self.required == 0

    def __str__(self) -> str:
        """Name the rule and what it asks for, for the record."""
        if self.is_pre_approved:
            return f"{self.name}: approved beforehand, {self.daily_cap} a day"
        return f"{self.name}: {self.required} of {', '.join(self.may_approve)}"


class Wish(StrEnum):
    """What a person wants to do with requests."""

    ASK = "ASK"
    APPROVE = "APPROVE"
    DENY = "DENY"
    WITHDRAW = "WITHDRAW"
    RETRY = "RETRY"
    BREAK_GLASS = "BREAK_GLASS"
    START_SCAN = "START_SCAN"
    STOP_SCAN = "STOP_SCAN"
    SEND_DIGEST = "SEND_DIGEST"
    SNOOZE_FOR_DIGEST = "SNOOZE_FOR_DIGEST"
    EDIT_ROUTE = "EDIT_ROUTE"


class RefusalReason(StrEnum):
    """Why a person may not do what they want to do."""

    OTHER_WORKSPACE = "OTHER_WORKSPACE"
    NOT_A_FULL_MEMBER = "NOT_A_FULL_MEMBER"
    LOOKUP_FAILED = "LOOKUP_FAILED"
    NO_RULE = "NO_RULE"
    NOT_AN_APPROVER = "NOT_AN_APPROVER"
    NOT_A_REQUESTER = "NOT_A_REQUESTER"
    NO_BREAK_GLASS = "NO_BREAK_GLASS"
    OWN_REQUEST = "OWN_REQUEST"
    NOT_THE_REQUESTER = "NOT_THE_REQUESTER"
    EXPIRED = "EXPIRED"
    DAILY_CAP = "DAILY_CAP"
    HIDDEN = "HIDDEN"


@dataclass(frozen=True, slots=True)
class Refused:
    """A no, with a sentence for the person who hears it. `cause` is what failed, where a look-up did."""

    reason: RefusalReason
    sentence: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Permitted:
    """A yes: the rules that said so, and the entries of their lists by which the person may."""

    rules: tuple[ApprovalRule, ...] = ()
    capacities: tuple[str, ...] = ()

    @property
    def required(self) -> int:
        """How many approvals the strictest rule wants."""
        return max((rule.required for rule in self.rules), default=0)

    @property
    def rule(self) -> str:
        """The rules, for the record."""
        return "; ".join(map(str, self.rules))
