"""Whoever decides a request and whoever delivers its messages lock rows in one order: neither waits for the other."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.models.messages import MessageKind
from bot.models.requests import Decision, DecisionKind, Request, RequestState
from bot.store import messages as message_store
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.trail import Trail, hold
from tests.app.house import eventually
from tests.store.databases import POSTGRESQL_ALONE
from tests.store.samples import CHANNEL, approval, at, enough, request_for

pytestmark = POSTGRESQL_ALONE
"""SQLite has one lock."""

WAITING = sa.text("SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted")

Move = Callable[[RequestStore, Request], object]


def closed(state: RequestState) -> Move:
    return lambda store, request: store.close(request, state, by="U0JONAS", at=at(61))


MOVES: dict[str, Move] = {
    "approved": lambda store, request: store.decide(
        request, approval("U0JONAS", 61), required=1, rule="", is_enough=enough(1)
    ),
    "broken": lambda store, request: store.break_glass(
        request, Decision("U0PRIYA", DecisionKind.BREAK_GLASS, at(61), "It cannot wait."), rule="", channel=CHANNEL
    ),
    "denied": closed(RequestState.DENIED),
    "withdrawn": closed(RequestState.CANCELLED),
    "expired": closed(RequestState.EXPIRED),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())
def test_a_request_is_decided_while_its_reminder_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch, move: Move
) -> None:
    store, messages, request = RequestStore(database), MessageStore(database), request_for("a")
    store.create(request, CHANNEL)
    store.remind(request, 1, CHANNEL, at(60))
    reminder = messages.find(MessageKind.REMINDER, request.id, 1)
    assert reminder is not None
    with ThreadPoolExecutor(1) as threads:

        def hold_until_somebody_waits(connection: sa.Connection) -> None:
            hold(connection)
            decided.append(threads.submit(move, store, request))
            eventually(lambda: connection.execute(WAITING).scalar_one(), "the one who decides to wait for the record")

        decided: list[Future[object]] = []
        monkeypatch.setattr(message_store, "hold", hold_until_somebody_waits)
        messages.mark_lost(reminder, "Its channel is gone.", at(61))
        [other] = decided
        assert other.result(10) is not None
    assert messages.find(MessageKind.REMINDER, request.id, 1) is None
    assert Trail(database).verify().holds
