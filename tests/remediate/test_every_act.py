"""Every state of a request, every actor, every act, under every kind of rule; on a real database, through the use case.

What is right is written down here once more, as tables. Whoever may not is refused, and that is on record; whoever
comes too late hears what is so by now; a move happens once, and its entry with it; nothing else happens.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.models.approval import ApprovalRule, RefusalReason, Wish
from bot.models.asking import Declined, Settled
from bot.models.requests import ChangeState, DecisionKind, Outcome, Request, RequestState
from bot.models.trail import SYSTEM, Act
from tests.remediate.deciders import (
    ADMINS,
    ASKER,
    BOT,
    BOTH,
    BREAKER,
    BREAKERS,
    CHANNEL,
    DARK,
    ELSEWHERE,
    FIRST,
    GONE,
    GROUPS,
    GUEST,
    HOUR,
    IMPOSTOR,
    MEMBER,
    NOBODY,
    NOW,
    OURS,
    QUIET,
    SECOND,
    SILENT,
    STRANGER,
    THEIRS,
    UNREAD,
    Office,
    actor,
    approval,
    request_under,
)

WISHES = (Wish.APPROVE, Wish.DENY, Wish.WITHDRAW, Wish.RETRY, Wish.BREAK_GLASS)
USELESS: Mapping[str, RefusalReason] = {
    GUEST: RefusalReason.NOT_A_FULL_MEMBER,
    GONE: RefusalReason.NOT_A_FULL_MEMBER,
    BOT: RefusalReason.NOT_A_FULL_MEMBER,
    STRANGER: RefusalReason.NOT_A_FULL_MEMBER,
    ELSEWHERE: RefusalReason.OTHER_WORKSPACE,
    IMPOSTOR: RefusalReason.OTHER_WORKSPACE,
    SILENT: RefusalReason.LOOKUP_FAILED,
}
"""Whom every list names, and who may do nothing."""
APPROVERS = (FIRST, SECOND, MEMBER, QUIET)
ACTORS = (ASKER, BOTH, *APPROVERS, BREAKER, NOBODY, DARK, *USELESS)

PLAIN = ApprovalRule(
    "plain", ("*",), approvers=(FIRST, SECOND, ADMINS, BOTH, *USELESS), quiet_approvers=(QUIET,), required=1
)
RULES: Mapping[str, ApprovalRule] = {
    "one": PLAIN,
    "two": replace(PLAIN, required=2),
    "apart": replace(
        PLAIN, approvers=(SECOND, ADMINS, BOTH, *USELESS), required=2, from_different_groups=True
    ),  # the first approver and the member stand for one and the same group
    "self": replace(PLAIN, self_approval=True),
    "pre-approved": replace(PLAIN, required=0, daily_cap=1_000_000),
    "glass": replace(PLAIN, required=2, break_glass=(BREAKER, FIRST, BREAKERS, *USELESS)),
}


@dataclass(frozen=True)
class State:
    """Where a request stands: its own state, its change's, who approved, and whether its time is over."""

    request: RequestState
    change: ChangeState = ChangeState.QUEUED
    approved_by_one: bool = False
    is_overdue: bool = False
    is_broken: bool = False
    is_taken: bool = False


STATES: Mapping[str, State] = {
    "waits": State(RequestState.PENDING),
    "waits, approved by one": State(RequestState.PENDING, approved_by_one=True),
    "waits, overdue": State(RequestState.PENDING, is_overdue=True),
    "waits, approved by one, overdue": State(RequestState.PENDING, approved_by_one=True, is_overdue=True),
    "approved": State(RequestState.APPROVED),
    "approved, overdue": State(RequestState.APPROVED, is_overdue=True),
    "executing": State(RequestState.APPROVED, ChangeState.EXECUTING),
    "glass broken": State(RequestState.APPROVED, is_broken=True),
    "succeeded": State(RequestState.DONE, ChangeState.SUCCEEDED),
    "failed": State(RequestState.DONE, ChangeState.FAILED),
    "failed, overdue": State(RequestState.DONE, ChangeState.FAILED, is_overdue=True),
    "failed, and asked for anew": State(RequestState.DONE, ChangeState.FAILED, is_taken=True),
    "not needed": State(RequestState.DONE, ChangeState.NOT_NEEDED),
    "denied": State(RequestState.DENIED),
    "expired": State(RequestState.EXPIRED, is_overdue=True),
    "withdrawn": State(RequestState.CANCELLED),
}


@dataclass(frozen=True)
class Expected:
    """What must come of an act: where the request goes, what is recorded of whom, why it was refused, and whether the
    act did what it was meant to.
    """

    goes_to: RequestState | None = None
    acts: tuple[tuple[str, Act], ...] = ()
    refused: RefusalReason | None = None
    is_settled: bool = True


TOO_LATE = Expected(is_settled=False)


def refusal(who: str, reason: RefusalReason) -> Expected:
    return Expected(None, ((who, Act.REFUSED),), reason, is_settled=False)


def why_not(kind: str, who: str, wish: Wish) -> RefusalReason | None:
    """Say what stands in the way of a full member, by the rule alone."""
    is_requester, is_approver = who in {ASKER, BOTH}, who in {*APPROVERS, BOTH}
    unknown_or = RefusalReason.LOOKUP_FAILED if who == DARK else RefusalReason.NOT_AN_APPROVER
    if wish is Wish.WITHDRAW:
        return None if is_requester else RefusalReason.NOT_THE_REQUESTER
    if wish is Wish.BREAK_GLASS:
        if kind == "glass" and who == DARK:
            return RefusalReason.LOOKUP_FAILED
        return None if kind == "glass" and who in {BREAKER, FIRST} else RefusalReason.NO_BREAK_GLASS
    if wish is Wish.RETRY:
        return None if is_requester or is_approver else unknown_or
    if is_requester and (wish is Wish.DENY or kind != "self"):
        return RefusalReason.OWN_REQUEST
    return None if is_approver else unknown_or


def what_an_approval_does(kind: str, state: State, who: str) -> Expected:
    if state.approved_by_one and who == FIRST:
        return TOO_LATE
    given = ((who, Act.APPROVAL_GIVEN),)
    alone_is_enough = kind in {"one", "self", "pre-approved"}
    second_is_enough = state.approved_by_one and (kind != "apart" or who != MEMBER)
    if alone_is_enough or second_is_enough:
        return Expected(RequestState.APPROVED, (*given, (who, Act.REQUEST_APPROVED)))
    return Expected(RequestState.PENDING, given)


def expected(kind: str, state: State, who: str, wish: Wish) -> Expected:
    waits, failed = state.request is RequestState.PENDING, state.change is ChangeState.FAILED
    if not waits and wish is not Wish.RETRY and who != ELSEWHERE:
        return TOO_LATE  # nobody is looked up for what is decided
    if who in USELESS:
        return refusal(who, USELESS[who])
    if state.is_overdue and wish is not Wish.WITHDRAW:
        if wish is Wish.RETRY and state.request in {RequestState.APPROVED, RequestState.DONE}:
            return refusal(who, RefusalReason.EXPIRED)
        if not waits:
            return TOO_LATE
        expiry = ((SYSTEM, Act.REQUEST_EXPIRED),)
        if wish is Wish.RETRY:
            return Expected(RequestState.EXPIRED, expiry, is_settled=False)
        return Expected(RequestState.EXPIRED, (*expiry, (who, Act.REFUSED)), RefusalReason.EXPIRED, is_settled=False)
    reason = why_not(kind, who, wish)
    if reason is not None:
        return refusal(who, reason)
    if wish is Wish.RETRY:
        can = failed and state.request is RequestState.DONE and not state.is_taken
        return Expected(RequestState.APPROVED, ((who, Act.CHANGE_RETRIED),)) if can else TOO_LATE
    if wish is Wish.APPROVE:
        return what_an_approval_does(kind, state, who)
    return {
        Wish.DENY: Expected(RequestState.DENIED, ((who, Act.REQUEST_DENIED),)),
        Wish.WITHDRAW: Expected(RequestState.CANCELLED, ((who, Act.REQUEST_CANCELLED),)),
        Wish.BREAK_GLASS: Expected(RequestState.APPROVED, ((who, Act.GLASS_BROKEN),)),
    }[wish]


def made(office: Office, kind: str, state: State, requester: str) -> Request:
    """Bring a request into a state, by the book alone."""
    rule, store = RULES[kind], office.store
    born_approved = kind == "pre-approved" and state.request in {RequestState.APPROVED, RequestState.DONE}
    request = request_under(rule, requester=requester, expires_at=NOW if state.is_overdue else NOW + HOUR)
    if not born_approved:
        request = replace(request, state=RequestState.PENDING, required=max(1, rule.required))
    assert store.create(request, CHANNEL, {rule.name: rule.daily_cap} if born_approved else {})
    by = approval(FIRST, ADMINS) if kind == "apart" else approval(FIRST)
    if state.request is RequestState.PENDING:
        if state.approved_by_one:
            assert store.decide(request, by, required=request.required, rule="", is_enough=lambda _: False)
    elif state.request in {RequestState.DENIED, RequestState.EXPIRED, RequestState.CANCELLED}:
        closer = {RequestState.DENIED: SECOND, RequestState.EXPIRED: SYSTEM, RequestState.CANCELLED: requester}
        assert store.close(request, state.request, by=closer[state.request], at=NOW)
    elif state.is_broken and not born_approved:
        word = replace(approval(BREAKER), kind=DecisionKind.BREAK_GLASS)
        assert store.break_glass(request, word, rule="", channel=CHANNEL)
    elif not born_approved:
        office.approved(request, by, approval(SECOND)) if rule.required > 1 else office.approved(request, by)
    if state.change is not ChangeState.QUEUED:
        (change,) = request.changes
        assert store.claim(change, NOW)
        if state.change is not ChangeState.EXECUTING:
            assert store.conclude(change, Outcome(state.change, "So it ended."), CHANNEL, NOW)
    if state.is_taken:
        newer = request_under(rule)
        again = replace(newer.changes[0], arn=request.changes[0].arn)
        assert store.create(replace(newer, state=RequestState.PENDING, changes=(again,)), CHANNEL)
    office.recorded()
    return office.now_of(request)


ONLY_WHERE: Mapping[str, Callable[[Request], bool]] = {
    r"waits for (approval|somebody)": lambda request: request.state is RequestState.PENDING,
    r"too old to be tried": lambda request: request.state is not RequestState.PENDING,
    r"has expired": lambda request: request.state is RequestState.EXPIRED,
    r"denied this request already": lambda request: request.state is RequestState.DENIED,
    r"withdrawn this request": lambda request: request.state is RequestState.CANCELLED,
    r"approved already": lambda request: bool(request.approvers) and request.glass is None,
    r"You have approved": lambda request: request.approvers == (FIRST,),
    r"needed no approval": lambda request: not request.required and request.state is not RequestState.PENDING,
    r"broken already": lambda request: request.glass is not None,
    r"carried out already": lambda request: request.state is RequestState.APPROVED,
    r"no change of this request has failed": lambda request: request.changes[0].state is not ChangeState.FAILED,
}
"""Words that say how a request stands, and when they are true."""


def read_as_a_person(sentence: str, request: Request) -> None:
    assert sentence.endswith(".")
    assert not re.search(r"None|by \.|by ,|<@>|[A-Z]+_[A-Z]+|  ", sentence)
    for words, is_true in ONLY_WHERE.items():
        if re.search(words, sentence):
            assert is_true(request), (sentence, request)


def check(office: Office, before: Request, who: str, wish: Wish, right: Expected) -> bool:
    """Act, and compare what came of it with what must; True where the request moved."""
    office.people.groups = UNREAD if who == DARK else dict(GROUPS)
    answer = office.deciding.decide(actor(who), before.id, wish, "because")
    after, entries = office.now_of(before), office.recorded()
    assert tuple((entry.actor, entry.act) for entry in entries) == right.acts
    assert all(entry.subject == before.id for entry in entries)
    moved = right.goes_to is not None
    if right.is_settled:
        assert isinstance(answer, Settled)
        assert answer.request == after
        assert after.state is right.goes_to
        if wish not in {Wish.WITHDRAW, Wish.RETRY}:
            assert json.loads(entries[0].details)["rule"] == str(office.rules[0])
        if wish not in {Wish.APPROVE, Wish.RETRY}:
            assert after.decisions == before.decisions or after.decisions[-1].note == "because"
        assert (office.store.open_for(after.changes[0].arn) is not None) == after.is_open
    else:
        assert isinstance(answer, Declined)
        assert answer.request is not None
        read_as_a_person(answer.sentence, after)
        if moved:
            assert after.state is right.goes_to
        else:
            assert after == before
        assert answer.request.state is after.state
    if right.refused is not None:
        team = THEIRS if who == ELSEWHERE else OURS
        details = {"wish": wish.value, "reason": right.refused.value, "team": team}
        assert json.loads(entries[-1].details) == details
    return moved


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("name", STATES)
def test_every_act_of_every_actor(kind: str, name: str) -> None:
    """16 states, 16 actors, 5 acts and 6 kinds of rules: 7,680 acts, of which those that move begin anew."""
    office, state = Office((RULES[kind],)), STATES[name]
    seen = 0
    for requester in (ASKER, BOTH):
        request = None
        for who in ACTORS:
            if who in {ASKER, BOTH} and who != requester:
                continue
            if requester == BOTH and who != BOTH:
                continue
            for wish in WISHES:
                request = made(office, kind, state, requester) if request is None else request
                right = expected(kind, state, who, wish)
                try:
                    moved = check(office, request, who, wish, right)
                except AssertionError as error:
                    raise AssertionError((kind, name, who, wish, right, str(error))) from error
                request = None if moved else request
                seen += 1
    assert seen == len(ACTORS) * len(WISHES)
    assert office.trail.verify().fault is None
    office.database.close()


def test_the_whole_space_is_covered() -> None:
    assert len(STATES) * len(ACTORS) * len(WISHES) * len(RULES) == 7680


def test_a_request_that_is_not_in_the_database_says_so() -> None:
    office = Office((PLAIN,))
    answer = office.deciding.decide(actor(FIRST), "r0", Wish.APPROVE)
    assert answer == Declined("This request is not in the database. It may belong to another installation of the bot.")
    assert office.recorded() == []


def test_an_approval_under_a_rule_that_asks_for_none_by_now_is_an_approval_still() -> None:
    """Otherwise nobody could say later on whose word the key was changed."""
    office = Office((RULES["pre-approved"],))
    request = made(office, "pre-approved", STATES["waits"], ASKER)
    answer = office.deciding.decide(actor(FIRST), request.id, Wish.APPROVE)
    assert isinstance(answer, Settled)
    assert (answer.request.basis, answer.request.approvers) == ("APPROVALS", (FIRST,))


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), 100 * HOUR])
def test_time_ends_each_overdue_request_once(late: timedelta) -> None:
    office = Office((PLAIN,))
    request = made(office, "one", STATES["waits"], ASKER)
    office.now = request.expires_at - timedelta(microseconds=1)
    assert office.deciding.expire_due() == []
    office.now = request.expires_at + late
    assert [each.id for each in office.deciding.expire_due()] == [request.id]
    assert office.deciding.expire_due() == []
    assert [(entry.actor, entry.act) for entry in office.recorded()] == [(SYSTEM, Act.REQUEST_EXPIRED)]
    assert office.now_of(request).state is RequestState.EXPIRED


@pytest.mark.parametrize("name", STATES)
def test_time_ends_no_request_that_does_not_wait(name: str) -> None:
    office, state = Office((PLAIN,)), STATES[name]
    request = made(office, "one", state, ASKER)
    office.now = NOW + 1000 * HOUR
    office.deciding.remind_due()
    expired = [each.id for each in office.deciding.expire_due()]
    assert (request.id in expired) == (state.request is RequestState.PENDING)
    if state.request is not RequestState.PENDING:
        assert office.now_of(request) == request
