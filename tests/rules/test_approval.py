"""Who may do what: the whole finite space of people, lists and wishes, against statements that hold of every case."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.people import Actor, LookupFailure, Person, Standing
from bot.models.requests import Change, ChangeState, Request, RequestState
from bot.models.scans import Account
from bot.rules.approval import House, accounts_of, is_named, may_ask, may_decide, may_operate, who_approves

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
    def standing(self) -> Standing:
        groups: Mapping[str, frozenset[str]] | LookupFailure = {
            "S0ADMINS": frozenset({ME if self.listed == "in a group" else SOMEBODY}),
            "S0OTHERS": frozenset({ME}) if self.listed == "in another group" else frozenset(),
        }
        if self.listed.endswith("groups unread"):
            groups = NO_GROUPS
        return Standing(Actor(ME, self.team), self.person, groups)

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


def is_outside(case: Case) -> bool:
    person = case.person
    return case.team != OURS or (isinstance(person, Person) and (person.team_id, person.user_id) != (OURS, ME))


def is_no_full_member(case: Case) -> bool:
    return isinstance(case.person, Person) and any(getattr(case.person, flag) for flag in FLAGS)


def is_named_by_the_rule(case: Case) -> bool:
    return case.rule != "empty" and case.listed in {"by name", "by name, groups unread", "in a group"}


def groups_would_tell(case: Case) -> bool:
    return case.rule != "empty" and case.listed == "nowhere, groups unread"


Statements = Mapping[RefusalReason, Callable[[Case], bool]]

ABOUT_PEOPLE: Statements = {
    RefusalReason.OTHER_WORKSPACE: is_outside,
    RefusalReason.NOT_A_FULL_MEMBER: is_no_full_member,
    RefusalReason.LOOKUP_FAILED: lambda case: case.person == NO_ANSWER,
}
"""What keeps somebody from everything."""

DECISIONS: Statements = {
    **ABOUT_PEOPLE,
    RefusalReason.LOOKUP_FAILED: lambda case: (
        case.person == NO_ANSWER
        or (groups_would_tell(case) and case.wish is not Wish.WITHDRAW and not retries_own(case))
    ),
    RefusalReason.NOT_THE_REQUESTER: lambda case: case.wish is Wish.WITHDRAW and not case.is_own,
    RefusalReason.EXPIRED: lambda case: case.wish is not Wish.WITHDRAW and case.is_expired,
    RefusalReason.NO_RULE: lambda case: case.wish is not Wish.WITHDRAW and case.rule in {"none", "account unnamed"},
    RefusalReason.OWN_REQUEST: lambda case: case.wish in {Wish.APPROVE, Wish.DENY} and case.is_own,
    RefusalReason.NOT_AN_APPROVER: lambda case: (
        case.wish is not Wish.WITHDRAW and not retries_own(case) and not is_named_by_the_rule(case)
    ),
}
"""When each refusal is true. Nothing else may be refused, and none of these may be let through."""

ASKING: Statements = {
    **ABOUT_PEOPLE,
    RefusalReason.NO_RULE: lambda case: case.rule in {"none", "account unnamed", "empty"},
}

OPERATIONS: Statements = {
    **ABOUT_PEOPLE,
    RefusalReason.LOOKUP_FAILED: lambda case: case.person == NO_ANSWER or groups_would_tell(case),
    RefusalReason.NOT_AN_APPROVER: lambda case: not is_named_by_the_rule(case),
}


def retries_own(case: Case) -> bool:
    return case.wish is Wish.RETRY and case.is_own


def check(cases: Iterator[Case], decide: Callable[[Case], Permitted | Refused], statements: Statements) -> int:
    permitted = 0
    for case in cases:
        decision = decide(case)
        true = {reason for reason, is_true in statements.items() if is_true(case)}
        if isinstance(decision, Permitted):
            assert not true, case
            permitted += 1
        else:
            assert decision.reason in true, (case, decision)
            assert decision.sentence.endswith("."), decision
    return permitted


def test_every_person_with_every_wish_for_every_request() -> None:
    cases = (
        Case(*each) for each in product((OURS, THEIRS), people(), LISTED, RULES, DECIDING, (False, True), (False, True))
    )
    permitted = check(
        cases,
        lambda case: may_decide(case.house, case.standing, case.request, case.wish, NOW),
        DECISIONS,
    )
    # One full member: withdraws their own under 4 rules, 6 places in lists, fresh or not: 48. Approves, denies and
    # retries what others asked for, named in 3 ways by the rule found, fresh: 9. Retries their own, fresh, in 6 places
    # under a rule that is there, be it empty: 12.
    assert permitted == 48 + 9 + 12


def test_everybody_who_asks() -> None:
    cases = (Case(*each) for each in product((OURS, THEIRS), people(), LISTED, RULES))
    permitted = check(cases, lambda case: may_ask(case.house, case.standing, [case.account]), ASKING)
    assert permitted == len(LISTED)


def test_everybody_who_wants_to_scan_or_send_the_digest() -> None:
    cases = (Case(*each) for each in product((OURS, THEIRS), people(), LISTED, RULES, OPERATING))
    permitted = check(cases, lambda case: may_operate(case.house, case.standing, case.wish), OPERATIONS)
    # Named in 3 ways by any rule but the empty one, whether it is for this account or for another.
    assert permitted == 3 * 3 * len(OPERATING)


FULL_MEMBER = Case(OURS, Person(ME, OURS), "by name", "found", Wish.APPROVE)


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_a_request_is_over_at_the_moment_when_it_expires(seconds: int) -> None:
    request = replace(FULL_MEMBER.request, expires_at=NOW - timedelta(seconds=seconds))
    decision = may_decide(FULL_MEMBER.house, FULL_MEMBER.standing, request, Wish.APPROVE, NOW)
    assert isinstance(decision, Refused)
    assert decision.reason is RefusalReason.EXPIRED


SENTENCES = [
    (FULL_MEMBER.but(team=THEIRS), "Only people of this workspace can do that."),
    (FULL_MEMBER.but(person=Person(SOMEBODY, OURS)), "Only people of this workspace can do that."),
    (
        FULL_MEMBER.but(person=Person(ME, OURS, is_restricted=True)),
        "Only full members of this workspace can do that; guests, bots and deactivated people cannot.",
    ),
    (
        FULL_MEMBER.but(person=NO_ANSWER),
        "Slack could not be asked (users.info: timeout), so nobody can tell whether you may do that. "
        "Nothing was changed; try again in a minute.",
    ),
    (FULL_MEMBER.but(is_own=True), "You asked for this change, so somebody else has to approve it."),
    (FULL_MEMBER.but(is_own=True, wish=Wish.DENY), "This is your own request: withdraw it instead."),
    (
        FULL_MEMBER.but(wish=Wish.WITHDRAW),
        "Only <@U0SOMEBODY>, who asked, can withdraw this request. Approvers can deny it.",
    ),
    (FULL_MEMBER.but(is_expired=True), "This request has expired. Ask again if the key still needs it."),
    (
        FULL_MEMBER.but(is_expired=True, wish=Wish.DENY),
        "This request has expired already; nothing will be changed.",
    ),
    (
        FULL_MEMBER.but(is_expired=True, wish=Wish.RETRY),
        "The approval is no longer fresh. Ask again, so that somebody approves what is true now.",
    ),
    (
        FULL_MEMBER.but(listed="nowhere"),
        "You are not an approver here. <@U0SOMEBODY> or <!subteam^S0ADMINS> can approve.",
    ),
    (FULL_MEMBER.but(rule="empty"), "You are not an approver here. The rule for this account names nobody."),
    (
        FULL_MEMBER.but(listed="nowhere", wish=Wish.START_SCAN),
        "Only people who may approve requests can start a scan; the next scheduled one comes by itself.",
    ),
    (
        FULL_MEMBER.but(listed="nowhere", wish=Wish.SEND_DIGEST),
        "Only people who may approve requests can send the digest. `/kms-rotation status` is there for everybody.",
    ),
    (
        FULL_MEMBER.but(rule="empty", wish=Wish.ASK),
        "The approval rule for this account names nobody, so nobody could approve. Add approvers to it.",
    ),
    (
        FULL_MEMBER.but(rule="account unnamed"),
        "The name of account 111111111111 could not be read, so nobody can tell whether the approval rule for "
        "“prod-*” means it. Name the account by its id in a rule, or allow organizations:ListAccounts.",
    ),
]


@pytest.mark.parametrize(("case", "sentence"), SENTENCES)
def test_a_refusal_says_why_and_what_helps(case: Case, sentence: str) -> None:
    if case.wish in OPERATING:
        decision = may_operate(case.house, case.standing, case.wish)
    elif case.wish is Wish.ASK:
        decision = may_ask(case.house, case.standing, [case.account])
    else:
        decision = may_decide(case.house, case.standing, case.request, case.wish, NOW)
    assert isinstance(decision, Refused)
    assert decision.sentence == sentence


def test_people_from_elsewhere_are_not_told_who_approves() -> None:
    stranger = replace(FULL_MEMBER, team=THEIRS, listed="nowhere")
    decision = may_decide(stranger.house, stranger.standing, stranger.request, Wish.APPROVE, NOW)
    assert decision == Refused(RefusalReason.OTHER_WORKSPACE, "Only people of this workspace can do that.")


def test_no_workspace_in_the_configuration_means_nobody() -> None:
    house = replace(FULL_MEMBER.house, workspaces=frozenset())
    decision = may_decide(house, FULL_MEMBER.standing, FULL_MEMBER.request, Wish.APPROVE, NOW)
    assert isinstance(decision, Refused)


def test_a_request_without_keys_is_nobodys_to_approve() -> None:
    decision = may_decide(FULL_MEMBER.house, FULL_MEMBER.standing, request_of([]), Wish.APPROVE, NOW)
    assert decision == Refused(RefusalReason.NO_RULE, "No account is named, so nobody may approve.")
    assert may_ask(FULL_MEMBER.house, FULL_MEMBER.standing, []) == decision


def test_a_group_that_slack_could_not_read_says_what_and_that_nothing_happened() -> None:
    unread = replace(FULL_MEMBER, listed="nowhere, groups unread")
    decision = may_decide(unread.house, unread.standing, unread.request, Wish.APPROVE, NOW)
    assert decision == Refused(
        RefusalReason.LOOKUP_FAILED,
        "Slack could not be asked (usergroups.users.list: plan_upgrade_required), so nobody can tell whether you may "
        "do that. Nothing was changed; try again in a minute.",
    )


def test_a_list_without_groups_needs_no_answer_about_groups() -> None:
    house = House(frozenset({OURS}), (ApprovalRule(("*",), (SOMEBODY,)),))
    unread = replace(FULL_MEMBER, listed="nowhere, groups unread")
    for decision in (
        may_decide(house, unread.standing, unread.request, Wish.APPROVE, NOW),
        may_operate(house, unread.standing, Wish.START_SCAN),
    ):
        assert isinstance(decision, Refused)
        assert decision.reason is RefusalReason.NOT_AN_APPROVER


# Which rule


PROD = Account(ID, "Prod-Payments")
UNNAMED = Account(ID, ID)


@pytest.mark.parametrize(
    ("patterns", "account", "expected"),
    [
        ([["*"]], PROD, 0),
        ([["prod-*"], ["*"]], PROD, 0),
        ([["PROD-PAYMENTS"], ["*"]], PROD, 0),
        ([["test-*"], ["*"], ["prod-*"]], PROD, 1),
        ([["test-*", "prod-*"], ["*"]], PROD, 0),
        ([[OTHER_ID], [ID], ["*"]], PROD, 1),
        ([["1111*"], ["*"]], PROD, 0),
        ([["prod-payment?"], ["*"]], PROD, 0),
        ([["[op]rod-*"], ["*"]], PROD, 0),
        ([["prod"], ["payments"]], PROD, None),
        ([], PROD, None),
        ([[OTHER_ID], ["*"]], Account(ID, OTHER_ID), 1),  # whoever names an account may not choose its rule
        ([["*"]], UNNAMED, 0),
        ([[ID], ["prod-*"]], UNNAMED, 0),
        ([[OTHER_ID], [ID]], UNNAMED, 1),
        ([["prod-*", ID], ["*"]], UNNAMED, 0),
        ([["prod-*"], ["*"]], UNNAMED, None),
        ([["prod-*"], [ID]], UNNAMED, None),
        ([[OTHER_ID, "prod-*"], ["*"]], UNNAMED, None),
    ],
)
def test_the_first_rule_that_matches_decides(patterns: list[list[str]], account: Account, expected: int | None) -> None:
    rules = tuple(ApprovalRule(tuple(each), (f"U{number}",)) for number, each in enumerate(patterns))
    found = House(frozenset({OURS}), rules).rule_for(account)
    if expected is None:
        assert isinstance(found, Refused)
        assert found.reason is RefusalReason.NO_RULE
    else:
        assert found == rules[expected]


def test_an_account_without_a_rule_is_named_with_the_remedy() -> None:
    found = House(frozenset({OURS}), ()).rule_for(PROD)
    assert found == Refused(
        RefusalReason.NO_RULE,
        f"No approval rule covers account “Prod-Payments” ({ID}), so nobody may approve. Add one to the configuration.",
    )


def test_an_account_without_a_name_is_told_with_the_rule_that_is_in_doubt() -> None:
    found = House(frozenset({OURS}), (ApprovalRule((OTHER_ID, "prod-*"), (ME,)),)).rule_for(UNNAMED)
    assert isinstance(found, Refused)
    assert f"The name of account {ID} could not be read" in found.sentence
    assert "“prod-*”" in found.sentence
    assert "organizations:ListAccounts" in found.sentence


def test_a_rule_that_names_nobody_takes_no_request() -> None:
    empty = replace(FULL_MEMBER, rule="empty")
    decision = may_ask(empty.house, empty.standing, [empty.account])
    assert isinstance(decision, Refused)
    assert "names nobody" in decision.sentence


ids = st.sampled_from([ID, OTHER_ID, "333333333333"])
names = st.sampled_from(["prod-a", "prod-b", "test-a", "Prod-A", ID, OTHER_ID])
patterns = st.sampled_from(["*", "prod-*", "PROD-A", "test-?", ID, OTHER_ID, "1*", "x"])
approvers = st.lists(st.sampled_from([ME, SOMEBODY, "U0THIRD", "S0ADMINS", "S0OTHERS"]), max_size=3, unique=True)
rule_sets = st.lists(
    st.builds(
        ApprovalRule,
        st.lists(patterns, min_size=1, max_size=3).map(tuple),
        approvers.map(tuple),
        st.integers(1, 4),
    ),
    max_size=4,
).map(tuple)
memberships = st.fixed_dictionaries(
    {group: st.frozensets(st.sampled_from([ME, SOMEBODY, "U0THIRD"])) for group in ("S0ADMINS", "S0OTHERS")}
)


def is_for(rule: ApprovalRule, account: Account) -> bool:
    return any(
        pattern == account.id if pattern.isdigit()
        else fnmatchcase(account.name.lower(), pattern.lower()) or fnmatchcase(account.id, pattern)
        for pattern in rule.accounts
    )  # fmt: skip


@given(rule_sets, ids, names)
def test_no_rule_is_passed_over(rules: tuple[ApprovalRule, ...], account_id: str, name: str) -> None:
    account = Account(account_id, name)
    found = House(frozenset({OURS}), rules).rule_for(account)
    if isinstance(found, ApprovalRule):
        assert found == next(rule for rule in rules if is_for(rule, account))
    elif name != account_id:
        assert not any(is_for(rule, account) for rule in rules)


@given(rule_sets, ids, names)
def test_a_name_that_cannot_be_read_never_leads_to_another_rule(
    rules: tuple[ApprovalRule, ...], account_id: str, name: str
) -> None:
    house = House(frozenset({OURS}), rules)
    found = house.rule_for(Account(account_id, account_id))
    assert isinstance(found, Refused) or found == house.rule_for(Account(account_id, name))


@given(rule_sets, st.lists(st.builds(Account, ids, names), min_size=1, max_size=4), memberships)
def test_an_approver_is_on_the_list_of_every_account(
    rules: tuple[ApprovalRule, ...], accounts: list[Account], groups: dict[str, frozenset[str]]
) -> None:
    house, request = House(frozenset({OURS}), rules), request_of(accounts)
    standing = Standing(Actor(ME, OURS), Person(ME, OURS), groups)
    decision = may_decide(house, standing, request, Wish.APPROVE, NOW)
    found = [house.rule_for(account) for account in accounts_of(request)]
    mine = {ME} | {group for group, members in groups.items() if ME in members}
    on_every_list = all(isinstance(rule, ApprovalRule) and mine & set(rule.approvers) for rule in found)
    assert isinstance(decision, Permitted) == on_every_list
    if isinstance(decision, Permitted):
        assert decision.required == max(rule.required for rule in found if isinstance(rule, ApprovalRule))


@given(rule_sets, memberships)
def test_groups_are_not_asked_for_about_people_who_are_named(
    rules: tuple[ApprovalRule, ...], groups: dict[str, frozenset[str]]
) -> None:
    """Where `is_named` says so, the answer is the same whatever the groups hold, and whether Slack tells it or not."""
    house = House(frozenset({OURS}), rules)
    if rules and is_named(Actor(ME, OURS), rules):
        for known in (groups, NO_GROUPS):
            standing = Standing(Actor(ME, OURS), Person(ME, OURS), known)
            assert may_operate(house, standing, Wish.START_SCAN) == Permitted()


def test_accounts_of_a_request_are_each_named_once() -> None:
    accounts = [PROD, Account(OTHER_ID, "test"), PROD]
    assert accounts_of(request_of(accounts)) == (PROD, Account(OTHER_ID, "test"))


def test_the_permission_says_which_rules_gave_it() -> None:
    house = House(
        frozenset({OURS}),
        (ApprovalRule(("prod-*",), (ME, "S0ADMINS"), 2), ApprovalRule(("*",), (ME,))),
    )
    request = request_of([PROD, Account(OTHER_ID, "test")])
    decision = may_decide(house, FULL_MEMBER.standing, request, Wish.APPROVE, NOW)
    assert decision == Permitted(2, f"accounts prod-*: 2 of {ME}, S0ADMINS; accounts *: 1 of {ME}")


@pytest.mark.parametrize(
    ("approvers", "required", "sentence"),
    [
        ((), 1, "The rule for this account names nobody."),
        (("U1",), 1, "<@U1> can approve."),
        (("W1",), 1, "<@W1> can approve."),
        (("S1",), 1, "<!subteam^S1> can approve."),
        (("S1",), 2, "<!subteam^S1> can approve (2 of them are needed)."),
        (("U1", "S1"), 1, "<@U1> or <!subteam^S1> can approve."),
        (("U1", "U2", "U3"), 2, "<@U1>, <@U2> or <@U3> can approve (2 of them are needed)."),
    ],
)
def test_who_approves_in_a_sentence(approvers: tuple[str, ...], required: int, sentence: str) -> None:
    assert who_approves(ApprovalRule(("*",), approvers, required)) == sentence
