"""Processes that share a database, and what is told where their settings differ."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.models.messages import Message, MessageKind
from bot.models.processes import Disagreement, RunningProcess
from bot.models.trail import Act
from bot.presence import Presence
from bot.rules.agreement import ALIVE, PATIENCE, in_words
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.processes import ProcessStore
from bot.store.tables import processes
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.samples import CHANNEL, at

OURS = {"scan": "aa", "approval": "bb", "slack": "cc"}
OTHERS = OURS | {"approval": "dd"}
PATIENCE_MINUTES = PATIENCE / timedelta(minutes=1)


@pytest.fixture
def store(database: Database) -> ProcessStore:
    return ProcessStore(database)


def process(name: str, settings: dict[str, str] = OURS, started: float = 0) -> RunningProcess:
    return RunningProcess(f"id-{name}", name, at(started), at(started), settings)


def beat(store: ProcessStore, *processes: RunningProcess, minutes: float = 0) -> Disagreement | None:
    found = None
    for each in processes:
        found = store.beat(each, at(minutes), CHANNEL)
    return found


def let_pass(database: Database, time: timedelta) -> None:
    """Have every process be heard of so much longer ago."""
    with database.write() as connection:
        for row in connection.execute(sa.select(processes)).all():
            earlier = {"seen_at": row.seen_at - time}
            connection.execute(processes.update().where(processes.c.id == row.id).values(earlier))


def acts(database: Database) -> list[str]:
    return [entry.act for entry in Trail(database).entries()]


def words(database: Database) -> list[Message]:
    return [each for each in MessageStore(database).due(at(1000)) if each.kind is MessageKind.SETTINGS]


def test_processes_with_the_same_settings_are_no_news(database: Database, store: ProcessStore) -> None:
    assert beat(store, process("a"), process("b"), process("worker", {"scan": "aa"})) is None
    assert [each.name for each in store.running()] == ["a", "b", "worker"]
    assert acts(database) == []


def test_a_section_that_differs_is_told_with_who_has_which_and_without_what(
    database: Database, store: ProcessStore
) -> None:
    found = beat(store, process("a"), process("b", OTHERS), process("c"))
    assert found is not None
    (difference,) = found.differences
    assert (difference.section, in_words(difference)) == ("approval", "a, c | b")
    assert acts(database) == [Act.SETTINGS_DIFFER]
    assert store.disagreement(found.id) == found


def test_what_differs_is_told_once_and_only_where_it_lasts(database: Database, store: ProcessStore) -> None:
    both = process("a"), process("b", OTHERS)
    minutes = 0.0
    while minutes < PATIENCE_MINUTES:
        assert beat(store, *both, minutes=minutes)
        assert words(database) == []
        minutes += 1
    for later in range(3):
        found = beat(store, *both, minutes=PATIENCE_MINUTES + later)
        assert found is not None
        assert [(each.subject, each.channel) for each in words(database)] == [(found.id, CHANNEL)]
    assert acts(database) == [Act.SETTINGS_DIFFER]


def test_it_is_over_with_the_process_that_differed(database: Database, store: ProcessStore) -> None:
    ours, other = process("a"), process("b", OTHERS)
    found = beat(store, ours, other)
    store.leave(other.id)
    assert beat(store, ours, minutes=1) is None
    assert acts(database) == [Act.SETTINGS_DIFFER, Act.SETTINGS_AGREE]
    assert found is not None
    ended = store.disagreement(found.id)
    assert ended is not None
    assert ended.ended_at == at(1)


def test_a_process_that_was_killed_is_forgotten_in_a_while(database: Database, store: ProcessStore) -> None:
    beat(store, process("a"), process("b", OTHERS))
    let_pass(database, ALIVE / 2)
    assert beat(store, process("a"), minutes=1) is not None
    let_pass(database, ALIVE * 0.75)
    assert beat(store, process("a"), minutes=2) is None
    assert [each.name for each in store.running()] == ["a"]


def test_processes_whose_clocks_do_not_agree_hear_of_each_other(database: Database, store: ProcessStore) -> None:
    ours, ahead = process("a"), process("b", OTHERS)
    for minutes in range(3):
        assert beat(store, ours, minutes=minutes) is None or minutes
        assert beat(store, ahead, minutes=minutes + 2 * ALIVE / timedelta(minutes=1))
    assert [each.name for each in store.running()] == ["a", "b"]
    assert acts(database) == [Act.SETTINGS_DIFFER]


def test_a_process_that_starts_again_with_the_same_old_file_begins_no_new_disagreement(
    database: Database, store: ProcessStore
) -> None:
    ours, other = process("a"), process("b", OTHERS)
    for minutes in range(int(PATIENCE_MINUTES) + 1):
        found = beat(store, ours, other, minutes=minutes)
    told = words(database)
    store.leave(other.id)
    again = beat(store, process("b2", OTHERS, started=12), minutes=PATIENCE_MINUTES + 1)
    assert found is not None
    assert again is not None
    assert again.id == found.id
    assert in_words(again.differences[0]) == "a | b2"
    (word,) = words(database)
    assert (word.id, word.wanted) == (told[0].id, told[0].wanted + 1)


def test_many_that_notice_at_once_put_one_disagreement_on_record(database: Database, store: ProcessStore) -> None:
    crowd = [process(f"p{number}", OTHERS if number % 2 else OURS) for number in range(12)]
    all_at_once(lambda number: store.beat(crowd[number], at(0), CHANNEL), threads=12)
    beat(store, *crowd)
    assert acts(database) == [Act.SETTINGS_DIFFER]


def test_a_process_that_has_left_does_not_come_back_by_a_beat_that_was_due_by_then(store: ProcessStore) -> None:
    presence = Presence(store, process("a"), lambda: at(0))
    presence.beat()
    assert [each.name for each in store.running()] == ["a"]
    presence.leave()
    presence.beat()
    assert store.running() == []
