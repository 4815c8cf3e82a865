"""Who may do what: the whole finite space of people, lists and wishes, against statements that hold of every case."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.people import Person
from bot.rules.approval import House, may_ask, may_decide, may_operate
from tests.rules.approval_cases import (
    DECIDING,
    FLAGS,
    FULL_MEMBER,
    LISTED,
    ME,
    NO_ANSWER,
    NOW,
    OPERATING,
    OURS,
    RULES,
    SOMEBODY,
    THEIRS,
    Case,
    people,
    request_of,
)


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
        (
            "Slack could not be asked (users.info: timeout), so nobody can tell whether you may do that. "
            "Nothing was changed; try again in a minute."
        ),
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
    (
        FULL_MEMBER.but(rule="empty"),
        (
            "You are not an approver here. "
            "The rule for this account names nobody, so nobody may approve. Add approvers to it."
        ),
    ),
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
