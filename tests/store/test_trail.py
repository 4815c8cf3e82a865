"""The trail: its chain holds whoever writes at once, and tells where it was tampered with."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.models.trail import GENESIS_HASH, Act, ChainedEntry, Entry
from bot.store.engine import Database
from bot.store.tables import audit_entries, audit_head
from bot.store.trail import Trail, append
from tests.store.crowd import all_at_once
from tests.store.samples import at

LENGTH = 6
COLUMNS = [column.name for column in audit_entries.c]


@pytest.fixture
def trail(database: Database) -> Trail:
    return Trail(database)


def entry(number: int) -> Entry:
    return Entry(at(number), f"U{number}", Act.REFUSED, f"request{number % 2}", {"why": f"„{number}“", "n": number})


def write(database: Database) -> list[ChainedEntry]:
    """Write a chain of LENGTH entries in place of whatever is there."""
    with database.write() as connection:
        connection.execute(audit_entries.delete())
        connection.execute(audit_head.delete())
        connection.execute(audit_head.insert().values(id=1, sequence=0, hash=GENESIS_HASH))
        for number in range(LENGTH):
            append(connection, entry(number))
    return list(reversed(Trail(database).newest(LENGTH)))


def overwrite(connection: Connection, entries: list[ChainedEntry]) -> None:
    """Put these rows in place of the stored ones, as somebody with access to the database could."""
    connection.execute(audit_entries.delete())
    for each in entries:
        values = {name: getattr(each, name) for name in COLUMNS}
        connection.execute(audit_entries.insert().values(values))


def fault_after(database: Database, tamper: Callable[[Connection], object]) -> str:
    with database.write() as connection:
        tamper(connection)
    fault = Trail(database).verify().fault
    assert fault is not None
    return fault


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


@dataclass(frozen=True)
class Tampering:
    """What is changed, and a pattern of the sentence that has to name the entry."""

    rows: list[ChainedEntry]
    told: str


def other_value(draw: st.DrawFn, name: str, value: str | int) -> str | int:
    if name == "sequence":
        return draw(st.integers(-5, 50).filter(lambda other: not 1 <= other <= LENGTH))
    if name in ("hash", "previous_hash"):
        return draw(st.text("0123456789abcdef", min_size=64, max_size=64).filter(lambda other: other != value))
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=32)
    return draw(text.filter(lambda other: other != value))


@st.composite
def tamperings(draw: st.DrawFn, entries: list[ChainedEntry]) -> Tampering:
    rows = list(entries)
    spot = draw(st.integers(0, LENGTH - 1))
    number = spot + 1
    kind = draw(st.sampled_from(["change", "delete", "swap", "insert", "repeat"]))
    if kind == "delete":
        del rows[spot]
        return Tampering(rows, rf"Entry {number} is missing|entry {number} is missing")
    if kind == "swap":
        other = draw(st.integers(0, LENGTH - 1).filter(lambda index: index != spot))
        first, second = rows[spot], rows[other]
        rows[spot] = replace(second, sequence=first.sequence)
        rows[other] = replace(first, sequence=second.sequence)
        return Tampering(rows, rf"Entry {min(spot, other) + 1} ")
    if kind == "insert":
        forged = replace(rows[spot], previous_hash=rows[spot].hash, actor="U0FORGED", sequence=number + 1)
        forged = replace(forged, hash=forged.expected_hash())
        moved = [replace(row, sequence=row.sequence + 1) for row in rows[number:]]
        if not moved:
            return Tampering([*rows, forged], rf"Entry {number + 1} was added past the end")
        # Two entries cannot follow the same one, so the next is made to follow the forged one, and shows it.
        moved[0] = replace(moved[0], previous_hash=forged.hash)
        return Tampering([*rows[:number], forged, *moved], rf"Entry {number + 2} \(.*\) was changed")
    if kind == "repeat":
        rows.append(replace(rows[spot], sequence=LENGTH + 1, previous_hash="f" * 64))
        return Tampering(rows, rf"Entry {LENGTH + 1} does not follow")
    name = draw(st.sampled_from(COLUMNS))
    value = other_value(draw, name, getattr(rows[spot], name))
    rows[spot] = replace(rows[spot], **{name: value})  # type: ignore[arg-type]  # of the column's type
    if name == "sequence":
        below = f"Entry {value} was added"
        missing = f"Entry {number} is missing"
        return Tampering(rows, re.escape(below if int(value) < 1 else missing))
    if name == "previous_hash":
        return Tampering(rows, rf"Entry {number} does not follow entry {number - 1}:")
    return Tampering(rows, rf"Entry {number} \(.*\) was changed after it was written")


@given(data=st.data())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example writes the chain anew
)
def test_whatever_is_tampered_with_is_found_and_the_entry_named(database: Database, data: st.DataObject) -> None:
    entries = write(database)
    assert Trail(database).verify().fault is None
    tampering = data.draw(tamperings(entries))
    fault = fault_after(database, lambda connection: overwrite(connection, tampering.rows))
    assert re.search(tampering.told, fault, re.DOTALL), fault
    assert fault.endswith(".")


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("spot", range(LENGTH))
def test_no_column_of_any_entry_can_be_changed_unseen(sqlite_database: Database, name: str, spot: int) -> None:
    """Deterministically, beside what hypothesis tries."""
    entries = write(sqlite_database)
    value = 99 if name == "sequence" else f"{getattr(entries[spot], name)} "
    entries[spot] = replace(entries[spot], **{name: value})  # type: ignore[arg-type]  # of the column's type
    fault = fault_after(sqlite_database, lambda connection: overwrite(connection, entries))
    assert f"ntry {spot + 1} " in fault


def test_two_entries_cannot_follow_the_same_one(database: Database) -> None:
    entries = write(database)
    fork = replace(entries[2], sequence=LENGTH + 1)
    with pytest.raises(IntegrityError), database.write() as connection:
        overwrite(connection, [*entries, fork])
    assert Trail(database).verify().fault is None


@pytest.mark.parametrize("left", range(LENGTH))
def test_newest_entries_that_were_removed_are_named(database: Database, left: int) -> None:
    write(database)
    fault = fault_after(
        database, lambda connection: connection.execute(audit_entries.delete().where(audit_entries.c.sequence > left))
    )
    missing = f"entry {LENGTH} is" if left == LENGTH - 1 else f"entries {left + 1} to {LENGTH} are"
    assert fault == f"The chain ends at entry {left}, but {LENGTH} were written: {missing} missing."


def test_a_well_chained_entry_that_the_head_does_not_know_is_named(database: Database) -> None:
    last = write(database)[-1]
    forged = replace(last, sequence=LENGTH + 1, previous_hash=last.hash, actor="U0FORGED")
    forged = replace(forged, hash=forged.expected_hash())
    values = {name: getattr(forged, name) for name in COLUMNS}
    fault = fault_after(database, lambda connection: connection.execute(audit_entries.insert().values(values)))
    assert fault == f"Entry {LENGTH + 1} was added past the end of the chain: {LENGTH} were written."


def test_a_last_entry_that_was_rewritten_with_its_hash_is_named(database: Database) -> None:
    entries = write(database)
    forged = replace(entries[-1], actor="U0FORGED")
    entries[-1] = replace(forged, hash=forged.expected_hash())
    fault = fault_after(database, lambda connection: overwrite(connection, entries))
    assert fault == f"The end of the chain is not entry {LENGTH} as it was written: it or the head was changed."


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ({"hash": "0" * 64}, f"The end of the chain is not entry {LENGTH} as it was written"),
        ({"sequence": LENGTH + 1}, f"entry {LENGTH + 1} is missing"),
        ({"sequence": LENGTH + 3}, f"entries {LENGTH + 1} to {LENGTH + 3} are missing"),
        ({"sequence": LENGTH - 1}, f"Entry {LENGTH} was added past the end of the chain"),
        ({"id": 2}, "The head of the chain is missing"),
    ],
)
def test_a_head_that_was_changed_is_found(database: Database, head: dict[str, object], told: str) -> None:
    write(database)
    assert told in fault_after(database, lambda connection: connection.execute(audit_head.update().values(head)))


def test_bytes_in_place_of_text_are_found_and_no_crash(sqlite_database: Database) -> None:
    write(sqlite_database)
    statement = sa.text("UPDATE audit_entries SET details = x'7b7d' WHERE sequence = 3")
    fault = fault_after(sqlite_database, lambda connection: connection.execute(statement))
    assert fault.startswith("Entry 3 (REFUSED, ")
