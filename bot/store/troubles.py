"""Channels that take no messages: each noted once, until a message gets through again."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.messages import Message, MessageKind
from bot.models.slack import SlackFailure
from bot.models.trail import SYSTEM, Act, Entry
from bot.models.troubles import GIVEN_UP_AFTER, Refusal, Trouble
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


@dataclass(frozen=True, slots=True)
class Refused:
    """What a refusal came to, of which trouble, and whether word of that is owed to whoever is to be told."""

    refusal: Refusal
    trouble_id: str
    is_to_be_told: bool


def note_refusal(
    connection: Connection, message: Message, failure: SlackFailure, at: datetime, tell: str | None
) -> Refused:
    """Note that a message's channel does not take it. `tell` is who hears of that: once each, and once at the end.

    Whoever is named first while the trouble lasts is told then. Processes may be set up to tell different ones.
    """
    hold(connection)
    trouble, refusal = _begun(connection, message, failure, at)
    if at - trouble.since < GIVEN_UP_AFTER:
        is_news = tell is not None and tell not in trouble.told
    else:
        refusal, is_news = Refusal.GIVEN_UP, trouble.given_up_at is None
    names = list(dict.fromkeys((*trouble.told, *([tell] if tell else []))))
    given_up_at = at if refusal is Refusal.GIVEN_UP and trouble.given_up_at is None else trouble.given_up_at
    noted = {"told": names, "given_up_at": given_up_at}
    connection.execute(channel_troubles.update().where(channel_troubles.c.id == trouble.id).values(noted))
    return Refused(refusal, trouble.id, is_news and tell is not None)


def _begun(
    connection: Connection, message: Message, failure: SlackFailure, at: datetime
) -> tuple[Row[tuple[object, ...]], Refusal]:
    """Find the trouble that lasts, or note that one begins."""
    columns = channel_troubles.c
    values = {
        "id": f"t{secrets.token_hex(6)}",
        "channel": message.channel,
        "code": failure.code,
        "message_id": message.id,
        "since": at,
    }
    is_new = insert_missing(connection, channel_troubles, values)
    if is_new:
        append(connection, Entry(at, SYSTEM, Act.CHANNEL_LOST, message.channel, {"why": failure.sentence}))
    lasts = sa.select(channel_troubles).where(columns.channel == message.channel, columns.ended_at.is_(None))
    return connection.execute(lasts).one(), Refusal.FIRST if is_new else Refusal.AGAIN


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
    return Trouble(row.id, row.channel, row.code, row.since, row.ended_at, row.given_up_at, waiting)
