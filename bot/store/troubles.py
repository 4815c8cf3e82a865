"""Channels that take no messages: each noted once, until a message gets through again."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.messages import Message, MessageKind
from bot.models.trail import SYSTEM, Act, Entry
from bot.models.troubles import Trouble
from bot.store.engine import Database, insert_missing
from bot.store.tables import channel_troubles, messages
from bot.store.trail import append, hold


class TroubleStore:
    """Says which channels take no messages, and since when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, trouble_id: str) -> Trouble | None:
        query = sa.select(channel_troubles).where(channel_troubles.c.id == trouble_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _trouble(connection, row)

    def lasting(self) -> list[Trouble]:
        """Return the channels that take no messages now, the longest first."""
        columns = channel_troubles.c
        query = sa.select(channel_troubles).where(columns.ended_at.is_(None)).order_by(columns.since, columns.id)
        with self._database.read() as connection:
            return [_trouble(connection, row) for row in connection.execute(query).all()]


def begin_trouble(connection: Connection, message: Message, code: str, why: str, at: datetime) -> str | None:
    """Note that a message's channel does not take it, and return that trouble's id; None where it is known already."""
    made = f"t{secrets.token_hex(6)}"
    values = {"id": made, "channel": message.channel, "code": code, "message_id": message.id, "since": at}
    hold(connection)
    if not insert_missing(connection, channel_troubles, values):
        return None
    append(connection, Entry(at, SYSTEM, Act.CHANNEL_LOST, message.channel, {"why": why}))
    return made


def end_trouble(connection: Connection, message: Message, at: datetime) -> str | None:
    """Note that a channel took a message, and return the id of the trouble that this ends; None where there was none.

    A new message ends it, or the very one that began it: that another one could be changed says nothing of new ones.
    """
    columns = channel_troubles.c
    lasts = sa.and_(columns.channel == message.channel, columns.ended_at.is_(None))
    if message.ts is not None:
        lasts = sa.and_(lasts, columns.message_id == message.id)
    ended = connection.execute(sa.select(columns.id).where(lasts)).scalar_one_or_none()
    if ended is None:
        return None
    hold(connection)
    still = sa.and_(columns.id == ended, columns.ended_at.is_(None))
    if not connection.execute(channel_troubles.update().where(still).values(ended_at=at)).rowcount:
        return None
    append(connection, Entry(at, SYSTEM, Act.CHANNEL_BACK, message.channel))
    return str(ended)


def _trouble(connection: Connection, row: Row[tuple[object, ...]]) -> Trouble:
    """Read a trouble with what waits for it, but for kinds of messages that only a newer version knows."""
    columns = messages.c
    is_known = columns.kind.in_([kind.value for kind in MessageKind])
    waits = sa.and_(columns.channel == row.channel, columns.shown < columns.wanted, columns.lost.is_(None), is_known)
    counts = sa.select(columns.kind, sa.func.count()).where(waits).group_by(columns.kind).order_by(columns.kind)
    waiting = {MessageKind(kind): count for kind, count in connection.execute(counts)}
    return Trouble(row.id, row.channel, row.code, row.since, row.ended_at, waiting)
