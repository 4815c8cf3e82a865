"""Which processes share this database, and whether they have the same settings.

When each was last heard of goes by the database's own clock: one whose machine is ahead would forget all the others.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from bot.models.messages import MessageKind
from bot.models.processes import Difference, Disagreement, RunningProcess
from bot.models.trail import SYSTEM, Act, Entry
from bot.rules.agreement import ALIVE, PATIENCE, differences, in_words
from bot.store.engine import Database, database_time, take_turns
from bot.store.messages import owe, show_anew
from bot.store.tables import disagreements, processes
from bot.store.trail import append

_DIFFERENCES = TypeAdapter(tuple[Difference, ...])


class ProcessStore:
    """Keeps a row for each process that runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, process: RunningProcess, now: datetime, tell: str | None) -> Disagreement | None:
        """Note that a process is there, compare it with the others, and return how their settings differ.

        A difference is put on record when it begins and when it ends; where it lasts, `tell`, a channel or a person,
        is owed word of it, once.
        """
        with self._database.write() as connection:
            take_turns(connection, "processes")
            here = database_time(connection)
            connection.execute(processes.delete().where(_is(process.id) | (processes.c.seen_at < here - ALIVE)))
            values = {"name": process.name, "started_at": process.started_at, "settings": dict(process.settings)}
            connection.execute(processes.insert().values(id=process.id, seen_at=here, **values))
            return _settle(connection, differences(_running(connection)), now, tell)

    def leave(self, process_id: str) -> None:
        """Forget a process that ends."""
        with self._database.write() as connection:
            connection.execute(processes.delete().where(_is(process_id)))

    def running(self) -> Sequence[RunningProcess]:
        """Return the processes that were heard of lately, the eldest first."""
        with self._database.read() as connection:
            return _running(connection)

    def disagreement(self, disagreement_id: str) -> Disagreement | None:
        with self._database.read() as connection:
            query = sa.select(disagreements).where(disagreements.c.id == disagreement_id)
            row = connection.execute(query).one_or_none()
        return None if row is None else _disagreement(row)


def _is(process_id: str) -> sa.ColumnElement[bool]:
    return processes.c.id == process_id


def _running(connection: Connection) -> Sequence[RunningProcess]:
    query = sa.select(processes).where(processes.c.seen_at >= database_time(connection) - ALIVE)
    rows = connection.execute(query.order_by(processes.c.started_at, processes.c.id))
    return [RunningProcess(row.id, row.name, row.started_at, row.seen_at, row.settings) for row in rows]


def _settle(
    connection: Connection, found: tuple[Difference, ...], now: datetime, tell: str | None
) -> Disagreement | None:
    """Have the one disagreement that lasts be the one that was found. Whoever calls holds the name “processes”."""
    row = connection.execute(sa.select(disagreements).where(disagreements.c.ended_at.is_(None))).one_or_none()
    if row is None:
        return _begin(connection, found, now) if found else None
    lasting = _disagreement(row)
    if not lasting.is_about(found):
        _end(connection, lasting, now)
        return _begin(connection, found, now) if found else None
    if lasting.differences != found:
        _note(connection, lasting.id, differences=_DIFFERENCES.dump_python(found, mode="json"))
        show_anew(connection, MessageKind.SETTINGS, lasting.id, now)
    if tell is not None and not row.told and now - lasting.since >= PATIENCE:
        _note(connection, lasting.id, told=True)
        owe(connection, MessageKind.SETTINGS, lasting.id, tell, now)
    return replace(lasting, differences=found)


def _note(connection: Connection, disagreement_id: str, **values: object) -> None:
    connection.execute(disagreements.update().where(disagreements.c.id == disagreement_id).values(values))


def _begin(connection: Connection, found: tuple[Difference, ...], now: datetime) -> Disagreement:
    begun = Disagreement(f"p{secrets.token_hex(6)}", found, now)
    stored = _DIFFERENCES.dump_python(found, mode="json")
    connection.execute(disagreements.insert().values(id=begun.id, differences=stored, since=now))
    details = {"why": "; ".join(f"{each.section}: {in_words(each)}" for each in found)}
    append(connection, Entry(now, SYSTEM, Act.SETTINGS_DIFFER, begun.id, details))
    return begun


def _end(connection: Connection, lasting: Disagreement, now: datetime) -> None:
    still = sa.and_(disagreements.c.id == lasting.id, disagreements.c.ended_at.is_(None))
    if connection.execute(disagreements.update().where(still).values(ended_at=now)).rowcount:
        append(connection, Entry(now, SYSTEM, Act.SETTINGS_AGREE, lasting.id))
        show_anew(connection, MessageKind.SETTINGS, lasting.id, now)


def _disagreement(row: Row[tuple[object, ...]]) -> Disagreement:
    return Disagreement(row.id, _DIFFERENCES.validate_python(row.differences), row.since, row.ended_at)
