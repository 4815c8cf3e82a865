"""Whoever can write to the database can tamper with the record: every way to do so, at every place, is found and told.

The one that no look at the database can find, a chain that was rewritten to its end with its head, an anchor finds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import permutations, starmap

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from bot.models.anchor import Anchor
from bot.models.trail import GENESIS_HASH, Act, ChainedEntry, Entry
from bot.store.chain import Verification
from bot.store.engine import Database
from bot.store.tables import audit_entries, audit_head
from bot.store.trail import Trail, append
from tests.store.samples import at

LENGTH = 5
NUMBERS = range(1, LENGTH + 1)
COLUMNS = [column.name for column in audit_entries.c]
TEXTS = [name for name in COLUMNS if name not in {"sequence", "hash", "previous_hash"}]

Chain = list[ChainedEntry]


@pytest.fixture
def chain(database: Database) -> Chain:
    return written(database)


def written(database: Database) -> Chain:
    with database.write() as connection:
        return [
            append(
                connection, Entry(at(number), f"U{number}", Act.REFUSED, f"r{number % 2}", {"n": number, "why": "ä"})
            )
            for number in NUMBERS
        ]


def verify(
    database: Database, rows: Sequence[ChainedEntry], *anchors: Anchor, head: Anchor | None = None
) -> Verification:
    """Put these rows, and this head, in place of what is stored, and verify that."""
    with database.write() as connection:
        connection.execute(audit_entries.delete())
        if rows:
            connection.execute(audit_entries.insert(), list(map(asdict, rows)))
        if head is not None:
            connection.execute(audit_head.update().values(asdict(head)))
    return Trail(database).verify(anchors)


def fault(database: Database, rows: Sequence[ChainedEntry]) -> str | None:
    return verify(database, rows).fault


def changed(chain: Chain, number: int, **values: object) -> Chain:
    return [replace(each, **values) if each.sequence == number else each for each in chain]  # type: ignore[arg-type]  # of the column's type


def sealed(entry: ChainedEntry) -> ChainedEntry:
    """An entry with the hash that fits it."""
    return replace(entry, hash=entry.expected_hash())


def forged(number: int, previous_hash: str) -> ChainedEntry:
    return sealed(ChainedEntry(number, at(9).isoformat(), "U0FORGED", "REFUSED", "r9", "{}", previous_hash, ""))


def closed_up(rows: Sequence[ChainedEntry]) -> Chain:
    """Number them as they stand, so that no gap shows."""
    return [replace(each, sequence=number) for number, each in enumerate(rows, 1)]


def linked(rows: Sequence[ChainedEntry]) -> Chain:
    """Number them, and have each point to the hash of the one before; their own hashes stay."""
    hashes = [GENESIS_HASH, *(each.hash for each in rows)]
    return [replace(each, previous_hash=before) for each, before in zip(closed_up(rows), hashes, strict=False)]


def rewritten(rows: Sequence[ChainedEntry]) -> Chain:
    """Number, link and seal them, as the bot would have."""
    whole: Chain = []
    for number, each in enumerate(rows, 1):
        before = whole[-1].hash if whole else GENESIS_HASH
        whole.append(sealed(replace(each, sequence=number, previous_hash=before)))
    return whole


def was_changed(entry: ChainedEntry) -> str:
    return f"Entry {entry.sequence} ({entry.act}, {entry.at}) was changed after it was written."


def stands_in_place(number: int, other: int) -> str:
    return f"Entry {number} was removed or moved: what was written as entry {other} stands in its place."


def ends_early(last: int) -> str:
    missing = f"entry {LENGTH} is" if last == LENGTH - 1 else f"entries {last + 1} to {LENGTH} are"
    return f"The chain ends at entry {last}, but {LENGTH} were written: {missing} missing."


def test_a_chain_that_nobody_touched_holds_with_every_anchor(database: Database, chain: Chain) -> None:
    found = verify(database, chain, *map(Anchor.of, chain))
    assert (found.entries, found.head, found.holds) == (LENGTH, chain[-1].hash, True)


# Changed


def other_values(entry: ChainedEntry, name: str) -> set[str]:
    value = getattr(entry, name)
    others = {value[:-1], value.swapcase(), value[::-1], ""}
    others |= {"e" * 64, "f" * 64} if "hash" in name else {f"{value} ", f" {value}", "null"}
    return others - {value}


def test_no_text_of_any_entry_can_be_changed(database: Database, chain: Chain) -> None:
    for entry in chain:
        for name in [*TEXTS, "hash", "previous_hash"]:
            for value in other_values(entry, name):
                rows = changed(chain, entry.sequence, **{name: value})
                assert fault(database, rows) == was_changed(rows[entry.sequence - 1]), (entry.sequence, name, value)


@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example writes the chain anew
)
def test_no_text_can_be_changed_to_any_other(database: Database, chain: Chain, data: st.DataObject) -> None:
    number, name = data.draw(st.sampled_from(NUMBERS)), data.draw(st.sampled_from(TEXTS))
    value = data.draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=32))
    rows = changed(chain, number, **{name: value})
    assert fault(database, rows) == (None if rows == chain else was_changed(rows[number - 1]))


def test_an_entry_that_was_changed_with_its_hash_shows_at_the_next(database: Database, chain: Chain) -> None:
    for number in NUMBERS:
        for name in TEXTS:
            rows = changed(chain, number, **{name: "x"})
            rows[number - 1] = sealed(rows[number - 1])
            told = f"The end of the chain is not entry {LENGTH} as it was written: it or the head was changed."
            if number < LENGTH:
                told = (
                    f"Entry {number + 1} does not follow entry {number}: "
                    f"entry {number} or entry {number + 1} was rewritten together with its hash."
                )
            assert fault(database, rows) == told, (number, name)


def test_an_entry_that_was_made_to_follow_another_hash_is_named(database: Database, chain: Chain) -> None:
    for number in NUMBERS:
        rows = changed(chain, number, previous_hash="f" * 64)
        rows[number - 1] = sealed(rows[number - 1])
        told = f"Entry {number} does not follow entry {number - 1}: "
        assert (fault(database, rows) or "").startswith(told if number > 1 else "Entry 1 does not begin the chain: ")


@pytest.mark.parametrize("other", [-7, 0, LENGTH + 1, LENGTH + 9])
def test_an_entry_with_another_number_is_named(database: Database, chain: Chain, other: int) -> None:
    for number in NUMBERS:
        told = f"Entry {number} was moved: it stands before the beginning of the chain, as entry {other}."
        if other > LENGTH:
            following = number + 1 if number < LENGTH else other
            told = f"Entry {number} is missing: the next one found is entry {following}."
        assert fault(database, changed(chain, number, sequence=other)) == told


def test_bytes_in_place_of_text_are_found_and_no_crash(sqlite_database: Database) -> None:
    written(sqlite_database)
    with sqlite_database.write() as connection:
        connection.execute(sa.text("UPDATE audit_entries SET details = x'7b7d' WHERE sequence = 3"))
    assert (Trail(sqlite_database).verify().fault or "").startswith("Entry 3 (REFUSED, ")


# Removed


def runs() -> Iterator[tuple[int, int]]:
    """The first and last of any entries that stand together, a single one and all of them included."""
    return ((first, last) for first in NUMBERS for last in NUMBERS if first <= last)


def without(chain: Chain, first: int, last: int) -> Chain:
    return [each for each in chain if not first <= each.sequence <= last]


def test_whatever_is_removed_is_named(database: Database, chain: Chain) -> None:
    for first, last in runs():
        told = f"Entry {first} is missing: the next one found is entry {last + 1}."
        found = fault(database, without(chain, first, last))
        assert found == (told if last < LENGTH else ends_early(first - 1)), (first, last)


def test_whatever_is_removed_is_named_where_the_gap_was_closed(database: Database, chain: Chain) -> None:
    for first, last in runs():
        rows = without(chain, first, last)
        found = fault(database, closed_up(rows))
        if last == LENGTH:
            assert found == ends_early(first - 1)
        elif 2 * last - first < LENGTH:
            assert found == stands_in_place(first, last + 1)
        else:  # too few are left to number the one that stands there as it was
            assert found == was_changed(closed_up(rows)[first - 1])
        if last < LENGTH:
            assert (fault(database, linked(rows)) or "").startswith(f"Entry {first} ")


def test_all_that_follows_sealed_anew_is_found_by_the_head(database: Database, chain: Chain) -> None:
    for first, last in runs():
        kept = LENGTH - (last - first + 1)
        assert fault(database, rewritten(without(chain, first, last))) == ends_early(kept)


# Inserted


@pytest.mark.parametrize("count", [1, 2, 3])
def test_whatever_is_inserted_is_named(database: Database, chain: Chain, count: int) -> None:
    """With hashes of its own that fit. Two entries cannot follow the same one, so the next is made to follow it."""
    for number in range(1, LENGTH + 2):
        rows = chain[: number - 1]
        for each in range(number, number + count):
            rows.append(forged(each, rows[-1].hash if rows else GENESIS_HASH))
        found = fault(database, linked([*rows, *chain[number - 1 :]]))
        which = f"Entry {number} was" if count == 1 else f"Entries {number} to {number + count - 1} were"
        told = f"{which} inserted: what was written as entry {number} stands after, as entry {number + count}."
        if number > LENGTH:
            told = f"Entry {LENGTH + 1} was added past the end of the chain: {LENGTH} were written."
        assert found == told


def test_an_entry_that_follows_nothing_is_named_wherever_it_is_inserted(database: Database, chain: Chain) -> None:
    for number in range(2, LENGTH + 2):
        stray = forged(number, "f" * 64)
        rows = closed_up([*chain[: number - 1], stray, *chain[number - 1 :]])
        assert (fault(database, rows) or "").startswith(f"Entry {number} does not follow entry {number - 1}: ")


def test_all_that_follows_what_is_inserted_sealed_anew_is_found_by_the_head(database: Database, chain: Chain) -> None:
    for number in NUMBERS:
        rows = rewritten([*chain[: number - 1], forged(number, ""), *chain[number - 1 :]])
        assert (
            fault(database, rows) == f"Entry {LENGTH + 1} was added past the end of the chain: {LENGTH} were written."
        )


@pytest.mark.parametrize("name", ["sequence", "previous_hash"])
def test_two_entries_cannot_have_the_same_place(database: Database, chain: Chain, name: str) -> None:
    for entry in chain:
        twin = replace(forged(LENGTH + 1, "f" * 64), **{name: getattr(entry, name)})
        with pytest.raises(IntegrityError):
            verify(database, [*chain, twin])
    assert Trail(database).verify().fault is None


def test_an_entry_that_is_repeated_at_the_end_is_named(database: Database, chain: Chain) -> None:
    for entry in chain:
        again = replace(entry, sequence=LENGTH + 1, previous_hash=chain[-1].hash)
        found = fault(database, [*chain, again])
        before = (
            f"Entry {entry.sequence} was" if entry.sequence == LENGTH else f"Entries {entry.sequence} to {LENGTH} were"
        )
        told = f"{before} inserted: what was written as entry {entry.sequence} stands after, as entry {LENGTH + 1}."
        assert found == told


# Reordered


def test_every_other_order_is_found_and_the_first_that_moved_named(database: Database, chain: Chain) -> None:
    for order in permutations(NUMBERS):
        first = next((number for number, other in zip(NUMBERS, order, strict=True) if number != other), None)
        told = None if first is None else stands_in_place(first, order[first - 1])
        rows = [chain[number - 1] for number in order]
        assert fault(database, closed_up(rows)) == told, order
        if first is not None:
            assert (fault(database, linked(rows)) or "").startswith(f"Entry {first} "), order


def test_contents_that_changed_places_are_found_at_the_first(database: Database, chain: Chain) -> None:
    for first in NUMBERS:
        for second in range(first + 1, LENGTH + 1):
            here, there = chain[first - 1], chain[second - 1]
            rows = changed(chain, first, **{name: getattr(there, name) for name in TEXTS})
            rows = changed(rows, second, **{name: getattr(here, name) for name in TEXTS})
            assert fault(database, rows) == was_changed(rows[first - 1])


# The head


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (
            {"hash": "0" * 64},
            f"The end of the chain is not entry {LENGTH} as it was written: it or the head was changed.",
        ),
        ({"sequence": LENGTH + 1}, f"but {LENGTH + 1} were written: entry {LENGTH + 1} is missing."),
        ({"sequence": LENGTH + 3}, f"but {LENGTH + 3} were written: entries {LENGTH + 1} to {LENGTH + 3} are missing."),
        *(
            ({"sequence": number}, f"Entry {number + 1} was added past the end of the chain: {number} were written.")
            for number in range(LENGTH)
        ),
        ({"id": 2}, "The head of the chain is missing."),
    ],
)
@pytest.mark.usefixtures("chain")
def test_a_head_that_was_changed_is_found(database: Database, head: dict[str, object], told: str) -> None:
    with database.write() as connection:
        connection.execute(audit_head.update().values(head))
    assert (Trail(database).verify().fault or "").endswith(told)


@pytest.mark.usefixtures("chain")
def test_a_head_that_was_removed_is_found(database: Database) -> None:
    with database.write() as connection:
        connection.execute(audit_head.delete())
    assert Trail(database).verify().fault == "The head of the chain is missing."


# The chain and its head rewritten as a whole: only who kept an anchor elsewhere can tell


def test_a_chain_that_was_rewritten_with_its_head_is_found_by_every_anchor_from_there_on(
    database: Database, chain: Chain
) -> None:
    for number in NUMBERS:
        rows = rewritten(changed(chain, number, actor="U0INNOCENT"))
        assert verify(database, rows, head=Anchor.of(rows[-1])).holds
        for anchor in map(Anchor.of, chain):
            found = verify(database, rows, anchor)
            assert (found.fault, found.holds) == (None, anchor.sequence < number)
            which = f"one or more of the entries 1 to {anchor.sequence} were" if anchor.sequence > 1 else "it was"
            assert found.unmet == [told_of(anchor, which)] * (not found.holds)


def told_of(anchor: Anchor, which: str) -> str:
    return (
        f"Entry {anchor.sequence} does not have the hash of its anchor: {which} rewritten after the anchor was taken, "
        "or it was taken of another database."
    )


def test_anchors_that_hold_narrow_down_what_was_rewritten(database: Database, chain: Chain) -> None:
    for number in NUMBERS:
        rows = rewritten(changed(chain, number, actor="U0INNOCENT"))
        found = verify(database, rows, *map(Anchor.of, reversed(chain)), head=Anchor.of(rows[-1]))
        assert list(found.unmet) == [
            told_of(Anchor.of(each), f"one or more of the entries {number} to {each.sequence} were")
            if each.sequence > number
            else told_of(Anchor.of(each), "it was")
            for each in chain[number - 1 :]
        ]


def test_newest_entries_that_were_cut_off_with_the_head_are_found_by_their_anchors(
    database: Database, chain: Chain
) -> None:
    for last in range(LENGTH):
        rows = chain[:last]
        head = Anchor.of(rows[-1]) if rows else Anchor(0, GENESIS_HASH)
        found = verify(database, rows, *map(Anchor.of, chain), head=head)
        assert found.fault is None
        assert list(found.unmet) == list(starmap(cut_off, ((number, last) for number in range(last + 1, LENGTH + 1))))


def cut_off(number: int, last: int) -> str:
    gone = "it was" if number == last + 1 else f"it and all after entry {last} were"
    return (
        f"Entry {number} of an anchor is not there, the chain ends at entry {last}: {gone} cut off after the anchor "
        "was taken, or it was taken of another database or of a later state of this one."
    )


def test_an_anchor_of_an_entry_that_is_missing_is_told_beside_the_fault(database: Database, chain: Chain) -> None:
    found = verify(database, without(chain, 3, 3), Anchor.of(chain[2]), Anchor.of(chain[1]))
    assert found.fault == "Entry 3 is missing: the next one found is entry 4."
    assert found.unmet == ["Entry 3, which an anchor names, is missing."]


def test_an_anchor_past_all_numbers_of_a_database_is_cut_off_and_no_crash(database: Database, chain: Chain) -> None:
    found = verify(database, chain, Anchor(10**17, chain[0].hash))
    assert list(found.unmet) == [cut_off(10**17, LENGTH)]
