"""Who may do what: the whole finite space of people, lists and wishes, against statements that hold of every case."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.people import LookupFailure, Person
from bot.rules.approval import may_ask, may_decide, may_operate
from bot.rules.house import House
from tests.rules.approval_cases import (
    ADMINS,
    DECIDING,
    FLAGS,
    GLASS,
    IN_ADMINS,
    LISTED,
    ME,
    NO_ANSWER,
    NO_GROUPS,
    NOW,
    OPERATING,
    OTHERS,
    OURS,
    RULES,
    SOMEBODY,
    THEIRS,
    Case,
    key_in,
    people,
    request_of,
    standing,
)

Reasons = frozenset[RefusalReason]
Statements = Mapping[RefusalReason, Callable[[Case], bool]]
ON_A_LIST = {Wish.APPROVE, Wish.DENY, Wish.RETRY}
"""What people on the rule's list may do."""


def keeps_out(team: str, person: Person | LookupFailure) -> Reasons:
    """What is true of somebody that keeps them from everything."""
    found = set()
    if team != OURS or (isinstance(person, Person) and (person.team_id, person.user_id) != (OURS, ME)):
        found.add(RefusalReason.OTHER_WORKSPACE)
    if isinstance(person, LookupFailure):
        found.add(RefusalReason.LOOKUP_FAILED)
    elif any(getattr(person, flag) for flag in FLAGS):
        found.add(RefusalReason.NOT_A_FULL_MEMBER)
    return frozenset(found)


def is_mine_to_retry(case: Case) -> bool:
    return case.wish is Wish.RETRY and case.is_own


def needs_a_list(case: Case) -> bool:
    return case.wish in ON_A_LIST and not is_mine_to_retry(case)


def is_named(case: Case) -> bool:
    return case.rule != "empty" and case.listed in {"by name", "by name, quietly"}


def is_in_a_listed_group(case: Case) -> bool:
    return case.rule != "empty" and case.listed in IN_ADMINS


def lists_a_group(case: Case) -> bool:
    return case.rule != "empty" and case.listed != "nowhere, and no groups"


def groups_would_tell(case: Case) -> bool:
    """Say whether nobody knows without the groups. Who is named needs none, unless approvals count by group."""
    if case.groups_are_read or not lists_a_group(case):
        return False
    return not is_named(case) or (case.wish is Wish.APPROVE and case.different_groups)


def may_break(case: Case) -> bool:
    return case.glass == "me" or (case.glass == "my group" and case.groups_are_read)


DECISIONS: Statements = {
    RefusalReason.LOOKUP_FAILED: lambda case: (
        (needs_a_list(case) and groups_would_tell(case))
        or (
            case.wish is Wish.BREAK_GLASS
            and not case.groups_are_read
            and case.glass in {"my group", "a group of others"}
        )
    ),
    RefusalReason.NOT_THE_REQUESTER: lambda case: case.wish is Wish.WITHDRAW and not case.is_own,
    RefusalReason.EXPIRED: lambda case: case.wish is not Wish.WITHDRAW and case.is_expired,
    RefusalReason.NO_RULE: lambda case: case.wish is not Wish.WITHDRAW and case.rule in {"none", "account unnamed"},
    RefusalReason.OWN_REQUEST: lambda case: (
        case.is_own and (case.wish is Wish.DENY or (case.wish is Wish.APPROVE and not case.self_approval))
    ),
    RefusalReason.NOT_AN_APPROVER: lambda case: (
        needs_a_list(case) and not is_named(case) and not (is_in_a_listed_group(case) and case.groups_are_read)
    ),
    RefusalReason.NO_BREAK_GLASS: lambda case: case.wish is Wish.BREAK_GLASS and not may_break(case),
}
"""When each refusal is true. Nothing else may be refused, and none of these may be let through."""


def capacities(case: Case) -> set[str]:
    """By which entries of the list somebody may do what they want."""
    if case.wish is Wish.WITHDRAW or is_mine_to_retry(case):
        return set()
    if case.wish is Wish.BREAK_GLASS:
        return {"me": {ME}, "my group": {"S0BREAKERS"}}[case.glass]
    return {ME} if is_named(case) else {ADMINS}


def true_of(case: Case, statements: Statements) -> Reasons:
    return frozenset(reason for reason, is_true in statements.items() if is_true(case))


def check(decision: Permitted | Refused, out: Reasons, reasons: Reasons) -> bool:
    """Say whether it was permitted; what keeps somebody out is all that they are told."""
    if isinstance(decision, Permitted):
        assert not out
        assert not reasons
        return True
    assert decision.reason in (out or reasons), decision
    assert decision.sentence.endswith("."), decision
    return False


def test_every_person_with_every_wish_for_every_request() -> None:
    """70 people, and 28,000 settings of rule, lists, groups, glass, request and wish: 1,960,000 cases."""
    everybody = [(team, person, keeps_out(team, person)) for team, person in people()]
    permitted = dict.fromkeys(DECIDING, 0)
    seen = 0
    yes_no = (False, True)
    settings = product(LISTED, RULES, DECIDING, yes_no, yes_no, yes_no, yes_no, yes_no, GLASS)
    for listed, rule, wish, own, expired, read, self_approval, different, glass in settings:
        case = Case(OURS, NO_ANSWER, listed, rule, wish, own, expired, read, self_approval, different, glass)
        house, request, groups = case.house, case.request, case.groups
        reasons = true_of(case, DECISIONS)
        for team, person, out in everybody:
            decision = may_decide(house, standing(groups, team, person), request, wish, NOW)
            try:
                if check(decision, out, reasons):
                    assert isinstance(decision, Permitted)
                    assert set(decision.capacities) == capacities(case)
                    permitted[wish] += 1
            except AssertionError as error:
                raise AssertionError((case.but(team=team, person=person), decision)) from error
            seen += 1
    assert seen == 70 * len(LISTED) * len(RULES) * len(DECIDING) * 2**5 * len(GLASS)
    # Of 70 people one is a full member of ours, whom Slack vouches for.
    # There are 6 ways of being an approver: 2 of being named, whether groups are read or not, and 2 by groups that are
    # read; 4 where approvals come from different groups, which is asked of who approves alone. This under the rule
    # found and the one that approves beforehand, with own approvals or not, with 5 glasses.
    approves = 2 * (6 + 4) * 2 * 5
    decides = 2 * (6 + 6) * 2 * 5
    assert permitted == {
        Wish.APPROVE: approves + approves // 2,  # … their own where the rule lets them
        Wish.DENY: decides,
        Wish.WITHDRAW: 7 * 5 * 2**4 * 5,  # their own, whatever else holds
        Wish.RETRY: decides + 7 * 3 * 2**3 * 5,  # … their own while there is a rule, be it empty, until it expires
        Wish.BREAK_GLASS: 3 * 7 * 2**3 * 3,  # by name, whether groups are read or not, or by group
    }


REQUESTERS: Mapping[str, tuple[str, ...]] = {
    "everybody": (),
    "me": (ME, OTHERS),
    "my group": (SOMEBODY, ADMINS),
    "others": (SOMEBODY,),
    "a group of others": (OTHERS, SOMEBODY),
}
SOLE = {
    "me alone": ApprovalRule("sole", ("prod-*",), approvers=(ME,)),
    "me alone, who may": ApprovalRule("sole", ("prod-*",), approvers=(ME,), self_approval=True),
    "one other of two": ApprovalRule("sole", ("prod-*",), approvers=(ME, SOMEBODY), required=2),
    "me or a group": ApprovalRule("sole", ("prod-*",), approvers=(ME, ADMINS), required=2),
    "me or a group, apart": ApprovalRule(
        "sole", ("prod-*",), approvers=(ME, ADMINS), required=2, from_different_groups=True
    ),
}
"""Rules under which it matters who asks, for nobody approves their own request."""
HOPELESS = {"me alone", "one other of two", "me or a group, apart"}


@pytest.mark.parametrize("requesters", REQUESTERS)
def test_everybody_who_asks(requesters: str) -> None:
    permitted = 0
    for rule, read, (team, person) in product((*RULES, *SOLE), (False, True), people()):
        case = Case(team, person, "by group", rule, Wish.ASK, groups_are_read=read)
        named = SOLE.get(rule, case.approval_rule)
        house = House(frozenset({OURS}), (replace(named, requesters=REQUESTERS[requesters]),))
        reasons = set()
        if rule in {"none", "empty", "account unnamed"} | HOPELESS:
            reasons.add(RefusalReason.NO_RULE)
        if requesters == "others" or (read and requesters == "a group of others"):
            reasons.add(RefusalReason.NOT_A_REQUESTER)
        if not read and requesters in {"my group", "a group of others"}:
            reasons.add(RefusalReason.LOOKUP_FAILED)
        decision = may_ask(house, case.standing, [key_in(case.account)])
        permitted += check(decision, keeps_out(team, person), frozenset(reasons))
    # Under 4 of 10 rules, with groups read or, where none is asked for, unread.
    assert permitted == 4 * {"everybody": 2, "me": 2, "my group": 1}.get(requesters, 0)


def test_everybody_who_wants_to_scan_or_send_the_digest() -> None:
    permitted = 0
    for (team, person), listed, rule, wish, read in product(people(), LISTED, RULES, OPERATING, (False, True)):
        case = Case(team, person, listed, rule, wish, groups_are_read=read, different_groups=True)
        statements: Statements = {
            RefusalReason.LOOKUP_FAILED: lambda case: (
                lists_a_group(case) and not case.groups_are_read and not is_named(case)
            ),
            RefusalReason.NOT_AN_APPROVER: lambda case: (
                not is_named(case) and not (is_in_a_listed_group(case) and case.groups_are_read)
            ),
        }
        decision = may_operate(case.house, case.standing, wish)
        permitted += check(decision, keeps_out(team, person), true_of(case, statements))
    # An approver in 6 ways, by any rule but the empty one, whether it is for this account or for another.
    assert permitted == 6 * 4 * len(OPERATING)


SHAPES: Mapping[str, ApprovalRule | None] = {
    "mine": ApprovalRule("mine", approvers=(ME, SOMEBODY)),
    "mine, among groups": ApprovalRule("mine, among groups", quiet_approvers=(OTHERS, ME)),
    "my group's": ApprovalRule("my group's", approvers=(ADMINS,)),
    "others'": ApprovalRule("others'", approvers=(SOMEBODY,), required=2),
    "another group's": ApprovalRule("another group's", approvers=(OTHERS,)),
    "mine, own too": ApprovalRule("mine, own too", approvers=(ME,), self_approval=True),
    "my group's, own too": ApprovalRule("my group's, own too", approvers=(ADMINS,), self_approval=True),
    "others', own too": ApprovalRule("others', own too", approvers=(SOMEBODY,), self_approval=True),
    "glass for me": ApprovalRule("glass for me", approvers=(SOMEBODY,), break_glass=(ME,)),
    "glass for my group": ApprovalRule("glass for my group", approvers=(ADMINS,), break_glass=(ADMINS,)),
    "glass for others": ApprovalRule("glass for others", approvers=(ME,), break_glass=(SOMEBODY,)),
    "pre-approved": ApprovalRule("pre-approved", required=0, daily_cap=3),
    "none": None,
}
BY_NAME = {"mine", "mine, among groups", "mine, own too", "glass for others"}
BY_GROUP = {"my group's", "my group's, own too", "glass for my group"}
WITH_OTHER_GROUPS = {"another group's"}
OWN_TOO = {"mine, own too", "my group's, own too", "others', own too"}


def reasons_of_several(shapes: frozenset[str], wish: Wish, *, own: bool, read: bool) -> set[RefusalReason]:
    """What is true of a fresh request whose keys fall under rules of these shapes, and keeps me from what I want."""
    reasons = set()
    if wish is Wish.WITHDRAW:
        return set() if own else {RefusalReason.NOT_THE_REQUESTER}
    if "none" in shapes:
        reasons.add(RefusalReason.NO_RULE)
    if wish is Wish.BREAK_GLASS:
        if not read and "glass for my group" in shapes:
            reasons.add(RefusalReason.LOOKUP_FAILED)
        if shapes - {"glass for me", "glass for my group"}:
            reasons.add(RefusalReason.NO_BREAK_GLASS)
        return reasons
    if own and wish is Wish.RETRY:
        return reasons
    if own and (wish is Wish.DENY or not shapes & OWN_TOO):
        return reasons | {RefusalReason.OWN_REQUEST}
    mine = shapes & OWN_TOO if own else shapes
    if not read and mine & (BY_GROUP | WITH_OTHER_GROUPS):
        reasons.add(RefusalReason.LOOKUP_FAILED)
    if not mine & (BY_NAME | BY_GROUP):
        reasons.add(RefusalReason.NOT_AN_APPROVER)
    return reasons


def test_a_request_under_several_rules_of_which_one_all_or_none_is_mine() -> None:
    """Every combination of up to three of 13 shapes of rules."""
    seen = 0
    names = [f"account-{number}" for number in range(3)]
    for chosen, wish, own, read in product(product(SHAPES, repeat=3), DECIDING, (False, True), (False, True)):
        rules = [
            replace(rule, name=f"{number}: {rule.name}", accounts=(names[number],))
            for number, shape in enumerate(chosen)
            if (rule := SHAPES[shape]) is not None
        ]
        accounts = [replace(Case().account, name=name) for name in names]
        request = request_of(accounts, requester=ME if own else SOMEBODY)
        groups = {ADMINS: frozenset({ME}), OTHERS: frozenset({SOMEBODY})} if read else NO_GROUPS
        decision = may_decide(House(frozenset({OURS}), tuple(rules)), standing(groups), request, wish, NOW)
        reasons = reasons_of_several(frozenset(chosen), wish, own=own, read=read)
        if isinstance(decision, Refused):
            assert decision.reason in reasons, (chosen, wish, own, read, decision)
        else:
            assert not reasons, (chosen, wish, own, read, decision)
            if wish is Wish.APPROVE:
                mine = {each for each in chosen if each in BY_NAME | BY_GROUP and (not own or each in OWN_TOO)}
                assert {rule.name.partition(": ")[2] for rule in decision.rules} == mine
                by = {entry for each in mine for entry in ((ME,) if each in BY_NAME else (ADMINS,))}
                assert set(decision.capacities) == by
        seen += 1
    assert seen == 13**3 * 5 * 4


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_a_request_is_over_at_the_moment_when_it_expires(seconds: int) -> None:
    request = replace(Case().request, expires_at=NOW - timedelta(seconds=seconds))
    for wish in ON_A_LIST | {Wish.BREAK_GLASS}:
        decision = may_decide(Case().house, Case().standing, request, wish, NOW)
        assert isinstance(decision, Refused)
        assert decision.reason is RefusalReason.EXPIRED


SENTENCES = [
    (Case(team=THEIRS), "Only people of this workspace can do that."),
    (Case(person=Person(SOMEBODY, OURS)), "Only people of this workspace can do that."),
    (
        Case(person=Person(ME, OURS, is_restricted=True)),
        "Only full members of this workspace can do that; guests, bots and deactivated people cannot.",
    ),
    (
        Case(person=NO_ANSWER),
        (
            "Slack could not be asked (users.info: timeout), so nobody can tell whether you may do that. "
            "Nothing was changed; try again in a minute."
        ),
    ),
    (Case(is_own=True), "You asked for this change, so somebody else has to approve it."),
    (Case(is_own=True, wish=Wish.DENY), "This is your own request: withdraw it instead."),
    (
        Case(is_own=True, self_approval=True, listed="nowhere"),
        "You are not an approver here. <@U0SOMEBODY> or <!subteam^S0ADMINS> can approve.",
    ),
    (
        Case(wish=Wish.WITHDRAW),
        "Only <@U0SOMEBODY>, who asked, can withdraw this request. Approvers can deny it.",
    ),
    (Case(is_expired=True), "This request has expired. Ask again if the key still needs it."),
    (
        Case(is_expired=True, wish=Wish.DENY),
        "This request has expired already; nothing will be changed.",
    ),
    (
        Case(is_expired=True, wish=Wish.RETRY),
        "This request is too old to be tried again. Ask anew, so that it is decided by what is true now.",
    ),
    (
        Case(is_expired=True, wish=Wish.BREAK_GLASS),
        "This request has expired. Ask again; the glass can be broken for the new request.",
    ),
    (
        Case(listed="nowhere"),
        "You are not an approver here. <@U0SOMEBODY> or <!subteam^S0ADMINS> can approve.",
    ),
    (
        Case(listed="by group, quietly", groups_are_read=True, rule="empty"),
        (
            "You are not an approver here. "
            "The rule for this account names nobody, so nobody may approve. Add approvers to it."
        ),
    ),
    (
        Case(listed="nowhere", rule="pre-approved"),
        (
            "You are not an approver here. The rule “keys of prod” asks for no approval, for up to 5 keys in 24 hours. "
            "Withdraw a request that still waits, and ask again."
        ),
    ),
    (
        Case(listed="by name", wish=Wish.BREAK_GLASS),
        "The rule “keys of prod” has no break-glass.\n<@U0ME> or <!subteam^S0ADMINS> can approve.",
    ),
    (
        Case(listed="by name", wish=Wish.BREAK_GLASS, glass="others"),
        "You are not among those who may break the glass here.",
    ),
    (
        Case(listed="nowhere", wish=Wish.START_SCAN),
        "Only people who may approve requests can start a scan; the next scheduled one comes by itself.",
    ),
    (
        Case(listed="nowhere", wish=Wish.SEND_DIGEST),
        (
            "Only people who may approve requests can send or preview the digest. "
            "`/kms-rotation status` is there for everybody."
        ),
    ),
    (
        Case(rule="empty", wish=Wish.ASK),
        "The approval rule for this account names nobody, so nobody could approve. Add approvers to it.",
    ),
    (
        Case(rule="account unnamed"),
        (
            "The name of account 111111111111 could not be read, so nobody can tell whether the approval rule for "
            "“prod-*” means it. Name the account by its id in a rule, or allow organizations:ListAccounts."
        ),
    ),
]


@pytest.mark.parametrize(("case", "sentence"), SENTENCES)
def test_a_refusal_says_why_and_what_helps(case: Case, sentence: str) -> None:
    if case.wish in OPERATING:
        decision = may_operate(case.house, case.standing, case.wish)
    elif case.wish is Wish.ASK:
        decision = may_ask(case.house, case.standing, [key_in(case.account)])
    else:
        decision = may_decide(case.house, case.standing, case.request, case.wish, NOW)
    assert isinstance(decision, Refused)
    assert decision.sentence == sentence


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            SOLE["me alone"],
            "This could never be approved: you ask, and nobody approves their own request. <@U0ME> can approve.",
        ),
        (
            SOLE["one other of two"],
            (
                "This could never be approved: you ask, and nobody approves their own request. "
                "<@U0ME> or <@U0SOMEBODY> can approve (2 of them are needed)."
            ),
        ),
        (
            SOLE["me or a group, apart"],
            (
                "This could never be approved: you ask, and nobody approves their own request. "
                "<@U0ME> or <!subteam^S0ADMINS> can approve (2 of them are needed, each from another group)."
            ),
        ),
        (
            ApprovalRule("for the team", ("*",), requesters=(SOMEBODY,), approvers=(SOMEBODY, ADMINS)),
            "The rule “for the team” does not let you ask for this.",
        ),
    ],
)
def test_whoever_may_not_ask_hears_why(rule: ApprovalRule, sentence: str) -> None:
    decision = may_ask(House(frozenset({OURS}), (rule,)), Case().standing, [key_in(Case().account)])
    assert isinstance(decision, Refused)
    assert decision.sentence == sentence


def test_people_from_elsewhere_are_not_told_who_approves() -> None:
    stranger = Case(team=THEIRS, listed="nowhere")
    decision = may_decide(stranger.house, stranger.standing, stranger.request, Wish.APPROVE, NOW)
    assert decision == Refused(RefusalReason.OTHER_WORKSPACE, "Only people of this workspace can do that.")


def test_no_workspace_in_the_configuration_means_nobody() -> None:
    house = replace(Case().house, workspaces=frozenset())
    decision = may_decide(house, Case().standing, Case().request, Wish.APPROVE, NOW)
    assert isinstance(decision, Refused)


def test_a_request_without_keys_is_nobodys_to_approve() -> None:
    decision = may_decide(Case().house, Case().standing, request_of([]), Wish.APPROVE, NOW)
    assert decision == Refused(RefusalReason.NO_RULE, "No key is named, so nobody may approve.")
    assert may_ask(Case().house, Case().standing, []) == decision


def test_a_group_that_slack_could_not_read_says_what_and_that_nothing_happened() -> None:
    unread = Case(listed="nowhere", groups_are_read=False)
    decision = may_decide(unread.house, unread.standing, unread.request, Wish.APPROVE, NOW)
    assert decision == Refused(
        RefusalReason.LOOKUP_FAILED,
        "Slack could not be asked (usergroups.users.list: plan_upgrade_required), so nobody can tell whether you may "
        "do that. Nothing was changed; try again in a minute.",
        NO_GROUPS.sentence,
    )
