"""Somebody who wants something: everything that can be so about them, their request and the rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product

from bot.models.approval import ApprovalRule, RuledKey, Wish
from bot.models.people import Actor, LookupFailure, Person, Standing
from bot.models.requests import Change, ChangeState, Request, RequestState
from bot.models.scans import Account
from bot.rules.house import House

OURS, THEIRS = "T0OURS", "T0THEIRS"
ME, SOMEBODY = "U0ME", "U0SOMEBODY"
ADMINS, OTHERS, BREAKERS, STRANGERS = "S0ADMINS", "S0OTHERS", "S0BREAKERS", "S0STRANGERS"
ID, OTHER_ID = "111111111111", "222222222222"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLAGS = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
NO_ANSWER = LookupFailure("users.info", "timeout")
NO_GROUPS = LookupFailure("usergroups.users.list", "plan_upgrade_required")

DECIDING = (Wish.APPROVE, Wish.DENY, Wish.WITHDRAW, Wish.RETRY, Wish.BREAK_GLASS)
OPERATING = (Wish.START_SCAN, Wish.STOP_SCAN, Wish.SEND_DIGEST)
LISTED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "by name": ((ME, ADMINS), ()),
    "by name, quietly": ((SOMEBODY, ADMINS), (ME,)),
    "by group": ((SOMEBODY, ADMINS), ()),
    "by group, quietly": ((SOMEBODY,), (ADMINS,)),
    "in another group": ((SOMEBODY, ADMINS), ()),
    "nowhere": ((SOMEBODY, ADMINS), ()),
    "nowhere, and no groups": ((SOMEBODY,), ()),
}
"""Where the rule names somebody, and what its lists then hold: those who are pinged, and the quiet ones."""
IN_ADMINS = ("by group", "by group, quietly")
GLASS: Mapping[str, tuple[str, ...]] = {
    "nobody": (),
    "me": (ME,),
    "my group": (SOMEBODY, BREAKERS),
    "others": (SOMEBODY,),
    "a group of others": (STRANGERS, SOMEBODY),
}
"""For whom the rule has a glass to break."""
RULES = ("found", "none", "empty", "account unnamed", "pre-approved")


@dataclass(frozen=True)
class Case:
    """Somebody, what is known of them, and what they want."""

    team: str = OURS
    person: Person | LookupFailure = Person(ME, OURS)  # noqa: RUF009 - frozen
    listed: str = "by name"
    rule: str = "found"
    wish: Wish = Wish.APPROVE
    is_own: bool = False
    is_expired: bool = False
    groups_are_read: bool = True
    self_approval: bool = False
    different_groups: bool = False
    glass: str = "nobody"

    def but(self, **changes: object) -> "Case":
        return replace(self, **changes)  # type: ignore[arg-type]  # any field of a case

    @property
    def approval_rule(self) -> ApprovalRule:
        approvers, quiet = ((), ()) if self.rule == "empty" else LISTED[self.listed]
        is_pre_approved = self.rule == "pre-approved"
        return ApprovalRule(
            name="keys of prod",
            accounts=("test-*",) if self.rule == "none" else ("prod-*",),
            approvers=approvers,
            quiet_approvers=quiet,
            required=0 if is_pre_approved else 1,
            daily_cap=5 if is_pre_approved else 0,
            from_different_groups=self.different_groups,
            self_approval=self.self_approval,
            break_glass=GLASS[self.glass],
        )

    @property
    def house(self) -> House:
        return House(frozenset({OURS}), (self.approval_rule,))

    @property
    def account(self) -> Account:
        return Account(ID, ID if self.rule == "account unnamed" else "prod-payments")

    @property
    def groups(self) -> Mapping[str, frozenset[str]] | LookupFailure:
        if not self.groups_are_read:
            return NO_GROUPS
        return {
            ADMINS: frozenset({ME if self.listed in IN_ADMINS else SOMEBODY}),
            OTHERS: frozenset({ME}) if self.listed == "in another group" else frozenset({SOMEBODY}),
            BREAKERS: frozenset({ME}),
            STRANGERS: frozenset({SOMEBODY}),
        }

    @property
    def standing(self) -> Standing:
        return standing(self.groups, self.team, self.person)

    @property
    def request(self) -> Request:
        return request_of(
            [self.account],
            requester=ME if self.is_own else SOMEBODY,
            expires_at=NOW if self.is_expired else NOW + timedelta(seconds=1),
        )


def standing(
    groups: Mapping[str, frozenset[str]] | LookupFailure,
    team: str = OURS,
    person: Person | LookupFailure = Person(ME, OURS),  # noqa: B008 - frozen
) -> Standing:
    return Standing(Actor(ME, team), person, groups)


def key_in(account: Account, number: int = 0) -> RuledKey:
    return RuledKey(f"arn:aws:kms:eu-central-1:{account.id}:key/{number}", account, "eu-central-1")


def request_of(
    accounts: Iterable[Account], *, requester: str = SOMEBODY, expires_at: datetime | None = None
) -> Request:
    changes = tuple(
        Change(f"c{n}", "r1", key_in(each, n).arn, "k", each.name, ChangeState.QUEUED, 365)
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


def people() -> Iterator[tuple[str, Person | LookupFailure]]:
    """Make a full member, every combination of what makes somebody none, and everybody whom Slack does not vouch for.

    Each with the workspace that the payload says.
    """
    members = [Person(ME, OURS, *flags) for flags in product((False, True), repeat=len(FLAGS))]
    return product((OURS, THEIRS), [*members, NO_ANSWER, Person(ME, THEIRS), Person(SOMEBODY, OURS)])
