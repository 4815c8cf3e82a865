"""Requests as they are made and looked up. How they move is in `decision_moves` and `change_moves`."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.models.messages import MessageKind
from bot.models.requests import Request, RequestState
from bot.models.trail import SYSTEM, Act, Entry
from bot.store.caps import keep_to_caps
from bot.store.change_moves import ChangeMoves
from bot.store.decision_moves import DecisionMoves
from bot.store.engine import Database
from bot.store.messages import owe, touch_whole_request
from bot.store.request_rows import change_values, is_second_open_change, load_request
from bot.store.tables import changes, requests
from bot.store.trail import append

NO_CAPS: Mapping[str, int] = MappingProxyType({})


class RequestStore(DecisionMoves, ChangeMoves):
    """The one place where a request or a change is made and moves."""

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
                    **_asked_terms(request),
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
                touch_whole_request(connection, request, request.created_at)
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
            .order_by(requests.c.created_at, requests.c.id)
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

    def in_state(self, *states: RequestState, limit: int | None = None) -> list[Request]:
        query = (
            sa.select(requests.c.id)
            .where(requests.c.state.in_([state.value for state in states]))
            .order_by(requests.c.created_at, requests.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            loaded = [load_request(connection, row.id) for row in connection.execute(query).all()]
        return [request for request in loaded if request is not None]


def _asked_terms(request: Request) -> dict[str, object]:
    """What is asked for beside the kind of change."""
    first = request.changes[0]
    if first.exemption is None:
        return {"period_days": first.period_days} if first.period_days else {}
    terms = first.exemption
    return {"until": terms.until.isoformat(), "ticket": terms.ticket, "owner": terms.owner, "renews": terms.renews}
