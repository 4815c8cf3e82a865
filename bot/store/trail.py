"""The append-only audit trail and its hash chain."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.anchor import Anchor
from bot.models.trail import GENESIS_HASH, ChainedEntry, Entry
from bot.store.chain import Verification, first_fault, unmet
from bot.store.engine import Database
from bot.store.tables import audit_entries, audit_head

_HEAD = 1


def hold(connection: Connection) -> None:
    """Lock the head of the chain, and so put concurrent writers into a line.

    Every transaction locks rows in one order, so that no two wait for each other: requests, changes, head, messages.
    One that touches messages before it appends holds the head first.
    """
    connection.execute(sa.select(audit_head.c.id).where(audit_head.c.id == _HEAD).with_for_update())


def append(connection: Connection, entry: Entry) -> ChainedEntry:
    """Chain an entry inside the transaction of the effect that it records, and return it as stored.

    Until that transaction ends nobody else appends, so that it is the newest entry there is.
    """
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
    chained = replace(draft, hash=draft.expected_hash())
    connection.execute(audit_entries.insert().values(asdict(chained)))
    connection.execute(audit_head.update().where(audit_head.c.id == _HEAD).values(hash=chained.hash))
    return chained


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

    def verify(self, anchors: Sequence[Anchor] = ()) -> Verification:
        """Prove that no entry was changed, removed, inserted or reordered, and say which where one was.

        A chain that was rewritten as a whole holds in itself; anchors that were kept elsewhere tell.
        """
        with self._database.read() as connection:
            unmet_anchors = unmet(anchors, *_stored(connection, anchors))
            head = connection.execute(sa.select(audit_head).where(audit_head.c.id == _HEAD)).one_or_none()
            if head is None:
                return Verification(0, GENESIS_HASH, "The head of the chain is missing.", unmet_anchors)
            count, fault = first_fault(lambda: _entries(connection), head.sequence, head.hash)
            return Verification(count, head.hash, fault, unmet_anchors)


def _entries(connection: Connection) -> Iterator[ChainedEntry]:
    query = sa.select(audit_entries).order_by(audit_entries.c.sequence)
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield ChainedEntry(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def _stored(connection: Connection, anchors: Sequence[Anchor]) -> tuple[dict[int, str], int]:
    """Read the hashes of the entries that anchors name, by number, and the number of the last entry."""
    last: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(audit_entries.c.sequence), 0))).scalar_one()
    named = {anchor.sequence for anchor in anchors if anchor.sequence <= last}
    query = sa.select(audit_entries.c.sequence, audit_entries.c.hash).where(audit_entries.c.sequence.in_(named))
    return {row.sequence: row.hash for row in connection.execute(query)}, last
