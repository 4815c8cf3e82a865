"""Channels that take no messages: told once, whoever notices first, until one gets through."""

import pytest

from bot.models.messages import Message, MessageKind
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.trail import Act
from bot.models.troubles import GIVEN_UP_AFTER, Refusal
from bot.store.engine import Database
from bot.store.messages import MessageStore, owe, touch_request
from bot.store.tables import messages
from bot.store.trail import Trail
from bot.store.troubles import TroubleStore
from tests.store.crowd import all_at_once
from tests.store.samples import CHANNEL, at

FALLBACK = "C0FALLBACK"
ARCHIVED = SlackFailure(SlackFailureKind.CHANNEL, "is_archived")


@pytest.fixture
def store(database: Database) -> MessageStore:
    return MessageStore(database)


@pytest.fixture
def troubles(database: Database) -> TroubleStore:
    return TroubleStore(database)


def owed(database: Database, subject: str, kind: MessageKind = MessageKind.REQUEST) -> Message:
    with database.write() as connection:
        owe(connection, kind, subject, CHANNEL, at(0))
    message = MessageStore(database).find(kind, subject)
    assert message is not None
    return message


def refuse(store: MessageStore, message: Message, minutes: float = 0, tell: str | None = FALLBACK) -> Refusal:
    return store.mark_refused(message, ARCHIVED, at(minutes + 1), at(minutes), tell)


def acts(database: Database) -> list[str]:
    return [entry.act for entry in Trail(database).entries()]


def words(store: MessageStore) -> list[Message]:
    return [each for each in store.due(at(1000)) if each.kind in {MessageKind.TROUBLE, MessageKind.TROUBLE_OVER}]


def test_the_first_message_that_a_channel_does_not_take_is_told_and_the_others_are_not(
    database: Database, store: MessageStore, troubles: TroubleStore
) -> None:
    first, second = owed(database, "r1"), owed(database, "d1", MessageKind.DIGEST)
    assert refuse(store, first) is Refusal.FIRST
    assert refuse(store, second, 1) is Refusal.AGAIN
    assert refuse(store, first, 2) is Refusal.AGAIN
    (trouble,) = troubles.lasting()
    assert (trouble.channel, trouble.code, trouble.since) == (CHANNEL, "is_archived", at(0))
    assert trouble.waiting == {MessageKind.DIGEST: 1, MessageKind.REQUEST: 1}
    (word,) = words(store)
    assert (word.kind, word.subject, word.channel) == (MessageKind.TROUBLE, trouble.id, FALLBACK)
    assert acts(database) == [Act.CHANNEL_LOST]


def test_what_a_newer_version_owes_the_channel_keeps_nobody_from_telling_of_it(
    database: Database, store: MessageStore, troubles: TroubleStore
) -> None:
    refuse(store, owed(database, "r1"))
    newer = messages.update().where(messages.c.subject == "x1").values(kind="OF_TOMORROW")
    owed(database, "x1", MessageKind.RESULT)
    with database.write() as connection:
        assert connection.execute(newer).rowcount == 1
    (trouble,) = troubles.lasting()
    assert trouble.waiting == {MessageKind.REQUEST: 1}


def test_a_message_that_was_refused_is_tried_again_later_and_counts(database: Database, store: MessageStore) -> None:
    refuse(store, owed(database, "r1"))
    assert [each.kind for each in store.due(at(0.5))] == [MessageKind.TROUBLE]
    again = store.find(MessageKind.REQUEST, "r1")
    assert again is not None
    assert again.attempts == 1


def test_a_new_message_that_gets_through_ends_the_trouble_and_whoever_was_told_is_told(
    database: Database, store: MessageStore, troubles: TroubleStore
) -> None:
    first, second = owed(database, "r1"), owed(database, "r2")
    refuse(store, first)
    (word,) = words(store)
    store.mark_shown(word, "1.1", at(1), FALLBACK)
    store.mark_shown(second, "2.2", at(2), CHANNEL)
    assert troubles.lasting() == []
    ended = troubles.get(word.subject)
    assert ended is not None
    assert ended.ended_at == at(2)
    assert [(each.kind, each.channel) for each in words(store)] == [
        (MessageKind.TROUBLE, FALLBACK), (MessageKind.TROUBLE_OVER, FALLBACK)
    ]  # fmt: skip
    assert acts(database) == [Act.CHANNEL_LOST, Act.CHANNEL_BACK]
    store.mark_shown(first, "3.3", at(3), CHANNEL)
    assert acts(database) == [Act.CHANNEL_LOST, Act.CHANNEL_BACK]


def test_another_message_that_could_be_changed_does_not_end_it_and_the_very_one_does(
    database: Database, store: MessageStore, troubles: TroubleStore
) -> None:
    for subject in ("r1", "r2"):
        store.mark_shown(owed(database, subject), "1.1", at(0), CHANNEL)
        with database.write() as connection:
            touch_request(connection, subject, [], at(1))
    one, other = store.due(at(1))
    refuse(store, one, 1)
    store.mark_shown(other, "1.1", at(2))
    assert len(troubles.lasting()) == 1
    store.mark_shown(one, "1.1", at(3))
    assert troubles.lasting() == []


def test_what_is_over_before_anybody_read_of_it_is_not_told(database: Database, store: MessageStore) -> None:
    message = owed(database, "r1")
    refuse(store, message)
    store.mark_shown(message, "1.1", at(1), CHANNEL)
    assert words(store) == []
    assert acts(database) == [Act.CHANNEL_LOST, Act.CHANNEL_BACK]


@pytest.mark.parametrize("tell", [None, CHANNEL])
def test_without_anybody_to_tell_it_is_known_all_the_same(
    database: Database, store: MessageStore, troubles: TroubleStore, tell: str | None
) -> None:
    refuse(store, owed(database, "r1"), tell=tell)
    assert words(store) == []
    assert [each.channel for each in troubles.lasting()] == [CHANNEL]


@pytest.mark.parametrize("before", [None, "C0ANOTHER"])
def test_a_fallback_that_is_set_while_a_trouble_lasts_is_told_of_it_once(
    database: Database, store: MessageStore, troubles: TroubleStore, before: str | None
) -> None:
    """Two processes may be set up differently for a while: neither is told again at each other's try."""
    message = owed(database, "r1")
    refuse(store, message, 0, before)
    for minutes in (1, 2, 3):
        refuse(store, message, minutes, FALLBACK)
        refuse(store, message, minutes + 0.5, before)
    told = [each for each in (before, FALLBACK) if each]
    assert [each.channel for each in words(store)] == told
    for number, word in enumerate(words(store)):
        store.mark_shown(word, f"{number}.1", at(4), word.channel)
    store.mark_shown(message, "9.9", at(5), CHANNEL)
    over = [each for each in words(store) if each.kind is MessageKind.TROUBLE_OVER]
    assert sorted((each.channel, each.position) for each in over) == sorted(zip(told, range(len(told)), strict=True))
    assert troubles.lasting() == []


def test_what_waits_for_a_channel_for_too_long_is_given_up_on_record_and_whoever_was_told_is_told(
    database: Database, store: MessageStore, troubles: TroubleStore
) -> None:
    first, second = owed(database, "r1"), owed(database, "d1", MessageKind.DIGEST)
    month = GIVEN_UP_AFTER.total_seconds() / 60
    refuse(store, first)
    assert refuse(store, second, month - 1) is Refusal.AGAIN
    for number, each in enumerate((first, second)):
        assert refuse(store, each, month + number) is Refusal.GIVEN_UP
    assert [each.kind for each in store.due(at(2 * month))] == [MessageKind.TROUBLE] * 2
    lost = store.find(MessageKind.REQUEST, "r1")
    assert lost is not None
    assert lost.lost == "Its channel has taken no message for 30 days (is_archived)."
    assert acts(database) == [Act.CHANNEL_LOST, Act.MESSAGE_LOST, Act.MESSAGE_LOST]
    (trouble,) = troubles.lasting()
    assert (trouble.given_up_at, trouble.waiting) == (at(month), {})
    newer = owed(database, "r2")
    store.mark_shown(newer, "1.1", at(month + 5), CHANNEL)
    assert troubles.lasting() == []


def test_a_channel_that_is_lost_again_is_told_again(
    database: Database, store: MessageStore, troubles: TroubleStore
) -> None:
    first, second = owed(database, "r1"), owed(database, "r2")
    refuse(store, first)
    store.mark_shown(first, "1.1", at(1), CHANNEL)
    assert refuse(store, second, 2) is Refusal.FIRST
    assert [each.since for each in troubles.lasting()] == [at(2)]


def test_of_many_who_notice_at_once_one_tells(database: Database, store: MessageStore) -> None:
    messages = [owed(database, f"r{number}") for number in range(6)]
    told = all_at_once(lambda number: refuse(store, messages[number]), 6)
    assert sorted(told) == [Refusal.AGAIN] * 5 + [Refusal.FIRST]
    assert len(words(store)) == 1


def test_the_channel_that_slack_answered_with_is_kept(database: Database, store: MessageStore) -> None:
    message = owed(database, "r1")
    store.mark_shown(message, "1.1", at(1), "D0JONAS")
    again = store.find(MessageKind.REQUEST, "r1")
    assert again is not None
    assert again.channel == "D0JONAS"
