"""Opaque ids for keys: what a button carries instead of an ARN."""

import secrets
from collections.abc import Iterable

import sqlalchemy as sa

from bot.store.engine import Database
from bot.store.tables import key_handles

_BATCH = 500


class KeyHandles:
    """Gives each key one handle, for ever, and finds the key again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, arns: Iterable[str]) -> dict[str, str]:
        """Return the handle of each key, making those that do not exist yet."""
        wanted = list(dict.fromkeys(arns))
        with self._database.write() as connection:
            known: dict[str, str] = {}
            for start in range(0, len(wanted), _BATCH):
                batch = wanted[start : start + _BATCH]
                query = sa.select(key_handles.c.arn, key_handles.c.id).where(key_handles.c.arn.in_(batch))
                known.update((row.arn, row.id) for row in connection.execute(query))
            fresh = {arn: f"k{secrets.token_hex(8)}" for arn in wanted if arn not in known}
            if fresh:
                connection.execute(key_handles.insert(), [{"id": id_, "arn": arn} for arn, id_ in fresh.items()])
            return known | fresh

    def arn(self, handle: str) -> str | None:
        with self._database.read() as connection:
            return connection.execute(
                sa.select(key_handles.c.arn).where(key_handles.c.id == handle)
            ).scalar_one_or_none()
