"""Who may approve, and what a request waits for, as a reader would like it."""

from dataclasses import replace

import pytest

from bot.models.approval import ApprovalRule, RefusalReason, Refused
from bot.models.asking import Waiting
from bot.models.requests import Decision, DecisionKind
from bot.models.scans import Account
from bot.rules.approvers import everybody_concerned, what_is_missing, what_it_waits_for, who_approves, who_decides
from bot.rules.counting import tally
from bot.rules.house import House
from tests.rules.approval_cases import ID, ME, NOW, OTHER_ID, OURS, SOMEBODY, request_of

PROD, TEST = Account(ID, "prod"), Account(OTHER_ID, "test")


def named(*approvers: str, quiet: tuple[str, ...] = (), required: int = 1, apart: bool = False) -> ApprovalRule:
    return ApprovalRule(
        "it", approvers=approvers, quiet_approvers=quiet, required=required, from_different_groups=apart
    )


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (named(), "The rule for this account names nobody, so nobody may approve. Add approvers to it."),
        (named("U1"), "<@U1> can approve."),
        (named("W1"), "<@W1> can approve."),
        (named("S1"), "<!subteam^S1> can approve."),
        (named("S1", required=2), "<!subteam^S1> can approve (2 of them are needed)."),
        (named("U1", "S1"), "<@U1> or <!subteam^S1> can approve."),
        (named("U1", "U2", "U3", required=2), "<@U1>, <@U2> or <@U3> can approve (2 of them are needed)."),
        (
            named("S1", "S2", required=2, apart=True),
            "<!subteam^S1> or <!subteam^S2> can approve (2 of them are needed, each from another group).",
        ),
        (named("U1", quiet=("U2",)), "<@U1> can approve; so can 1 other, who is not pinged."),
        (
            named("U1", quiet=("U2", "S2"), required=2),
            "<@U1> can approve (2 of them are needed); so can 2 others, who are not pinged.",
        ),
        (
            ApprovalRule("dev keys", required=0, daily_cap=5),
            (
                "The rule “dev keys” asks for no approval, for up to 5 keys in 24 hours. "
                "Withdraw a request that still waits, and ask again."
            ),
        ),
        (
            ApprovalRule("dev keys", required=0, daily_cap=1),
            (
                "The rule “dev keys” asks for no approval, for up to 1 key in 24 hours. "
                "Withdraw a request that still waits, and ask again."
            ),
        ),
    ],
)
def test_who_approves_under_a_rule(rule: ApprovalRule, sentence: str) -> None:
    assert who_approves(rule) == sentence


def test_no_quiet_approver_is_ever_mentioned() -> None:
    rules = (named("U1", quiet=("U0QUIET", "S0QUIET")), named(quiet=("U0QUIET",)))
    assert "QUIET" not in who_decides(rules)


def test_of_several_rules_each_has_a_line() -> None:
    rules = (
        replace(named("U1"), name="prod"),
        replace(named("S1", required=2), name="pay"),
        ApprovalRule("dev", required=0, daily_cap=5),
    )
    assert who_decides(rules).splitlines() == [
        "The keys fall under 3 rules, and each must be satisfied.",
        "“prod”: <@U1> can approve.",
        "“pay”: <!subteam^S1> can approve (2 of them are needed).",
        "“dev”: Approved beforehand.",
    ]


def test_of_one_rule_it_is_said_who_approves_and_of_none_why() -> None:
    assert who_decides((named("U1"),)) == "<@U1> can approve."
    assert who_decides(Refused(RefusalReason.NO_RULE, "No rule is for it.")) == "No rule is for it."


def approved_by(*people: str) -> tuple[Decision, ...]:
    return tuple(Decision(who, DecisionKind.APPROVE, NOW, capacities=(who,)) for who in people)


@pytest.mark.parametrize(
    ("required", "approvers", "told"),
    [
        (1, (), "Waiting for 1 approval. <@U1> or <@U2> can approve."),
        (2, (), "Waiting for 2 approvals. <@U1> or <@U2> can approve (2 of them are needed)."),
        (2, ("U1",), "1 of 2 approvals so far. <@U1> or <@U2> can approve (2 of them are needed)."),
        (2, ("U1", "U9"), "1 of 2 approvals so far. <@U1> or <@U2> can approve (2 of them are needed)."),
        (2, ("U1", "U2"), "It has all that the rules ask for by now: one more approval sets it off."),
        (1, ("U1", "U2"), "It has all that the rules ask for by now: one more approval sets it off."),
    ],
)
def test_what_a_request_waits_for_is_said_by_the_rule_as_it_is_now(
    required: int, approvers: tuple[str, ...], told: str
) -> None:
    house = House(frozenset({OURS}), (replace(named("U1", "U2", required=required), accounts=("*",)),))
    request = replace(request_of([PROD]), decisions=approved_by(*approvers), required=7)
    assert what_it_waits_for(house, request) == Waiting(told)


def test_what_a_request_under_several_rules_waits_for() -> None:
    first = ApprovalRule("first", (ID,), approvers=("U1",), break_glass=("U1",))
    second = ApprovalRule("second", (OTHER_ID,), approvers=("U1", "U2"), required=2, break_glass=("U2",))
    request = replace(request_of([PROD, TEST]), decisions=approved_by("U1"))
    waiting = what_it_waits_for(House(frozenset({OURS}), (first, second)), request)
    assert waiting.told.splitlines() == [
        "The keys fall under 2 rules, and each must be satisfied.",
        "“first”: Has its 1 approval.",
        "“second”: 1 of 2 approvals so far. <@U1> or <@U2> can approve (2 of them are needed).",
    ]
    assert waiting.has_glass
    without = House(frozenset({OURS}), (first, replace(second, break_glass=())))
    assert not what_it_waits_for(without, request).has_glass


def test_where_no_rule_is_left_nobody_can_approve() -> None:
    assert what_it_waits_for(House(frozenset({OURS}), ()), request_of([PROD])) == Waiting(
        "Nobody can approve it as things are. "
        f"No approval rule covers account “prod” ({ID}), so nobody may approve. Add one to the configuration."
    )


def test_what_is_missing_is_said_of_each_rule() -> None:
    rules = (
        replace(named("U1", "U2", required=2), name="a"),
        replace(named("U1"), name="b"),
        ApprovalRule("c", required=0, daily_cap=1),
    )
    given = approved_by("U1")
    assert what_is_missing(tally(rules[:1], given, SOMEBODY)) == "1 of 2 approvals so far."
    assert what_is_missing(tally(rules, given, SOMEBODY)) == (
        "“a”: 1 of 2 approvals so far. “b”: Has its 1 approval. “c”: Approved beforehand."
    )


def test_a_request_concerns_who_asked_who_may_approve_and_who_may_break_the_glass() -> None:
    rules = (
        ApprovalRule("1", (ID,), approvers=("U1", "S1"), quiet_approvers=("U2",), break_glass=("U3", "U1")),
        ApprovalRule("2", ("*",), approvers=("S1", SOMEBODY)),
    )
    request = request_of([PROD, TEST], requester=SOMEBODY)
    house = House(frozenset({OURS}), rules)
    assert everybody_concerned(house, request) == (SOMEBODY, "U1", "S1", "U2", "U3")
    assert everybody_concerned(House(frozenset({OURS}), ()), request) == (SOMEBODY,)
    assert everybody_concerned(house, request_of([PROD], requester=ME)) == (ME, "U1", "S1", "U2", "U3")


def test_a_rule_names_itself_for_the_record() -> None:
    assert str(named("U1", quiet=("U2",), required=2)) == "it: 2 of U1, U2"
    assert str(ApprovalRule("dev", required=0, daily_cap=5)) == "dev: approved beforehand, 5 a day"
