"""Carrying changes out. Each move is one conditional UPDATE, recorded in the same transaction."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.models.messages import MessageKind
from bot.models.requests import Change, ChangeKind, ChangeState, Outcome, Request, RequestState
from bot.models.trail import SYSTEM, Act, Entry
from bot.rules.request_state import all_final
from bot.store.engine import Database
from bot.store.exemptions import grant
from bot.store.messages import owe_another, touch_request, touch_whole_request
from bot.store.request_rows import change_of, change_while, is_second_open_change, move_change, move_request
from bot.store.tables import changes, requests
from bot.store.trail import append

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


class ChangeMoves:
    """Moves changes, and with the last of them their request."""

    _database: Database

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

        Raises ValueError where no call may follow: somebody concluded the change, or put a call of it on record, as
        one may who took it for left behind because its name was lost.
        """
        with self._database.write() as connection:
            noted = {"before": before, "rotations_before": rotations_before}
            if not change_while(connection, change, ChangeState.EXECUTING, changes.c.before == "", **noted):
                raise ValueError(f"change {change.id} is not executing, or is called for: its key may not be touched")
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
            if change.kind is ChangeKind.EXEMPT and outcome.state is ChangeState.SUCCEEDED:
                grant(connection, change, at)
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
                touch_whole_request(connection, request, at)
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
