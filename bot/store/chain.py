"""What proving the record means: each entry against its hash and the one before, and the anchors against the entries.

Nothing in the database can prove a chain that was rewritten as a whole, head and all: for that the anchors are kept
elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.models.anchor import Anchor
from bot.models.trail import GENESIS_HASH, ChainedEntry

Entries = Callable[[], Iterator[ChainedEntry]]
"""Every stored entry in the order of its number, as often as it is called."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found. `fault` is None where the chain holds; `unmet` says which anchors do not hold.

    `entries` counts those before the first fault.
    """

    entries: int
    head: str
    fault: str | None
    unmet: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        return self.fault is None and not self.unmet


def first_fault(entries: Entries, written: int, head_hash: str) -> tuple[int, str | None]:
    """Say how many entries hold, and what is wrong with the first that does not."""
    previous_hash, count = GENESIS_HASH, 0
    for entry in entries():
        if entry.sequence > count + 1:
            return count, f"Entry {count + 1} is missing: the next one found is entry {entry.sequence}."
        if entry.sequence < 1:
            return count, _before_the_beginning(entry, _written_as(entry, entries))
        if not _is_whole(entry):
            return count, _misplaced(entry, _written_as(entry, entries))
        if entry.previous_hash != previous_hash:
            return count, _unconnected(entry)
        previous_hash, count = entry.hash, count + 1
    return count, _fault_at_the_end(count, previous_hash, written, head_hash)


def fault_in_end(newest: Sequence[ChainedEntry], written: int, head_hash: str) -> str | None:
    """Say what is wrong with the newest entries, given oldest first; what comes before them is not looked at."""
    for before, entry in zip((None, *newest), newest, strict=False):
        if not _is_whole(entry):
            return f"Entry {entry.sequence} ({entry.act}, {entry.at}) is not as it was written."
        if before is not None and entry.sequence != before.sequence + 1:
            return f"Entry {before.sequence + 1} is missing: the next one found is entry {entry.sequence}."
        if before is not None and entry.previous_hash != before.hash:
            return _unconnected(entry)
    count, last_hash = (newest[-1].sequence, newest[-1].hash) if newest else (0, GENESIS_HASH)
    return _fault_at_the_end(count, last_hash, written, head_hash)


def unmet(anchors: Iterable[Anchor], stored: dict[int, str], last: int) -> list[str]:
    """Say of each anchor that does not hold what that means. `stored` are the hashes of the entries, by number.

    An anchor that holds narrows down what was rewritten: in a chain that holds, nothing up to it was.
    """
    found, first = [], 1
    for anchor in sorted(set(anchors), key=lambda each: each.sequence):
        if anchor.sequence > last:
            found.append(_cut_off(anchor, last))
        elif anchor.sequence not in stored:
            found.append(f"Entry {anchor.sequence}, which an anchor names, is missing.")
        elif stored[anchor.sequence] == anchor.hash:
            first = anchor.sequence + 1
        else:
            found.append(_rewritten(anchor, min(first, anchor.sequence)))
    return found


def _cut_off(anchor: Anchor, last: int) -> str:
    gone = f"it and all after entry {last} were" if anchor.sequence > last + 1 else "it was"
    return (
        f"Entry {anchor.sequence} of an anchor is not there, the chain ends at entry {last}: {gone} cut off after the "
        "anchor was taken, or it was taken of another database or of a later state of this one."
    )


def _rewritten(anchor: Anchor, first: int) -> str:
    which = "it" if first == anchor.sequence else f"one or more of the entries {first} to {anchor.sequence}"
    were = "was" if first == anchor.sequence else "were"
    return (
        f"Entry {anchor.sequence} does not have the hash of its anchor: {which} {were} rewritten after the anchor was "
        "taken, or it was taken of another database."
    )


def _before_the_beginning(entry: ChainedEntry, written_as: int) -> str:
    if written_as:
        return f"Entry {written_as} was moved: it stands before the beginning of the chain, as entry {entry.sequence}."
    return f"Entry {entry.sequence} was added: the chain begins at entry 1."


def _misplaced(entry: ChainedEntry, written_as: int) -> str:
    place = entry.sequence
    if written_as > place:
        return f"Entry {place} was removed or moved: what was written as entry {written_as} stands in its place."
    if 0 < written_as < place:
        which = f"Entry {written_as} was" if written_as == place - 1 else f"Entries {written_as} to {place - 1} were"
        return f"{which} inserted: what was written as entry {written_as} stands after, as entry {place}."
    return f"Entry {place} ({entry.act}, {entry.at}) was changed after it was written."


def _unconnected(entry: ChainedEntry) -> str:
    if entry.sequence == 1:
        return "Entry 1 does not begin the chain: it was rewritten together with its hash."
    before = entry.sequence - 1
    return (
        f"Entry {entry.sequence} does not follow entry {before}: "
        f"entry {before} or entry {entry.sequence} was rewritten together with its hash."
    )


def _fault_at_the_end(count: int, last_hash: str, written: int, head_hash: str) -> str | None:
    if count < written:
        missing = f"entry {written} is" if written == count + 1 else f"entries {count + 1} to {written} are"
        return f"The chain ends at entry {count}, but {written} were written: {missing} missing."
    if count > written:
        return f"Entry {written + 1} was added past the end of the chain: {written} were written."
    if last_hash != head_hash:
        return f"The end of the chain is not entry {count} as it was written: it or the head was changed."
    return None


def _written_as(entry: ChainedEntry, entries: Entries) -> int:
    """Find the number that an entry had when its hash was made; 0 where no number makes that hash.

    Besides the number, the hash before it may have been changed to fit its new place: the one that stands there now
    is tried as well.
    """
    if _is_whole(replace(entry, sequence=1, previous_hash=GENESIS_HASH)):
        return 1
    for before in entries():
        number = before.sequence + 1
        for previous_hash in (entry.previous_hash, before.hash):
            if _is_whole(replace(entry, sequence=number, previous_hash=previous_hash)):
                return number
    return 0


def _is_whole(entry: ChainedEntry) -> bool:
    try:
        return entry.hash == entry.expected_hash()
    except TypeError:  # SQLite takes bytes where the table says text
        return False
