"""Requests, changes and decisions. Each move is one conditional UPDATE, recorded in the same transaction."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from bot.models.messages import MessageKind
from bot.models.requests import Change, ChangeState, Decision, DecisionKind, Outcome, Request, RequestState
from bot.models.trail import SYSTEM, Act, Entry
from bot.rules.request_state import CHANGE_MOVES, REQUEST_MOVES, all_final
from bot.store.engine import Database
from bot.store.messages import owe, owe_another, touch_request
from bot.store.tables import changes, decisions, requests
from bot.store.trail import append

_CLOSING_ACTS = {
    RequestState.DENIED: Act.REQUEST_DENIED,
    RequestState.EXPIRED: Act.REQUEST_EXPIRED,
    RequestState.CANCELLED: Act.REQUEST_CANCELLED,
}


class RequestStore:
    """The one place where a request or a change moves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, request: Request, channel: str) -> Request | None:
        """Store a new request and owe its message; None where one of its keys has an open request already."""
        try:
            with self._database.write() as connection:
                values = asdict(request)
                for name in ("changes", "decisions"):
                    del values[name]
                connection.execute(requests.insert().values(values | {"state": request.state.value}))
                for change in request.changes:
                    connection.execute(
                        changes.insert().values(asdict(change) | {"state": change.state.value, "open": True})
                    )
                details = {
                    "keys": [change.arn for change in request.changes],
                    "period_days": request.changes[0].period_days,
                    "reason": request.reason,
                    "required": request.required,
                }
                append(
                    connection, Entry(request.created_at, request.requester, Act.REQUEST_CREATED, request.id, details)
                )
                owe(connection, MessageKind.REQUEST, request.id, channel, request.created_at)
                self._touch(connection, request, request.created_at)
        except IntegrityError:
            return None
        return request

    def get(self, request_id: str) -> Request | None:
        with self._database.read() as connection:
            return _load(connection, request_id)

    def of_change(self, change_id: str) -> Request | None:
        with self._database.read() as connection:
            request_id = connection.execute(
                sa.select(changes.c.request_id).where(changes.c.id == change_id)
            ).scalar_one_or_none()
            return None if request_id is None else _load(connection, request_id)

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
            loaded = {request_id: _load(connection, request_id) for request_id in set(newest.values())}
        return {arn: request for arn, id_ in newest.items() if (request := loaded[id_]) is not None}

    def ids_for(self, arn: str) -> list[str]:
        """Return the ids of all requests that ever covered a key."""
        with self._database.read() as connection:
            return list(connection.execute(sa.select(changes.c.request_id).where(changes.c.arn == arn)).scalars())

    def in_state(self, *states: RequestState, limit: int | None = None) -> list[Request]:
        query = (
            sa.select(requests.c.id)
            .where(requests.c.state.in_([state.value for state in states]))
            .order_by(requests.c.created_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            loaded = [_load(connection, row.id) for row in connection.execute(query).all()]
        return [request for request in loaded if request is not None]

    def decide(self, request: Request, decision: Decision, *, required: int, rule: str) -> Request | None:
        """Store an approval and, with the last one needed, approve; None if somebody moved the request first.

        The request row is locked before anything is counted, so that two last approvals cannot miss each other.
        """
        with self._database.write() as connection:
            held = connection.execute(
                requests.update()
                .where(requests.c.id == request.id, requests.c.state == RequestState.PENDING.value)
                .values(state=RequestState.PENDING.value)
            )
            already = sa.select(decisions.c.user_id).where(
                decisions.c.request_id == request.id, decisions.c.user_id == decision.user_id
            )
            if held.rowcount == 0 or connection.execute(already).first() is not None:
                return None
            connection.execute(
                decisions.insert().values(asdict(decision) | {"request_id": request.id, "kind": decision.kind.value})
            )
            details = {"rule": rule, "required": required, "note": decision.note}
            append(connection, Entry(decision.at, decision.user_id, Act.APPROVAL_GIVEN, request.id, details))
            given = connection.execute(
                sa.select(sa.func.count()).where(
                    decisions.c.request_id == request.id, decisions.c.kind == DecisionKind.APPROVE.value
                )
            ).scalar_one()
            if given >= required:
                self._move(connection, request.id, RequestState.PENDING, RequestState.APPROVED)
                append(
                    connection,
                    Entry(decision.at, decision.user_id, Act.REQUEST_APPROVED, request.id, {"approvals": given}),
                )
            self._touch(connection, request, decision.at)
            return _load(connection, request.id)

    def close(self, request: Request, state: RequestState, *, by: str, at: datetime, note: str = "") -> Request | None:
        """End a pending request without a change (DENIED, EXPIRED, CANCELLED); None if it was not pending any more."""
        with self._database.write() as connection:
            if not self._move(connection, request.id, RequestState.PENDING, state, closed_by=by, closed_at=at):
                return None
            if state is RequestState.DENIED:
                connection.execute(
                    decisions.insert().values(
                        request_id=request.id, user_id=by, kind=DecisionKind.DENY.value, at=at, note=note
                    )
                )
            connection.execute(changes.update().where(changes.c.request_id == request.id).values(open=False))
            append(connection, Entry(at, by, _CLOSING_ACTS[state], request.id, {"note": note}))
            self._touch(connection, request, at)
            return _load(connection, request.id)

    def queued(self) -> list[Change]:
        """Return the changes of approved requests that nobody has claimed."""
        return self._changes_in(ChangeState.QUEUED)

    def executing(self) -> list[Change]:
        """Return the changes that were claimed and have no outcome: at a start, the ones that a crash left."""
        return self._changes_in(ChangeState.EXECUTING)

    def claim(self, change: Change, at: datetime) -> bool:
        """Take a queued change for execution; False if somebody else did."""
        with self._database.write() as connection:
            claimed = self._move_change(connection, change, ChangeState.QUEUED, ChangeState.EXECUTING, started_at=at)
            if claimed:
                append(connection, Entry(at, SYSTEM, Act.CHANGE_CLAIMED, change.request_id, {"key": change.arn}))
                touch_request(connection, change.request_id, [change.arn], at)
            return claimed

    def note_call(self, change: Change, before: str, details: dict[str, str | int], at: datetime) -> None:
        """Put on record, before it is made, that EnableKeyRotation is about to be called."""
        with self._database.write() as connection:
            connection.execute(changes.update().where(changes.c.id == change.id).values(before=before))
            append(connection, Entry(at, SYSTEM, Act.CHANGE_CALLING, change.request_id, {"key": change.arn, **details}))

    def conclude(self, change: Change, outcome: Outcome, channel: str, at: datetime) -> bool:
        """Store how a claimed change ended; with the last one, the request is done."""
        with self._database.write() as connection:
            moved = self._move_change(
                connection,
                change,
                ChangeState.EXECUTING,
                outcome.state,
                result=outcome.result,
                before=outcome.before,
                after=outcome.after,
                aws_request_id=outcome.aws_request_id,
                next_rotation=outcome.next_rotation,
                finished_at=at,
            )
            if not moved:
                return False
            details = {
                "key": change.arn,
                "result": outcome.result,
                "before": outcome.before,
                "after": outcome.after,
                "aws_request_id": outcome.aws_request_id,
            }
            append(connection, Entry(at, SYSTEM, Act[f"CHANGE_{outcome.state.value}"], change.request_id, details))
            self._finish_if_final(connection, change.request_id, channel, at)
            touch_request(connection, change.request_id, [change.arn], at)
            return True

    def retry(self, request: Request, by: str, at: datetime) -> bool:
        """Queue a done request's failed changes again; False if there are none or one has a newer request."""
        try:
            with self._database.write() as connection:
                failed = sa.and_(changes.c.request_id == request.id, changes.c.state == ChangeState.FAILED.value)
                if connection.execute(sa.select(changes.c.id).where(failed)).first() is None:
                    return False
                if not self._move(connection, request.id, RequestState.DONE, RequestState.APPROVED):
                    return False
                again = {
                    "state": ChangeState.QUEUED.value,
                    "open": True,
                    "result": "",
                    "before": "",  # what was noted before the last call says nothing about the next one
                    "after": "",
                    "aws_request_id": None,
                    "finished_at": None,
                }
                queued = connection.execute(changes.update().where(failed).values(again))
                append(connection, Entry(at, by, Act.CHANGE_RETRIED, request.id, {"changes": queued.rowcount}))
                self._touch(connection, request, at)
                return True
        except IntegrityError:
            return False

    def _changes_in(self, state: ChangeState) -> list[Change]:
        query = (
            sa.select(changes)
            .join(requests, requests.c.id == changes.c.request_id)
            .where(changes.c.state == state.value, requests.c.state == RequestState.APPROVED.value)
            .order_by(requests.c.created_at, changes.c.arn)
        )
        with self._database.read() as connection:
            return [_change(row) for row in connection.execute(query)]

    def _move(
        self, connection: Connection, request_id: str, old: RequestState, new: RequestState, **values: object
    ) -> bool:
        if (old, new) not in REQUEST_MOVES:
            raise ValueError(f"a request cannot move from {old} to {new}")
        moved = connection.execute(
            requests.update()
            .where(requests.c.id == request_id, requests.c.state == old.value)
            .values(state=new.value, **values)
        )
        return moved.rowcount == 1

    def _move_change(
        self, connection: Connection, change: Change, old: ChangeState, new: ChangeState, **values: object
    ) -> bool:
        if (old, new) not in CHANGE_MOVES:
            raise ValueError(f"a change cannot move from {old} to {new}")
        moved = connection.execute(
            changes.update()
            .where(changes.c.id == change.id, changes.c.state == old.value)
            .values(state=new.value, **values)
        )
        return moved.rowcount == 1

    def _finish_if_final(self, connection: Connection, request_id: str, channel: str, at: datetime) -> None:
        states = connection.execute(sa.select(changes.c.state).where(changes.c.request_id == request_id)).scalars()
        if not all_final(ChangeState(state) for state in states):
            return
        self._move(connection, request_id, RequestState.APPROVED, RequestState.DONE, closed_at=at)
        connection.execute(changes.update().where(changes.c.request_id == request_id).values(open=False))
        append(connection, Entry(at, SYSTEM, Act.REQUEST_DONE, request_id))
        owe_another(connection, MessageKind.RESULT, request_id, channel, at)

    def _touch(self, connection: Connection, request: Request, at: datetime) -> None:
        touch_request(connection, request.id, [change.arn for change in request.changes], at)


def _load(connection: Connection, request_id: str) -> Request | None:
    row = connection.execute(sa.select(requests).where(requests.c.id == request_id)).one_or_none()
    if row is None:
        return None
    of_request = connection.execute(
        sa.select(changes).where(changes.c.request_id == request_id).order_by(changes.c.arn)
    )
    decided = connection.execute(
        sa.select(decisions).where(decisions.c.request_id == request_id).order_by(decisions.c.at)
    )
    return Request(
        id=row.id,
        state=RequestState(row.state),
        requester=row.requester,
        team_id=row.team_id,
        reason=row.reason,
        required=row.required,
        created_at=row.created_at,
        expires_at=row.expires_at,
        changes=tuple(_change(each) for each in of_request),
        decisions=tuple(Decision(each.user_id, DecisionKind(each.kind), each.at, each.note) for each in decided),
        closed_by=row.closed_by,
        closed_at=row.closed_at,
    )


def _change(row: Row[tuple[object, ...]]) -> Change:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    del values["open"]
    return Change(**values | {"state": ChangeState(row.state)})
