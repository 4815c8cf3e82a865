"""Which rule decides about an account, and what follows where there are several."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.people import Actor, Person, Standing
from bot.models.scans import Account
from bot.rules.approval import House, accounts_of, is_named, may_ask, may_decide, may_operate, who_approves
from tests.rules.approval_cases import FULL_MEMBER, ID, ME, NO_GROUPS, NOW, OTHER_ID, OURS, SOMEBODY, request_of

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
        ((), 1, "The rule for this account names nobody, so nobody may approve. Add approvers to it."),
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
