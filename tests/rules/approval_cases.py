"""Somebody who wants something: everything that can be so about them, their request and the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product

from bot.models.approval import ApprovalRule, Wish
from bot.models.people import Actor, LookupFailure, Person, Standing
from bot.models.requests import Change, ChangeState, Request, RequestState
from bot.models.scans import Account
from bot.rules.approval import House

OURS, THEIRS = "T0OURS", "T0THEIRS"
ME, SOMEBODY = "U0ME", "U0SOMEBODY"
ID, OTHER_ID = "111111111111", "222222222222"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLAGS = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
NO_ANSWER = LookupFailure("users.info", "timeout")
NO_GROUPS = LookupFailure("usergroups.users.list", "plan_upgrade_required")

DECIDING = (Wish.APPROVE, Wish.DENY, Wish.WITHDRAW, Wish.RETRY)
OPERATING = (Wish.START_SCAN, Wish.SEND_DIGEST)
LISTED = ("by name", "by name, groups unread", "in a group", "in another group", "nowhere", "nowhere, groups unread")
RULES = ("found", "none", "empty", "account unnamed")


@dataclass(frozen=True)
class Case:
    """Somebody, what is known of them, and what they want."""

    team: str
    person: Person | LookupFailure
    listed: str
    rule: str
    wish: Wish = Wish.ASK
    is_own: bool = False
    is_expired: bool = False

    def but(self, **changes: object) -> "Case":
        return replace(self, **changes)  # type: ignore[arg-type]  # any field of a case

    @property
    def house(self) -> House:
        approvers = (ME if self.listed.startswith("by name") else SOMEBODY, "S0ADMINS")
        rule = ApprovalRule(
            ("test-*",) if self.rule == "none" else ("prod-*",), () if self.rule == "empty" else approvers
        )
        return House(frozenset({OURS}), (rule,))

    @property
    def account(self) -> Account:
        return Account(ID, ID if self.rule == "account unnamed" else "prod-payments")

    @property
    def groups(self) -> Mapping[str, frozenset[str]] | LookupFailure:
        if self.listed.endswith("groups unread"):
            return NO_GROUPS
        return {
            "S0ADMINS": frozenset({ME if self.listed == "in a group" else SOMEBODY}),
            "S0OTHERS": frozenset({ME}) if self.listed == "in another group" else frozenset(),
        }

    @property
    def standing(self) -> Standing:
        return Standing(Actor(ME, self.team), self.person, self.groups)

    @property
    def request(self) -> Request:
        return request_of(
            [self.account],
            requester=ME if self.is_own else SOMEBODY,
            expires_at=NOW if self.is_expired else NOW + timedelta(seconds=1),
        )


def request_of(accounts: list[Account], *, requester: str = SOMEBODY, expires_at: datetime | None = None) -> Request:
    changes = tuple(
        Change(f"c{n}", "r1", f"arn:aws:kms:eu-central-1:{each.id}:key/{n}", "k", each.name, ChangeState.QUEUED, 365)
        for n, each in enumerate(accounts)
    )
    return Request(
        id="r1",
        state=RequestState.PENDING,
        requester=requester,
        team_id=OURS,
        reason="",
        required=1,
        created_at=NOW - timedelta(hours=1),
        expires_at=expires_at or NOW + timedelta(hours=1),
        changes=changes,
    )


def people() -> list[Person | LookupFailure]:
    """A full member, every combination of what makes somebody none, and everybody whom Slack does not vouch for."""
    members = [
        Person(ME, OURS, **dict(zip(FLAGS, flags, strict=True))) for flags in product((False, True), repeat=len(FLAGS))
    ]
    return [*members, NO_ANSWER, Person(ME, THEIRS), Person(SOMEBODY, OURS)]


FULL_MEMBER = Case(OURS, Person(ME, OURS), "by name", "found", Wish.APPROVE)
