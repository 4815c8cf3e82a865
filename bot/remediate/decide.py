"""Deciding a request: approve, deny, withdraw, retry. The rules say who may, one conditional UPDATE who was first."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.asking import Declined, Settled
from bot.models.people import Actor
from bot.models.requests import Basis, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.trail import SYSTEM, Act, Entry
from bot.remediate.gateways import PeopleDirectory, Record, RequestBook
from bot.remediate.standing import standing
from bot.rules.approval import is_too_late, may_ask, may_decide
from bot.rules.approvers import what_is_missing
from bot.rules.counting import is_enough, tally
from bot.rules.house import House, keys_of
from bot.rules.reminding import reminders_due
from bot.tracing import about

UNKNOWN_REQUEST = "This request is not in the database. It may belong to another installation of the bot."

log = logging.getLogger(__name__)

_NO_LONGER = {
    RefusalReason.OTHER_WORKSPACE: "does not belong to this workspace any more",
    RefusalReason.NOT_A_FULL_MEMBER: "is not a full member of this workspace any more",
    RefusalReason.NOT_AN_APPROVER: "is not among the approvers any more",
    RefusalReason.NOT_A_REQUESTER: "is not among those who may ask any more",
    RefusalReason.NO_BREAK_GLASS: "is not among those who may break the glass any more",
    RefusalReason.OWN_REQUEST: "asked for it as well, which the rules do not allow any more",
}

_KINDS = {Wish.DENY: DecisionKind.DENY, Wish.BREAK_GLASS: DecisionKind.BREAK_GLASS}


@dataclass(frozen=True, slots=True)
class Deciding:
    """Everything that deciding needs. `channel` is where a broken glass and reminders are told."""

    people: PeopleDirectory
    requests: RequestBook
    record: Record
    house: House
    channel: str
    clock: Callable[[], datetime]

    def decide(self, actor: Actor, request_id: str, wish: Wish, note: str = "") -> Settled | Declined:
        """Do what somebody wants with a request, if they may and nobody was first.

        Where it is decided already, nobody is looked up in Slack: in a crowd of clicks other requests would wait.
        """
        request = self.requests.get(request_id)
        if request is None:
            return Declined(UNKNOWN_REQUEST)
        if is_too_late(request, wish) and actor.team_id in self.house.workspaces:
            return Declined(too_late(request, actor, wish), request)
        now = self.clock()
        permitted = self._asked_of(actor, request, wish, now)
        if isinstance(permitted, Refused):
            return self._refuse(actor, request, wish, permitted)
        word = Decision(actor.user_id, _KINDS.get(wish, DecisionKind.APPROVE), now, note, permitted.capacities)
        moved = self._move(request, wish, word, permitted)
        if moved is None:
            found = self.requests.get(request_id)
            return Declined(too_late(found, actor, wish) if found else UNKNOWN_REQUEST, found)
        log.info("%s by %s: the request is %s now.", wish, actor.user_id, moved.state)
        return Settled(moved)

    def expire_due(self) -> list[Request]:
        """End every request that waited too long."""
        ended = [request for request in self.requests.in_state(RequestState.PENDING) if self._expire(request)]
        for request in ended:
            with about(request=request.id):
                log.info("The request has expired.")
        return ended

    def still_holds(self, request: Request) -> Permitted | Refused:
        """Look once more whether those on whose word a request is carried out may still give it.

        Rules and people are as they are now. What is known of somebody weighs more than that another one could not be
        looked up.
        """
        rules = self.house.rules_for(keys_of(request))
        if isinstance(rules, Refused):
            return rules
        match request.basis:
            case Basis.PRE_APPROVED:
                return self._still_pre_approved(request, rules)
            case Basis.BREAK_GLASS if request.glass is not None:
                verdict = self._may(request, request.glass, Wish.BREAK_GLASS)
                return verdict if isinstance(verdict, Permitted) else _no_longer(verdict, "broke the glass")
        return self._still_approved(request, rules)

    def _still_approved(self, request: Request, rules: tuple[ApprovalRule, ...]) -> Permitted | Refused:
        counted, doubts = list[Decision](), list[Refused]()
        for decision in request.approvals:
            verdict = self._may(request, decision, Wish.APPROVE)
            if isinstance(verdict, Permitted):
                counted.append(replace(decision, capacities=verdict.capacities))
            else:
                doubts.append(verdict)
        if counted and is_enough(rules, counted, request.requester):
            return Permitted(rules)
        known = [each for each in doubts if each.reason is not RefusalReason.LOOKUP_FAILED]
        if known:
            return _no_longer(known[0], "approved")
        if doubts:
            return _no_longer(doubts[0], "approved")
        sentence = (
            f"The rules ask for other approvals by now. {what_is_missing(tally(rules, counted, request.requester))}"
        )
        return Refused(RefusalReason.NOT_AN_APPROVER, sentence)

    def _still_pre_approved(self, request: Request, rules: tuple[ApprovalRule, ...]) -> Permitted | Refused:
        if any(rule.required for rule in rules):
            return Refused(RefusalReason.NO_RULE, "The rules ask for an approval by now. Ask again.")
        who = standing(self.people, Actor(request.requester, request.team_id), rules, Wish.ASK)
        verdict = may_ask(self.house, who, keys_of(request))
        return verdict if isinstance(verdict, Permitted) else _no_longer(verdict, "asked")

    def _may(self, request: Request, word: Decision, wish: Wish) -> Permitted | Refused:
        return self._asked_of(Actor(word.user_id, request.team_id), request, wish, word.at)

    def _asked_of(self, actor: Actor, request: Request, wish: Wish, at: datetime) -> Permitted | Refused:
        rules = self.house.rules_for(keys_of(request))
        who = standing(self.people, actor, () if isinstance(rules, Refused) else rules, wish)
        return may_decide(self.house, who, request, wish, at)

    def _move(self, request: Request, wish: Wish, word: Decision, permitted: Permitted) -> Request | None:
        by, at = word.user_id, word.at
        if wish is Wish.APPROVE:
            rules = self.house.rules_for(keys_of(request))
            if isinstance(rules, Refused):
                raise ValueError(f"{request.id} falls under no rule, and nobody may approve it")
            return self.requests.decide(
                request,
                word,
                required=max(1, *(rule.required for rule in rules)),  # approved by somebody, whatever is needed by now
                rule=permitted.rule,
                is_enough=lambda approvals: is_enough(rules, approvals, request.requester),
            )
        if wish is Wish.BREAK_GLASS:
            return self.requests.break_glass(request, word, rule=permitted.rule, channel=self.channel)
        if wish is Wish.RETRY:
            return self.requests.get(request.id) if self.requests.retry(request, by, at) else None
        state = RequestState.DENIED if wish is Wish.DENY else RequestState.CANCELLED
        return self.requests.close(request, state, by=by, at=at, note=word.note, rule=permitted.rule)

    def remind_due(self) -> list[Request]:
        """Remind the approvers of every request that has waited long enough since it was made or they were reminded."""
        return [request for request in self.requests.in_state(RequestState.PENDING) if self._remind(request)]

    def _remind(self, request: Request) -> bool:
        rules = self.house.rules_for(keys_of(request))
        patience = None if isinstance(rules, Refused) else self.house.patience(rules)
        now = self.clock()
        due = 0 if patience is None else reminders_due(request, patience, now)
        return due > request.reminders and self.requests.remind(request, due, self.channel, now)

    def _expire(self, request: Request) -> bool:
        now = self.clock()
        if now < request.expires_at:
            return False
        return self.requests.close(request, RequestState.EXPIRED, by=SYSTEM, at=now) is not None

    def _refuse(self, actor: Actor, request: Request, wish: Wish, refused: Refused) -> Declined:
        found, was_approved = request, request.state in {RequestState.APPROVED, RequestState.DONE}
        if refused.reason is RefusalReason.EXPIRED and not (wish is Wish.RETRY and was_approved):
            is_ended_here = request.state is RequestState.PENDING and self._expire(request)
            found = self.requests.get(request.id) or request
            if not is_ended_here or wish is Wish.RETRY:
                return Declined(too_late(found, actor, wish), found)
        details = {"wish": wish.value, "reason": refused.reason.value, "team": actor.team_id}
        self.record.record(Entry(self.clock(), actor.user_id, Act.REFUSED, request.id, details))
        return Declined(refused.sentence, found)


def _no_longer(refused: Refused, did: str) -> Refused:
    """Say of somebody else what was said to them."""
    if refused.reason is RefusalReason.LOOKUP_FAILED:
        sentence = (
            f"{refused.cause}, so nobody can tell whether the approval still holds. The bot tries again by itself."
        )
        return Refused(refused.reason, sentence, refused.cause)
    told = _NO_LONGER.get(refused.reason)
    return refused if told is None else Refused(refused.reason, f"Somebody who {did} {told}.")


def too_late(request: Request, actor: Actor, wish: Wish) -> str:
    """Say why a wish came to nothing: who was first, and with what."""
    if wish is Wish.RETRY:
        if request.state is RequestState.PENDING:
            return "There is nothing to try again: this request still waits for approval."
        if request.state is RequestState.APPROVED:
            return "It is being carried out already."
        if not any(change.state is ChangeState.FAILED for change in request.changes):
            return "There is nothing to try again: no change of this request has failed."
        return "It cannot be tried again now: it is running already, or a newer request covers the same key."
    if request.state is RequestState.PENDING:
        return "You have approved this already; it waits for somebody else."
    if request.state in {RequestState.APPROVED, RequestState.DONE}:
        return f"{_how_it_was_approved(request, actor)} Nothing was changed by your click."
    who = "You have" if request.closed_by == actor.user_id else f"<@{request.closed_by}> has"
    return {
        RequestState.DENIED: f"{who} denied this request already. Nothing was changed.",
        RequestState.CANCELLED: f"{who} withdrawn this request. Nothing was changed.",
        RequestState.EXPIRED: "This request has expired. Ask again if the key still needs it.",
    }[request.state]


def _how_it_was_approved(request: Request, actor: Actor) -> str:
    if request.basis is Basis.PRE_APPROVED:
        return "This request needed no approval."
    words = request.approvals if request.glass is None else (request.glass,)
    people = " and ".join("you" if each.user_id == actor.user_id else f"<@{each.user_id}>" for each in words)
    how = "was approved already" if request.glass is None else "has had its glass broken already"
    return f"This request {how}, by {people}."
