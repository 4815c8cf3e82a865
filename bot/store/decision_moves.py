"""What people decide about a request. Each move is one conditional UPDATE, recorded in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.messages import MessageKind
from bot.models.requests import Decision, DecisionKind, Request, RequestState
from bot.models.trail import SYSTEM, Act, Entry
from bot.store.engine import Database
from bot.store.messages import forget_reminders, owe, touch_whole_request
from bot.store.request_rows import load_request, move_request
from bot.store.tables import changes, decisions, requests
from bot.store.trail import append

_CLOSING_ACTS = {
    RequestState.DENIED: Act.REQUEST_DENIED,
    RequestState.EXPIRED: Act.REQUEST_EXPIRED,
    RequestState.CANCELLED: Act.REQUEST_CANCELLED,
}

IsEnough = Callable[[Sequence[Decision]], bool]


class DecisionMoves:
    """Moves requests by what people say."""

    _database: Database

    def decide(
        self, request: Request, decision: Decision, *, required: int, rule: str, is_enough: IsEnough
    ) -> Request | None:
        """Store an approval and, with the last one needed, approve; None if somebody moved the request first.

        `required` is what the strictest rule wants now, and what the request says from now on. `is_enough` is asked
        with all approvals, this one among them.
        The request row is locked before anything is counted, so that two last approvals cannot miss each other.
        """
        if decision.kind is not DecisionKind.APPROVE:
            raise ValueError("a denial closes a request: see close()")
        with self._database.write() as connection:
            held = connection.execute(
                requests.update()
                .where(requests.c.id == request.id, requests.c.state == RequestState.PENDING.value)
                .values(state=RequestState.PENDING.value, required=required)
            )
            already = sa.select(decisions.c.user_id).where(
                decisions.c.request_id == request.id, decisions.c.user_id == decision.user_id
            )
            if held.rowcount == 0 or connection.execute(already).first() is not None:
                return None
            _put_word(connection, request, decision)
            given = {"rule": rule, "required": required, "note": decision.note, "as": list(decision.capacities)}
            append(connection, Entry(decision.at, decision.user_id, Act.APPROVAL_GIVEN, request.id, given))
            now = load_request(connection, request.id)
            if now is not None and is_enough(now.approvals):
                move_request(connection, request.id, RequestState.PENDING, RequestState.APPROVED)
                forget_reminders(connection, request.id)
                details = {"approvals": len(now.approvals)}
                append(connection, Entry(decision.at, decision.user_id, Act.REQUEST_APPROVED, request.id, details))
            touch_whole_request(connection, request, decision.at)
            return load_request(connection, request.id)

    def break_glass(self, request: Request, decision: Decision, *, rule: str, channel: str) -> Request | None:
        """Approve a pending request on one person's word, and owe the message that tells everybody; None if too late.

        It takes the place of an approval that the same person gave before.
        """
        with self._database.write() as connection:
            if not move_request(connection, request.id, RequestState.PENDING, RequestState.APPROVED):
                return None
            _put_word(connection, request, decision)
            details = {"rule": rule, "note": decision.note}
            append(connection, Entry(decision.at, decision.user_id, Act.GLASS_BROKEN, request.id, details))
            forget_reminders(connection, request.id)
            owe(connection, MessageKind.BREAK_GLASS, request.id, channel, decision.at)
            touch_whole_request(connection, request, decision.at)
            return load_request(connection, request.id)

    def remind(self, request: Request, number: int, channel: str, at: datetime) -> bool:
        """Owe the reminder of this number; False where it was owed already or nobody needs it any more."""
        with self._database.write() as connection:
            waits = sa.and_(
                requests.c.id == request.id,
                requests.c.state == RequestState.PENDING.value,
                requests.c.reminders == request.reminders,
            )
            if not connection.execute(requests.update().where(waits).values(reminders=number)).rowcount:
                return False
            append(connection, Entry(at, SYSTEM, Act.APPROVERS_REMINDED, request.id, {"number": number}))
            owe(connection, MessageKind.REMINDER, request.id, channel, at, position=number)
            return True

    def close(
        self, request: Request, state: RequestState, *, by: str, at: datetime, note: str = "", rule: str = ""
    ) -> Request | None:
        """End a pending request without a change (DENIED, EXPIRED, CANCELLED); None if it was not pending any more.

        A denial takes the place of an approval that the same person gave before.
        """
        if state not in _CLOSING_ACTS:
            raise ValueError(f"a request is not closed by {state}")
        with self._database.write() as connection:
            if not move_request(connection, request.id, RequestState.PENDING, state, closed_by=by, closed_at=at):
                return None
            if state is RequestState.DENIED:
                _put_word(connection, request, Decision(by, DecisionKind.DENY, at, note))
            connection.execute(changes.update().where(changes.c.request_id == request.id).values(open=False))
            append(connection, Entry(at, by, _CLOSING_ACTS[state], request.id, {"note": note, "rule": rule}))
            forget_reminders(connection, request.id)
            touch_whole_request(connection, request, at)
            return load_request(connection, request.id)


def _put_word(connection: Connection, request: Request, word: Decision) -> None:
    """Store what somebody said; it takes the place of what they said before."""
    mine = sa.and_(decisions.c.request_id == request.id, decisions.c.user_id == word.user_id)
    connection.execute(decisions.delete().where(mine))
    connection.execute(decisions.insert().values(asdict(word) | {"request_id": request.id, "kind": word.kind.value}))
