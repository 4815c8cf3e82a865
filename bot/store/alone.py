"""Doing something alone: one holder of a name at a time, over all processes that share a database."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bot.store.engine import Database

log = logging.getLogger(__name__)

_OURS = 2026
"""Advisory locks of two numbers are a space of their own, and this first number is the bot's in it."""


class Names:
    """Names that one thread of one process holds at a time. With the process its names are free again.

    PostgreSQL keeps them as advisory locks of a session; SQLite's one process keeps them itself.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._held: set[str] = set()

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Hold a name while the block runs. The block is told False where somebody else holds it."""
        with self._lock:
            is_free = name not in self._held
            if is_free:
                self._held.add(name)
        if not is_free:
            yield False
            return
        try:
            if self._database.engine.dialect.name == "postgresql":
                with self._in_session(name) as is_ours:
                    yield is_ours
            else:
                yield True
        finally:
            with self._lock:
                self._held.discard(name)

    @contextmanager
    def _in_session(self, name: str) -> Iterator[bool]:
        key = (_OURS, crc32(name.encode()) - 2**31)
        with self._database.session() as session:
            is_ours = bool(session.execute(sa.select(sa.func.pg_try_advisory_lock(*key))).scalar_one())
            try:
                yield is_ours
            finally:
                if is_ours:
                    _let_go(session, key)


def _let_go(session: sa.Connection, key: tuple[int, int]) -> None:
    try:
        session.execute(sa.select(sa.func.pg_advisory_unlock(*key)))
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        log.warning("The database was away while a name was held: it was free for other processes from then on.")
