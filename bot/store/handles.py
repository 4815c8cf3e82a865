"""Opaque ids for keys: what a button carries instead of an ARN."""

import secrets
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.engine import Database, insert_missing
from bot.store.tables import key_handles

_BATCH = 500


class KeyHandles:
    """Gives each key one handle, for ever, and finds the key again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, arns: Iterable[str]) -> dict[str, str]:
        """Return the handle of each key, making those that do not exist yet; of two at once the first one counts."""
        wanted = list(dict.fromkeys(arns))
        with self._database.read() as connection:
            known = dict(_known(connection, wanted))
        if len(known) == len(wanted):
            return {arn: known[arn] for arn in wanted}
        with self._database.write() as connection:
            return handles_of(connection, wanted)

    def arn(self, handle: str) -> str | None:
        with self._database.read() as connection:
            return connection.execute(
                sa.select(key_handles.c.arn).where(key_handles.c.id == handle)
            ).scalar_one_or_none()


def handles_of(connection: Connection, arns: Iterable[str]) -> dict[str, str]:
    """Return the handle of each key, making those that do not exist yet, in a transaction that writes."""
    wanted = list(dict.fromkeys(arns))
    known = dict(_known(connection, wanted))
    missing = sorted(arn for arn in wanted if arn not in known)
    insert_missing(connection, key_handles, *({"id": f"k{secrets.token_hex(8)}", "arn": arn} for arn in missing))
    known.update(_known(connection, missing))
    return {arn: known[arn] for arn in wanted}


def known_handles(connection: Connection, arns: Iterable[str]) -> dict[str, str]:
    """Return the handles of those keys that have one, in a transaction that only reads."""
    return dict(_known(connection, list(dict.fromkeys(arns))))


def _known(connection: Connection, arns: list[str]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(arns), _BATCH):
        batch = arns[start : start + _BATCH]
        for row in connection.execute(sa.select(key_handles).where(key_handles.c.arn.in_(batch))):
            yield row.arn, row.id
