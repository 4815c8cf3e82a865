"""Requests, changes and decisions. Each move is one conditional UPDATE, recorded in the same transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.models.messages import MessageKind
from bot.models.requests import Change, ChangeKind, ChangeState, Decision, DecisionKind, Outcome, Request, RequestState
from bot.models.trail import SYSTEM, Act, Entry
from bot.rules.request_state import all_final
from bot.store.caps import keep_to_caps
from bot.store.engine import Database
from bot.store.messages import forget_reminders, owe, owe_another, touch_request
from bot.store.request_rows import (
    change_of,
    change_values,
    change_while,
    is_second_open_change,
    load_request,
    move_change,
    move_request,
)
from bot.store.tables import changes, decisions, requests
from bot.store.trail import append

_CLOSING_ACTS = {
    RequestState.DENIED: Act.REQUEST_DENIED,
    RequestState.EXPIRED: Act.REQUEST_EXPIRED,
    RequestState.CANCELLED: Act.REQUEST_CANCELLED,
}

IsEnough = Callable[[Sequence[Decision]], bool]
NO_CAPS: Mapping[str, int] = MappingProxyType({})

_UNTOUCHED: dict[str, object] = {
    "result": "",
    "before": "",
    "after": "",
    "aws_request_id": None,
    "next_rotation": None,
    "started_at": None,
    "finished_at": None,
}
"""What a change says of itself before it is carried out: what was noted of one call says nothing of the next.

But of a call of which nobody knows whether AWS carried it out, `rotations_before` and AWS's request id are kept.
"""


class RequestStore:
    """The one place where a request or a change moves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, request: Request, channel: str, caps: Mapping[str, int] = NO_CAPS) -> Request | None:
        """Store a new request and owe its message; None where one of its keys has an open request already.

        One that is born APPROVED, because its rules ask for no approval, keeps to `caps`: by a rule's name, the most
        keys that go through under it in 24 hours. Raises DailyCapError where one is reached.
        """
        try:
            with self._database.write() as connection:
                values = asdict(request)
                for name in ("changes", "decisions"):
                    del values[name]
                connection.execute(requests.insert().values(values | {"state": request.state.value}))
                for change in sorted(request.changes, key=lambda change: change.arn):
                    connection.execute(changes.insert().values(change_values(change)))
                details = {
                    "keys": [change.arn for change in request.changes],
                    **_asked_period(request),
                    "reason": request.reason,
                    "required": request.required,
                    "rules": sorted({change.rule for change in request.changes}),
                    "change": request.kind.value,
                }
                append(
                    connection, Entry(request.created_at, request.requester, Act.REQUEST_CREATED, request.id, details)
                )
                if request.state is RequestState.APPROVED:
                    keep_to_caps(connection, request, caps)
                    at, act, told = request.created_at, Act.REQUEST_PRE_APPROVED, {"rules": dict(caps)}
                    append(connection, Entry(at, SYSTEM, act, request.id, told))
                owe(connection, MessageKind.REQUEST, request.id, channel, request.created_at)
                self._touch(connection, request, request.created_at)
        except IntegrityError as error:
            if not is_second_open_change(error):
                raise
            return None
        return request

    def get(self, request_id: str) -> Request | None:
        with self._database.read() as connection:
            return load_request(connection, request_id)

    def open_for(self, arn: str) -> Request | None:
        """Return the request that holds a key's one open change."""
        return self.newest_for([arn], open_only=True).get(arn)

    def newest_for(self, arns: Iterable[str], *, open_only: bool = False) -> dict[str, Request]:
        """Return each key's newest request."""
        query = (
            sa.select(changes.c.arn, changes.c.request_id)
            .join(requests, requests.c.id == changes.c.request_id)
            .where(changes.c.arn.in_(list(arns)))
            .order_by(requests.c.created_at)
        )
        if open_only:
            query = query.where(changes.c.open)
        with self._database.read() as connection:
            newest = {row.arn: row.request_id for row in connection.execute(query)}
            loaded = {request_id: load_request(connection, request_id) for request_id in set(newest.values())}
        return {arn: request for arn, id_ in newest.items() if (request := loaded[id_]) is not None}

    def ids_for(self, arn: str) -> list[str]:
        """Return the ids of all requests that ever covered a key."""
        with self._database.read() as connection:
            return list(connection.execute(sa.select(changes.c.request_id).where(changes.c.arn == arn)).scalars())

    def succeeded_since(self, at: datetime) -> frozenset[str]:
        """Return the keys whose rotation was enabled at or after a moment."""
        done = sa.and_(
            changes.c.state == ChangeState.SUCCEEDED.value,
            changes.c.kind == ChangeKind.ENABLE_ROTATION.value,
            changes.c.finished_at >= at,
        )
        with self._database.read() as connection:
            return frozenset(connection.execute(sa.select(changes.c.arn).where(done)).scalars())

    def in_state(self, *states: RequestState, limit: int | None = None) -> list[Request]:
        query = (
            sa.select(requests.c.id)
            .where(requests.c.state.in_([state.value for state in states]))
            .order_by(requests.c.created_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            loaded = [load_request(connection, row.id) for row in connection.execute(query).all()]
        return [request for request in loaded if request is not None]

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
            self._put_word(connection, request, decision)
            given = {"rule": rule, "required": required, "note": decision.note, "as": list(decision.capacities)}
            append(connection, Entry(decision.at, decision.user_id, Act.APPROVAL_GIVEN, request.id, given))
            now = load_request(connection, request.id)
            if now is not None and is_enough(now.approvals):
                move_request(connection, request.id, RequestState.PENDING, RequestState.APPROVED)
                forget_reminders(connection, request.id)
                details = {"approvals": len(now.approvals)}
                append(connection, Entry(decision.at, decision.user_id, Act.REQUEST_APPROVED, request.id, details))
            self._touch(connection, request, decision.at)
            return load_request(connection, request.id)

    def break_glass(self, request: Request, decision: Decision, *, rule: str, channel: str) -> Request | None:
        """Approve a pending request on one person's word, and owe the message that tells everybody; None if too late.

        It takes the place of an approval that the same person gave before.
        """
        with self._database.write() as connection:
            if not move_request(connection, request.id, RequestState.PENDING, RequestState.APPROVED):
                return None
            self._put_word(connection, request, decision)
            forget_reminders(connection, request.id)
            details = {"rule": rule, "note": decision.note}
            append(connection, Entry(decision.at, decision.user_id, Act.GLASS_BROKEN, request.id, details))
            owe(connection, MessageKind.BREAK_GLASS, request.id, channel, decision.at)
            self._touch(connection, request, decision.at)
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
                self._put_word(connection, request, Decision(by, DecisionKind.DENY, at, note))
            forget_reminders(connection, request.id)
            connection.execute(changes.update().where(changes.c.request_id == request.id).values(open=False))
            append(connection, Entry(at, by, _CLOSING_ACTS[state], request.id, {"note": note, "rule": rule}))
            self._touch(connection, request, at)
            return load_request(connection, request.id)

    def queued(self) -> list[Change]:
        """Return the changes of approved requests that nobody has claimed."""
        return self._changes_in(ChangeState.QUEUED)

    def executing(self) -> list[Change]:
        """Return the changes that were claimed and have no outcome: at a start, the ones that a crash left."""
        return self._changes_in(ChangeState.EXECUTING)

    def claim(self, change: Change, at: datetime) -> bool:
        """Take a queued change of an approved request for execution; False if somebody else did."""
        with self._database.write() as connection:
            approved = sa.exists().where(
                requests.c.id == changes.c.request_id, requests.c.state == RequestState.APPROVED.value
            )
            queued, executing = ChangeState.QUEUED, ChangeState.EXECUTING
            claimed = move_change(connection, change, queued, executing, approved, started_at=at, result="")
            if claimed:
                append(connection, Entry(at, SYSTEM, Act.CHANGE_CLAIMED, change.request_id, {"key": change.arn}))
                touch_request(connection, change.request_id, [change.arn], at)
            return claimed

    def note_wait(self, change: Change, why: str, at: datetime) -> None:
        """Say of a queued change why it waits; nothing where that is said already."""
        with self._database.write() as connection:
            if change_while(connection, change, ChangeState.QUEUED, changes.c.result != why, result=why):
                touch_request(connection, change.request_id, [change.arn], at)

    def note_call(
        self,
        change: Change,
        before: str,
        details: Mapping[str, str | int],
        at: datetime,
        *,
        rotations_before: int | None = None,
    ) -> None:
        """Put on record, before it is made, that AWS is about to be called, and by what its success will be told.

        Raises ValueError where the change is not executing any more: somebody concluded it, and no call may follow.
        """
        with self._database.write() as connection:
            noted = {"before": before, "rotations_before": rotations_before}
            if not change_while(connection, change, ChangeState.EXECUTING, **noted):
                raise ValueError(f"change {change.id} is not executing, and its key may not be touched")
            append(
                connection,
                Entry(
                    at,
                    SYSTEM,
                    Act.CHANGE_CALLING,
                    change.request_id,
                    {"key": change.arn, "change": change.kind.value, **details},
                ),
            )

    def conclude(self, change: Change, outcome: Outcome, channel: str, at: datetime) -> bool:
        """Store how a claimed change ended; with the last one, the request is done. False if it had ended already.

        The request row is locked before anything moves, so that two last changes cannot miss each other.
        """
        with self._database.write() as connection:
            connection.execute(sa.select(requests.c.id).where(requests.c.id == change.request_id).with_for_update())
            moved = move_change(
                connection,
                change,
                ChangeState.EXECUTING,
                outcome.state,
                result=outcome.result,
                before=outcome.before,
                after=outcome.after,
                aws_request_id=outcome.aws_request_id,
                next_rotation=outcome.next_rotation,
                rotations_before=outcome.rotations_before,
                finished_at=at,
            )
            if not moved:
                return False
            is_done = self._finish_if_final(connection, change.request_id, at)
            details = {
                "key": change.arn,
                "result": outcome.result,
                "before": outcome.before,
                "after": outcome.after,
                "aws_request_id": outcome.aws_request_id,
                "change": change.kind.value,
            }
            append(connection, Entry(at, SYSTEM, Act[f"CHANGE_{outcome.state.value}"], change.request_id, details))
            if is_done:
                append(connection, Entry(at, SYSTEM, Act.REQUEST_DONE, change.request_id))
                owe_another(connection, MessageKind.RESULT, change.request_id, channel, at)
            touch_request(connection, change.request_id, [change.arn], at)
            return True

    def retry(self, request: Request, by: str, at: datetime) -> bool:
        """Queue a done request's failed changes again; False if there are none or one has a newer request."""
        try:
            with self._database.write() as connection:
                failed = sa.and_(changes.c.request_id == request.id, changes.c.state == ChangeState.FAILED.value)
                in_order = sa.select(changes).where(failed).order_by(changes.c.arn)
                again = [change_of(row) for row in connection.execute(in_order)]
                done, approved = RequestState.DONE, RequestState.APPROVED
                if not again or not move_request(connection, request.id, done, approved, closed_at=None):
                    return False
                for change in again:
                    known = {} if change.rotations_before is None else {"aws_request_id": change.aws_request_id}
                    afresh = _UNTOUCHED | known
                    move_change(connection, change, ChangeState.FAILED, ChangeState.QUEUED, open=True, **afresh)
                append(connection, Entry(at, by, Act.CHANGE_RETRIED, request.id, {"changes": len(again)}))
                self._touch(connection, request, at)
                return True
        except IntegrityError as error:
            if not is_second_open_change(error):
                raise
            return False

    def _changes_in(self, state: ChangeState) -> list[Change]:
        query = (
            sa.select(changes)
            .join(requests, requests.c.id == changes.c.request_id)
            .where(changes.c.state == state.value, requests.c.state == RequestState.APPROVED.value)
            .order_by(requests.c.created_at, changes.c.arn)
        )
        with self._database.read() as connection:
            return [change_of(row) for row in connection.execute(query)]

    def _finish_if_final(self, connection: Connection, request_id: str, at: datetime) -> bool:
        states = connection.execute(sa.select(changes.c.state).where(changes.c.request_id == request_id)).scalars()
        if not all_final(ChangeState(state) for state in states):
            return False
        move_request(connection, request_id, RequestState.APPROVED, RequestState.DONE, closed_at=at)
        connection.execute(changes.update().where(changes.c.request_id == request_id).values(open=False))
        return True

    def _put_word(self, connection: Connection, request: Request, word: Decision) -> None:
        """Store what somebody said; it takes the place of what they said before."""
        mine = sa.and_(decisions.c.request_id == request.id, decisions.c.user_id == word.user_id)
        connection.execute(decisions.delete().where(mine))
        connection.execute(
            decisions.insert().values(asdict(word) | {"request_id": request.id, "kind": word.kind.value})
        )

    def _touch(self, connection: Connection, request: Request, at: datetime) -> None:
        touch_request(connection, request.id, [change.arn for change in request.changes], at)


def _asked_period(request: Request) -> dict[str, int]:
    days = request.changes[0].period_days
    return {"period_days": days} if days else {}
