"""Transactions lock rows in one order, or two of them would wait for each other until the server ends one."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.models.messages import MessageKind
from bot.models.requests import Decision, DecisionKind, Request, RequestState
from bot.models.snoozes import Snooze
from bot.models.trail import Act, ChainedEntry, Entry
from bot.store import messages as message_store
from bot.store import snoozes as snooze_store
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.snoozes import Snoozes
from bot.store.trail import Trail, append, hold
from tests.app.house import eventually
from tests.store.databases import POSTGRESQL_ALONE
from tests.store.samples import CHANNEL, approval, arn_of, at, enough, request_for

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


def test_a_key_is_snoozed_anew_while_what_is_over_is_woken(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    snoozes, anew = Snoozes(database), Snooze(arn_of("b"), "U0MARA", at(90), "U0MARA", at(31))
    for key in ("a", "b"):
        snoozes.snooze(Snooze(arn_of(key), "U0MARA", at(30), "U0MARA", at(0)))
    with ThreadPoolExecutor(1) as threads:
        snoozed: list[Future[None]] = []

        def append_while_somebody_waits(connection: sa.Connection, entry: Entry) -> ChainedEntry:
            appended = append(connection, entry)
            if entry.act is Act.KEY_WOKEN and not snoozed:
                snoozed.append(threads.submit(snoozes.snooze, anew))
                eventually(lambda: connection.execute(WAITING).scalar_one(), "the one who snoozes it anew to wait")
            return appended

        monkeypatch.setattr(snooze_store, "append", append_while_somebody_waits)
        assert snoozes.wake_due(at(31)) == 2
        snoozed[0].result(10)
    assert [each.until for each in snoozes.of("U0MARA", at(32))] == [at(90)]
    assert Trail(database).verify().holds
