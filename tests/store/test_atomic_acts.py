"""What happens and the entry that says so are one transaction: where the entry fails, nothing happened."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from bot.models.messages import MessageKind
from bot.models.requests import ChangeState, Outcome, Request, RequestState
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.tables import audit_entries, audit_head, metadata
from bot.store.trail import Trail
from bot.store.undone import UndoneFixes
from tests.store.digest_stage import Stage
from tests.store.samples import (
    CHANNEL,
    approval,
    at,
    covered,
    enough,
    finding,
    request_for,
    run,
    scan,
)

Doing = Callable[[], object]


def contents(database: Database) -> dict[str, list[str]]:
    with database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table)).all()))
            for table in metadata.sorted_tables
            if table is not audit_head
        }


def request_in(store: RequestStore, state: RequestState) -> Request:
    request = request_for("a", required=2)
    store.create(request, CHANNEL)
    if state is not RequestState.PENDING:
        store.decide(request, approval("U0JONAS"), required=1, rule="*", is_enough=enough(1))
    if state is RequestState.DONE:
        [change] = request.changes
        store.claim(change, at(2))
        store.conclude(change, Outcome(ChangeState.FAILED, "It failed."), CHANNEL, at(3))
    return request


def begin(database: Database) -> Doing:
    return lambda: ScanStore(database).begin(scan())


def finish(database: Database) -> Doing:
    store = ScanStore(database)
    run(store, [finding("a")], [covered()])
    narrowed = scan(minutes=2, scope="region=eu-*")
    store.begin(narrowed)
    store.add(narrowed.id, [finding("b")], [covered()])
    return lambda: store.finish(narrowed.id, at(3))


def interrupt(database: Database) -> Doing:
    started = scan()
    ScanStore(database).begin(started)
    return lambda: ScanStore(database).interrupt(started.id, at(1), [])


def create_request(database: Database) -> Doing:
    return lambda: RequestStore(database).create(request_for("a"), CHANNEL)


def approve(database: Database) -> Doing:
    store = RequestStore(database)
    request = request_in(store, RequestState.PENDING)
    return lambda: store.decide(request, approval("U0JONAS"), required=1, rule="*", is_enough=enough(1))


def deny(database: Database) -> Doing:
    store = RequestStore(database)
    request = request_in(store, RequestState.PENDING)
    return lambda: store.close(request, RequestState.DENIED, by="U0JONAS", at=at(1))


def claim(database: Database) -> Doing:
    store = RequestStore(database)
    request = request_in(store, RequestState.APPROVED)
    return lambda: store.claim(request.changes[0], at(2))


def note_call(database: Database) -> Doing:
    store = RequestStore(database)
    [change] = request_in(store, RequestState.APPROVED).changes
    store.claim(change, at(2))
    return lambda: store.note_call(change, "off", {}, at(3))


def conclude(database: Database) -> Doing:
    store = RequestStore(database)
    [change] = request_in(store, RequestState.APPROVED).changes
    store.claim(change, at(2))
    return lambda: store.conclude(change, Outcome(ChangeState.SUCCEEDED, "Rotation is on."), CHANNEL, at(3))


def retry(database: Database) -> Doing:
    store = RequestStore(database)
    request = request_in(store, RequestState.DONE)
    return lambda: store.retry(request, "U0LENA", at(4))


def post_digest(database: Database) -> Doing:
    stage = Stage(database)
    stage.scan([finding("a")], [covered()], minutes=0)
    return lambda: stage.publish(2)


def lose_message(database: Database) -> Doing:
    store = MessageStore(database)
    message = store.find(MessageKind.REQUEST, request_in(RequestStore(database), RequestState.PENDING).id)
    assert message is not None
    return lambda: store.mark_lost(message, "The channel is archived.", at(1))


def find_undone(database: Database) -> Doing:
    conclude(database)()
    run(ScanStore(database), [finding("a", minutes=10)], [covered()], minutes=9)
    fixes = UndoneFixes(database)
    suspected = fixes.suspected()
    return lambda: fixes.mark(suspected, at(20))


@pytest.mark.parametrize(
    "prepare",
    [
        begin,
        finish,
        interrupt,
        create_request,
        approve,
        deny,
        claim,
        note_call,
        conclude,
        retry,
        post_digest,
        lose_message,
        find_undone,
    ],
)
def test_an_act_and_its_entry_happen_together_or_not_at_all(
    database: Database, prepare: Callable[[Database], Doing]
) -> None:
    act = prepare(database)
    before = contents(database)
    with database.write() as connection:
        head = connection.execute(sa.select(audit_head)).one()
        connection.execute(audit_head.delete())
    with pytest.raises(NoResultFound):
        act()
    assert contents(database) == before

    with database.write() as connection:
        connection.execute(audit_head.insert().values(head._mapping))
    act()
    after = contents(database)
    changed = {name for name in after if after[name] != before[name]}
    assert audit_entries.name in changed
    assert len(changed) > 1
    assert Trail(database).verify().fault is None
