"""A request whose keys fall under several rules: each rule is satisfied by its own approvers, in whatever order."""

from dataclasses import replace
from itertools import chain, permutations

import pytest

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.asking import Declined, Settled
from bot.models.people import Person
from bot.models.requests import Request, RequestState
from tests.remediate.deciders import (
    ADMINS,
    ASKER,
    BREAKER,
    CHANNEL,
    FIRST,
    MEMBER,
    OURS,
    QUIET,
    SECOND,
    Office,
    actor,
    approval,
    request_under,
)

ONE_ACCOUNT, OTHER_ACCOUNT = "111111111111", "222222222222"
ONE = ApprovalRule("one", (ONE_ACCOUNT,), approvers=(FIRST, QUIET))
TWO = ApprovalRule("two", (OTHER_ACCOUNT,), approvers=(SECOND, ADMINS, QUIET), required=2, break_glass=(BREAKER,))
FREE = ApprovalRule("free", (OTHER_ACCOUNT,), required=0, daily_cap=100)
APPROVERS = (FIRST, SECOND, MEMBER, QUIET)
ORDERS = list(chain.from_iterable(permutations(APPROVERS, length) for length in range(1, 5)))


def asked(office: Office, requester: str = ASKER) -> Request:
    request = request_under(ONE, requester=requester, keys=2)
    first, second = request.changes
    second = replace(second, arn=second.arn.replace(ONE_ACCOUNT, OTHER_ACCOUNT))
    request = replace(request, changes=(first, second), required=2)
    assert office.store.create(request, CHANNEL)
    return request


def counts_under(rule: ApprovalRule, who: str) -> bool:
    """The first approver is one of the administrators too."""
    return who in rule.may_approve or (ADMINS in rule.may_approve and who in {FIRST, MEMBER})


@pytest.mark.parametrize("order", ORDERS, ids=["-".join(each[2:].lower() for each in order) for order in ORDERS])
@pytest.mark.parametrize("second", [TWO, FREE], ids=["two", "free"])
def test_every_order_of_approvals(order: tuple[str, ...], second: ApprovalRule) -> None:
    """All 64 orders of up to four approvers, under two rules that both want approvals, or one of them none."""
    office = Office((ONE, second))
    request, given = asked(office), list[str]()
    for who in order:
        state = office.now_of(request).state
        answer = office.deciding.decide(actor(who), request.id, Wish.APPROVE)
        can = any(counts_under(rule, who) for rule in (ONE, second))
        assert isinstance(answer, Settled) == (can and state is RequestState.PENDING)
        if isinstance(answer, Settled):
            given.append(who)
        enough = all(sum(counts_under(rule, each) for each in given) >= rule.required for rule in (ONE, second))
        assert office.now_of(request).state is (RequestState.APPROVED if enough else RequestState.PENDING)
    assert sorted(office.now_of(request).approvers) == sorted(given)


def test_everybody_whom_one_of_the_rules_names_may_deny_it() -> None:
    for who in APPROVERS:
        office = Office((ONE, TWO))
        assert isinstance(office.deciding.decide(actor(who), asked(office).id, Wish.DENY), Settled)


def test_a_glass_that_one_of_the_rules_does_not_have_is_not_there() -> None:
    office = Office((ONE, TWO))
    answer = office.deciding.decide(actor(BREAKER), asked(office).id, Wish.BREAK_GLASS)
    assert isinstance(answer, Declined)
    assert answer.sentence.startswith("The rule “one” has no break-glass.")


@pytest.mark.parametrize("lost", APPROVERS[:3])
def test_whose_word_one_of_the_rules_misses_by_now_is_not_made_up_for_by_another(lost: str) -> None:
    office = Office((ONE, TWO))
    request = asked(office)
    request = office.approved(request, *(approval(who) for who in APPROVERS[:3]))
    assert isinstance(office.deciding.still_holds(request), Permitted)
    office.people.people[lost] = Person(lost, OURS, deleted=True)
    verdict = office.deciding.still_holds(request)
    # The first approver, an administrator, counts under both rules: either of the others may be missed, the first not.
    if lost == FIRST:
        assert isinstance(verdict, Refused)
        assert verdict.reason is RefusalReason.NOT_A_FULL_MEMBER
    else:
        assert isinstance(verdict, Permitted)
