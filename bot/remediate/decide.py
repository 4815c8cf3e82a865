"""Deciding a request: approve, deny, withdraw, retry. The rules say who may, one conditional UPDATE who was first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.models.approval import Permitted, RefusalReason, Refused, Wish
from bot.models.asking import Declined, Settled
from bot.models.people import Actor
from bot.models.requests import ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.trail import SYSTEM, Act, Entry
from bot.remediate.gateways import PeopleDirectory, Record, RequestBook
from bot.remediate.standing import standing
from bot.rules.approval import House, accounts_of, may_decide

UNKNOWN_REQUEST = "This request is not in the database. It may belong to another installation of the bot."

_NO_LONGER = {
    RefusalReason.OTHER_WORKSPACE: "Somebody who approved does not belong to this workspace any more.",
    RefusalReason.NOT_A_FULL_MEMBER: "Somebody who approved is not a full member of this workspace any more.",
    RefusalReason.NOT_AN_APPROVER: "Somebody who approved is not among the approvers any more.",
}


@dataclass(frozen=True, slots=True)
class Deciding:
    """Everything that deciding needs."""

    people: PeopleDirectory
    requests: RequestBook
    record: Record
    house: House
    clock: Callable[[], datetime]

    def decide(self, actor: Actor, request_id: str, wish: Wish, note: str = "") -> Settled | Declined:
        """Do what somebody wants with a request, if they may and nobody was first."""
        request = self.requests.get(request_id)
        if request is None:
            return Declined(UNKNOWN_REQUEST)
        permitted = self._may(actor, request, wish)
        if isinstance(permitted, Refused):
            return self._refuse(actor, request, wish, permitted)
        moved = self._move(actor, request, wish, permitted, note)
        if moved is None:
            now = self.requests.get(request_id)
            return Declined(too_late(now, actor, wish) if now else UNKNOWN_REQUEST, now)
        return Settled(moved)

    def expire_due(self) -> list[Request]:
        """End every request that waited too long."""
        return [request for request in self.requests.in_state(RequestState.PENDING) if self._expire(request)]

    def still_holds(self, request: Request) -> Permitted | Refused:
        """Look once more whether those who approved may still do so, before their word is acted on.

        What is known of one of them weighs more than that another one could not be looked up.
        """
        counted, required, doubts = 0, request.required, list[Refused]()
        for decision in request.decisions:
            if decision.kind is not DecisionKind.APPROVE:
                continue
            actor = Actor(decision.user_id, request.team_id)
            verdict = self._may(actor, request, Wish.APPROVE, at=decision.at)
            if isinstance(verdict, Permitted):
                counted, required = counted + 1, max(required, verdict.required)
            else:
                doubts.append(verdict)
        if counted >= required and counted:
            return Permitted(required)
        known = [each for each in doubts if each.reason is not RefusalReason.LOOKUP_FAILED]
        if known:
            return Refused(known[0].reason, _NO_LONGER.get(known[0].reason, known[0].sentence))
        if doubts:
            return doubts[0]
        sentence = f"{required} approvals are needed by now, and only {counted} given."
        return Refused(RefusalReason.NOT_AN_APPROVER, sentence)

    def _may(self, actor: Actor, request: Request, wish: Wish, at: datetime | None = None) -> Permitted | Refused:
        rules = self.house.rules_for(accounts_of(request))
        who = standing(self.people, actor, () if isinstance(rules, Refused) else rules)
        return may_decide(self.house, who, request, wish, at or self.clock())

    def _move(self, actor: Actor, request: Request, wish: Wish, permitted: Permitted, note: str) -> Request | None:
        now = self.clock()
        if wish is Wish.APPROVE:
            decision = Decision(actor.user_id, DecisionKind.APPROVE, now, note)
            required = max(permitted.required, request.required)
            return self.requests.decide(request, decision, required=required, rule=permitted.rule)
        if wish is Wish.RETRY:
            return self.requests.get(request.id) if self.requests.retry(request, actor.user_id, now) else None
        state = RequestState.DENIED if wish is Wish.DENY else RequestState.CANCELLED
        return self.requests.close(request, state, by=actor.user_id, at=now, note=note)

    def _expire(self, request: Request) -> bool:
        now = self.clock()
        if now < request.expires_at:
            return False
        return self.requests.close(request, RequestState.EXPIRED, by=SYSTEM, at=now) is not None

    def _refuse(self, actor: Actor, request: Request, wish: Wish, refused: Refused) -> Declined:
        if refused.reason is RefusalReason.EXPIRED and wish is not Wish.RETRY:
            if request.state is not RequestState.PENDING:
                return Declined(too_late(request, actor, wish), request)
            self._expire(request)
        details = {"wish": wish.value, "reason": refused.reason.value, "team": actor.team_id}
        self.record.record(Entry(self.clock(), actor.user_id, Act.REFUSED, request.id, details))
        return Declined(refused.sentence, request)


def too_late(request: Request, actor: Actor, wish: Wish) -> str:
    """Say why a wish came to nothing: who was first, and with what."""
    if request.state is RequestState.PENDING:
        missing = request.required - len(request.approvers)
        more = "1 more approval is" if missing == 1 else f"{missing} more approvals are"
        return f"You have approved this already; {more} needed."
    if wish is Wish.RETRY:
        if request.state is RequestState.APPROVED:
            return "It is being tried again already."
        if not any(change.state is ChangeState.FAILED for change in request.changes):
            return "There is nothing to try again: no change of this request has failed."
        return "It cannot be tried again now: it is running already, or a newer request covers the same key."
    who = "You have" if request.closed_by == actor.user_id else f"<@{request.closed_by}> has"
    if request.state in {RequestState.APPROVED, RequestState.DONE}:
        approvers = " and ".join("you" if each == actor.user_id else f"<@{each}>" for each in request.approvers)
        return f"This request was approved already, by {approvers}. Nothing was changed by your click."
    return {
        RequestState.DENIED: f"{who} denied this request already. Nothing was changed.",
        RequestState.CANCELLED: f"{who} withdrawn this request. Nothing was changed.",
        RequestState.EXPIRED: "This request has expired. Ask again if the key still needs it.",
    }[request.state]
