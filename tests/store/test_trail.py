"""The trail: its chain holds whoever writes at once."""

import json
from dataclasses import replace

import pytest

from bot.models.trail import GENESIS_HASH, Act, Entry
from bot.store.engine import Database
from bot.store.trail import Trail, append
from tests.store.crowd import all_at_once
from tests.store.samples import at


@pytest.fixture
def trail(database: Database) -> Trail:
    return Trail(database)


def entry(number: int) -> Entry:
    return Entry(at(number), f"U{number}", Act.REFUSED, f"request{number % 2}", {"why": f"„{number}“", "n": number})


def test_an_empty_trail_holds(trail: Trail) -> None:
    found = trail.verify()
    assert (found.entries, found.head, found.fault) == (0, GENESIS_HASH, None)
    assert trail.newest(10) == []


def test_an_entry_comes_back_as_it_was_recorded(trail: Trail) -> None:
    trail.record(entry(3))
    [found] = trail.newest(10)
    assert (found.sequence, found.at, found.actor, found.act, found.subject) == (
        1,
        "2026-03-02T12:03:00+00:00",
        "U3",
        "REFUSED",
        "request1",
    )
    assert json.loads(found.details) == {"why": "„3“", "n": 3}
    assert found.previous_hash == GENESIS_HASH
    assert trail.verify().head == found.hash


def test_the_newest_entries_come_first_and_of_the_wanted_subjects_alone(trail: Trail) -> None:
    for number in range(5):
        trail.record(entry(number))
    assert [each.sequence for each in trail.newest(2)] == [5, 4]
    assert [each.sequence for each in trail.newest(10, frozenset({"request1"}))] == [4, 2]
    assert trail.newest(10, frozenset()) == []


def test_the_chain_holds_after_many_have_written_at_once(trail: Trail) -> None:
    def act(number: int) -> None:
        for each in range(10):
            trail.record(entry(number * 10 + each))

    all_at_once(act, threads=40)
    found = trail.verify()
    assert (found.entries, found.fault) == (400, None)
    assert len({each.subject + each.actor for each in trail.newest(400)}) == 400


def test_verifying_while_others_write_finds_no_fault(trail: Trail) -> None:
    def act(number: int) -> list[str | None]:
        if number % 2:
            return [trail.verify().fault for _ in range(20)]
        for each in range(20):
            trail.record(entry(number * 20 + each))
        return []

    faults = [fault for found in all_at_once(act, threads=16) for fault in found]
    assert faults == [None] * 160


def test_an_entry_that_is_rolled_back_leaves_no_gap(trail: Trail, database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            append(connection, entry(1))
            raise RuntimeError("half-way")

    trail.record(entry(0))
    with pytest.raises(RuntimeError, match="half-way"):
        fail()
    trail.record(entry(2))
    assert [each.actor for each in trail.newest(10)] == ["U2", "U0"]
    assert trail.verify().fault is None


def test_details_that_json_cannot_hold_are_refused_and_nothing_is_recorded(trail: Trail) -> None:
    with pytest.raises(TypeError):
        trail.record(replace(entry(0), details={"when": at(0)}))
    assert trail.verify().entries == 0
    trail.record(entry(0))
    assert trail.verify().fault is None
