"""Messages owed to Slack: nothing that changed is forgotten, nothing that is shown is owed."""

from datetime import datetime

import pytest

from bot.models.messages import Message, MessageKind
from bot.models.requests import Request, RequestState
from bot.models.trail import Act
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.messages import MessageStore, owe, owe_another, touch_request
from bot.store.requests import RequestStore
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.digest_stage import kept
from tests.store.samples import CHANNEL, approval, arn_of, at, digest_of, enough, request_for


@pytest.fixture
def store(database: Database) -> MessageStore:
    return MessageStore(database)


def wish(
    database: Database, subject: str, kind: MessageKind = MessageKind.REQUEST, when: datetime | None = None
) -> Message:
    with database.write() as connection:
        owe(connection, kind, subject, CHANNEL, when or at(0))
    message = MessageStore(database).find(kind, subject)
    assert message is not None
    return message


def touch(database: Database, subject: str, *keys: str, minutes: float = 1) -> None:
    with database.write() as connection:
        touch_request(connection, subject, [arn_of(key) for key in keys], at(minutes))


def subjects(messages: list[Message]) -> list[str]:
    return [message.subject for message in messages]


def test_a_message_is_owed_until_it_is_shown(store: MessageStore, database: Database) -> None:
    message = wish(database, "r1")
    assert message == Message(message.id, MessageKind.REQUEST, "r1", 0, CHANNEL, None, 1, 0, 0)
    assert store.due(at(0)) == [message]
    store.mark_shown(message, "1700000000.000100", at(0))
    assert store.due(at(1000)) == []
    shown = store.find(MessageKind.REQUEST, "r1")
    assert shown is not None
    assert (shown.ts, shown.shown, shown.wanted) == ("1700000000.000100", 1, 1)


def test_a_message_is_not_due_before_its_time(store: MessageStore, database: Database) -> None:
    wish(database, "r1", when=at(5))
    assert store.due(at(4.9)) == []
    assert subjects(store.due(at(5))) == ["r1"]


def test_a_wish_that_is_rolled_back_was_never_made(store: MessageStore, database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            owe(connection, MessageKind.REQUEST, "r1", CHANNEL, at(0))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail()
    assert store.find(MessageKind.REQUEST, "r1") is None


def test_a_change_makes_a_shown_message_owed_again(store: MessageStore, database: Database) -> None:
    store.mark_shown(wish(database, "r1"), "1.1", at(0))
    touch(database, "r1", "a")
    [message] = store.due(at(1))
    assert (message.ts, message.shown, message.wanted) == ("1.1", 1, 2)


def test_a_change_made_while_a_message_was_sent_stays_owed(store: MessageStore, database: Database) -> None:
    rendered = wish(database, "r1")
    touch(database, "r1", "a")
    store.mark_shown(rendered, "1.1", at(0))
    [message] = store.due(at(1))
    assert (message.ts, message.shown, message.wanted) == ("1.1", 1, 2)
    store.mark_shown(message, "1.1", at(0))
    assert store.due(at(1)) == []


def test_a_change_touches_its_request_and_the_digests_with_its_keys_alone(
    store: MessageStore, database: Database
) -> None:
    digests = DigestStore(database)
    for digest in (digest_of("a", "b", name="with a"), digest_of("c", name="without a")):
        kept(database, digest, 2)
    for request in ("r1", "r2"):
        wish(database, request)
    for message in store.due(at(0)):
        store.mark_shown(message, "1.1", at(0))
    touch(database, "r1", "a", "z")
    owed = store.due(at(1))
    assert [message.kind for message in owed] == [MessageKind.DIGEST, MessageKind.REQUEST]
    touched = digests.get(owed[0].subject)
    assert touched is not None
    assert touched.name == "with a"
    assert owed[1].subject == "r1"


def test_results_are_told_one_after_the_other(store: MessageStore, database: Database) -> None:
    with database.write() as connection:
        for _ in range(3):
            owe_another(connection, MessageKind.RESULT, "r1", CHANNEL, at(0))
        owe_another(connection, MessageKind.RESULT, "r2", CHANNEL, at(0))
    assert [(each.subject, each.position) for each in store.due(at(0))] == [("r1", 0), ("r1", 1), ("r1", 2), ("r2", 0)]


def test_what_is_due_comes_by_time_and_the_pages_of_threads_come_last(store: MessageStore, database: Database) -> None:
    digest = digest_of("a", minutes=0)
    kept(database, digest, 300)
    wish(database, "late", when=at(3))
    wish(database, "early", when=at(1))
    wish(database, "result", MessageKind.RESULT, at(2))
    due = store.due(at(3))
    assert subjects(due[:4]) == [digest.id, "early", "result", "late"]
    assert {message.kind for message in due[4:]} == {MessageKind.DIGEST_REST}
    assert [message.position for message in due[4:]] == list(range(300))


def test_a_message_that_failed_waits_and_counts(store: MessageStore, database: Database) -> None:
    message = wish(database, "r1")
    store.mark_failed(message, at(10))
    assert store.due(at(9)) == []
    [again] = store.due(at(10))
    assert again.attempts == 1
    store.mark_failed(again, at(20))
    [again] = store.due(at(20))
    assert again.attempts == 2
    store.mark_shown(again, "1.1", at(0))
    shown = store.find(MessageKind.REQUEST, "r1")
    assert shown is not None
    assert shown.attempts == 0


def test_a_change_does_not_wait_for_an_earlier_failure(store: MessageStore, database: Database) -> None:
    store.mark_failed(wish(database, "r1"), at(100))
    touch(database, "r1", "a", minutes=2)
    [message] = store.due(at(2))
    assert message.attempts == 0


def test_a_lost_message_is_never_due_again_and_on_record_once(store: MessageStore, database: Database) -> None:
    message = wish(database, "r1")
    for _ in range(2):
        store.mark_lost(message, "The channel is archived.", at(1))
    touch(database, "r1", "a", minutes=2)
    assert store.due(at(1000)) == []
    lost = store.find(MessageKind.REQUEST, "r1")
    assert lost is not None
    assert (lost.lost, lost.wanted) == ("The channel is archived.", 1)
    [entry] = Trail(database).newest(10)
    assert (entry.act, entry.subject) == (Act.MESSAGE_LOST, "r1")
    assert entry.details == '{"channel": "C0SECURITY", "kind": "REQUEST", "why": "The channel is archived."}'


def test_a_deleted_message_is_posted_anew(store: MessageStore, database: Database) -> None:
    store.mark_shown(wish(database, "r1"), "1.1", at(0))
    touch(database, "r1", "a")
    [message] = store.due(at(1))
    store.post_anew(message)
    [message] = store.due(at(1))
    assert message.ts is None


def test_losing_messages_and_deciding_at_once_never_wait_for_each_other(
    store: MessageStore, database: Database
) -> None:
    requests = RequestStore(database)
    for round_ in range(5):
        made = [request_for(f"{round_}-{number}", minutes=number) for number in range(10)]
        for request in made:
            assert requests.create(request, CHANNEL) == request
        owed = {message.subject: message for message in store.due(at(1000))}

        def act(number: int, made: list[Request] = made, owed: dict[str, Message] = owed) -> None:
            request = made[number // 2]
            if number % 2:
                store.mark_lost(owed[request.id], "deleted", at(1))
            else:
                requests.decide(request, approval("U0JONAS"), required=1, rule="*", is_enough=enough(1))

        all_at_once(act, threads=20)
    assert len(requests.in_state(RequestState.APPROVED)) == 50
    assert Trail(database).verify().fault is None
