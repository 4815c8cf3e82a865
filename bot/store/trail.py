"""The append-only audit trail and its hash chain."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.trail import GENESIS_HASH, ChainedEntry, Entry
from bot.store.engine import Database
from bot.store.tables import audit_entries, audit_head

_HEAD = 1


def hold(connection: Connection) -> None:
    """Lock the head of the chain, and so put concurrent writers into a line.

    Every transaction locks rows in one order, so that no two wait for each other: requests, changes, head, messages.
    One that touches messages before it appends holds the head first.
    """
    connection.execute(sa.select(audit_head.c.id).where(audit_head.c.id == _HEAD).with_for_update())


def append(connection: Connection, entry: Entry) -> None:
    """Chain an entry inside the transaction of the effect that it records."""
    connection.execute(audit_head.update().where(audit_head.c.id == _HEAD).values(sequence=audit_head.c.sequence + 1))
    head = connection.execute(sa.select(audit_head).where(audit_head.c.id == _HEAD)).one()
    draft = ChainedEntry(
        sequence=head.sequence,
        at=entry.at.isoformat(),
        actor=entry.actor,
        act=entry.act.value,
        subject=entry.subject,
        details=json.dumps(entry.details, sort_keys=True, ensure_ascii=True),
        previous_hash=head.hash,
        hash="",
    )
    entry_hash = draft.expected_hash()
    connection.execute(
        audit_entries.insert().values(
            sequence=draft.sequence,
            at=draft.at,
            actor=draft.actor,
            act=draft.act,
            subject=draft.subject,
            details=draft.details,
            previous_hash=draft.previous_hash,
            hash=entry_hash,
        )
    )
    connection.execute(audit_head.update().where(audit_head.c.id == _HEAD).values(hash=entry_hash))


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying the chain found: `fault` is None where it holds."""

    entries: int
    head: str
    fault: str | None


class Trail:
    """Reads and verifies the record. There is no way to change it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, entry: Entry) -> None:
        with self._database.write() as connection:
            append(connection, entry)

    def newest(self, limit: int, subjects: frozenset[str] | None = None) -> list[ChainedEntry]:
        """Return the newest entries, newest first; of these subjects alone where they are given."""
        query = sa.select(audit_entries).order_by(audit_entries.c.sequence.desc()).limit(limit)
        if subjects is not None:
            query = query.where(audit_entries.c.subject.in_(subjects))
        with self._database.read() as connection:
            return [ChainedEntry(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name

    def entries(self) -> Iterator[ChainedEntry]:
        """Stream every entry, oldest first."""
        with self._database.read() as connection:
            yield from _entries(connection)

    def verify(self) -> Verification:
        """Prove that no entry was changed, removed, inserted or reordered, and say which where one was."""
        with self._database.read() as connection:
            head = connection.execute(sa.select(audit_head).where(audit_head.c.id == _HEAD)).one_or_none()
            if head is None:
                return Verification(0, GENESIS_HASH, "The head of the chain is missing.")
            count, fault = _first_fault(_entries(connection), head.sequence, head.hash)
            return Verification(count, head.hash, fault)


def _entries(connection: Connection) -> Iterator[ChainedEntry]:
    query = sa.select(audit_entries).order_by(audit_entries.c.sequence)
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield ChainedEntry(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def _first_fault(entries: Iterator[ChainedEntry], written: int, head_hash: str) -> tuple[int, str | None]:
    previous_hash, count = GENESIS_HASH, 0
    for entry in entries:
        fault = _fault(entry, count + 1, previous_hash)
        if fault is not None:
            return count, fault
        previous_hash, count = entry.hash, count + 1
    if count < written:
        missing = f"entry {written} is" if written == count + 1 else f"entries {count + 1} to {written} are"
        return count, f"The chain ends at entry {count}, but {written} were written: {missing} missing."
    if count > written:
        return count, f"Entry {written + 1} was added past the end of the chain: {written} were written."
    if previous_hash != head_hash:
        return count, f"The end of the chain is not entry {count} as it was written: it or the head was changed."
    return count, None


def _fault(entry: ChainedEntry, expected: int, previous_hash: str) -> str | None:
    if entry.sequence > expected:
        return f"Entry {expected} is missing: the next one found is entry {entry.sequence}."
    if entry.sequence < expected:
        return f"Entry {entry.sequence} was added: the chain begins at entry 1."
    if entry.previous_hash != previous_hash:
        return f"Entry {entry.sequence} does not follow entry {entry.sequence - 1}: the chain is broken there."
    if not _is_as_written(entry):
        return f"Entry {entry.sequence} ({entry.act}, {entry.at}) was changed after it was written."
    return None


def _is_as_written(entry: ChainedEntry) -> bool:
    try:
        return entry.hash == entry.expected_hash()
    except TypeError:  # SQLite takes bytes where the table says text
        return False
