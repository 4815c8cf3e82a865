"""Digests as posted, and for each of them by name what the previous one said of every key."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from bot.models.anchor import Anchor
from bot.models.digests import Baseline, Digest, DigestContent
from bot.models.messages import MessageKind
from bot.models.trail import Act, Entry
from bot.store.engine import Database, take_turns
from bot.store.messages import owe
from bot.store.tables import digest_baselines, digest_rows, digests
from bot.store.trail import append

_CONTENT = TypeAdapter(DigestContent)
_BATCH = 1000


class DigestStore:
    """Keeps digests, so that a row can be rendered again when its request moves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def baseline(self, name: str) -> dict[str, Baseline]:
        """Return what the previous digest of this name said of each key; empty before the first one."""
        query = sa.select(digest_baselines).where(digest_baselines.c.name == name)
        with self._database.read() as connection:
            return {row.arn: Baseline(row.open, row.since) for row in connection.execute(query)}

    def create(self, digest: Digest, baseline: Mapping[str, Baseline], pages: int, *, by: str) -> Digest:
        """Store a digest, replace the baseline and owe its messages: one, and so many pages in its thread.

        Returns the digest with its anchor: the very entry that records it. Appending holds the head of the chain until
        the transaction ends, so that this entry is the newest at that moment whoever else writes, and it vouches for
        the digest as well as for all before it. The entry before would leave out the digest's own; an anchor read
        outside of the transaction could be older than entries that are committed before the digest.
        """
        with self._database.write() as connection:
            take_turns(connection, f"the digest {digest.name}")
            _replace_baseline(connection, digest.name, baseline)
            details = {"name": digest.name, "channel": digest.channel, "open": digest.content.open_total}
            entry = append(connection, Entry(digest.created_at, by, Act.DIGEST_POSTED, digest.id, details))
            anchored = replace(digest, content=replace(digest.content, anchor=Anchor.of(entry)))
            _insert(connection, anchored)
            owe(connection, MessageKind.DIGEST, digest.id, digest.channel, digest.created_at)
            for page in range(pages):
                owe(connection, MessageKind.DIGEST_REST, digest.id, digest.channel, digest.created_at, position=page)
        return anchored

    def get(self, digest_id: str) -> Digest | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(digests).where(digests.c.id == digest_id)).one_or_none()
        return None if row is None else _digest(row)

    def latest(self, name: str) -> Digest | None:
        """Return the newest digest of a name."""
        query = sa.select(digests).where(digests.c.name == name).order_by(digests.c.created_at.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _digest(row)

    def made_for(self, name: str, since: datetime) -> bool:
        """Say whether a digest of this name was made at or after a moment."""
        query = sa.select(digests.c.id).where(digests.c.name == name, digests.c.created_at >= since).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None


def _replace_baseline(connection: Connection, name: str, baseline: Mapping[str, Baseline]) -> None:
    connection.execute(digest_baselines.delete().where(digest_baselines.c.name == name))
    values = [{"name": name, "arn": arn, **asdict(each)} for arn, each in baseline.items()]
    for start in range(0, len(values), _BATCH):
        connection.execute(digest_baselines.insert(), values[start : start + _BATCH])


def _insert(connection: Connection, digest: Digest) -> None:
    content = _CONTENT.dump_python(digest.content, mode="json")
    connection.execute(digests.insert().values(asdict(digest) | {"content": content}))
    rows = [{"digest_id": digest.id, "arn": key.arn} for key in digest.content.top]
    if rows:
        connection.execute(digest_rows.insert(), rows)


def _digest(row: Row[tuple[object, ...]]) -> Digest:
    return Digest(row.id, row.name, row.channel, row.created_at, _CONTENT.validate_python(row.content))
