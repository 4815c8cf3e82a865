"""Doing something alone: one holder of a name at a time, over all processes that share a database."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bot.errors import DatabaseAwayError
from bot.models.scans import SCAN
from bot.store.engine import Database
from bot.store.file_locks import held_on_file, lock_beside

log = logging.getLogger(__name__)

_OURS = 2026
"""Advisory locks of two numbers are a space of their own, and this first number is the bot's in it."""

_HELD = sa.text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND pid = pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid::bigint = :ours AND objid::bigint = :name)"
)


class Names:
    """Names that one thread of one process holds at a time. With the process its names are free again.

    PostgreSQL keeps them as advisory locks of a session. SQLite's one bot keeps them itself; but for the one name that
    a terminal may want beside it, SCAN, for which the operating system keeps a lock on a file beside the database.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._held: set[str] = set()
        self._sessions: dict[str, sa.Connection] = {}

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
            with self._among_processes(name) as is_ours:
                yield is_ours
        finally:
            with self._lock:
                self._held.discard(name)

    def ensure(self, name: str) -> None:
        """See that a name is still held. For the thread that holds it; raises DatabaseAwayError where it was lost.

        PostgreSQL gives a name away as soon as it ends the session, and who held it goes on over other connections.
        """
        session = self._sessions.get(name)
        if session is not None and not _holds(session, _key_of(name)):
            raise DatabaseAwayError(
                f"The session that held the name “{name}” is gone, and with it the name: another process may go on."
            )

    def _among_processes(self, name: str) -> AbstractContextManager[bool]:
        if self._database.engine.dialect.name == "postgresql":
            return self._in_session(name)
        path = lock_beside(self._database, "scan") if name == SCAN else None
        return nullcontext(enter_result=True) if path is None else held_on_file(path)

    @contextmanager
    def _in_session(self, name: str) -> Iterator[bool]:
        key = _key_of(name)
        with self._database.session() as session:
            is_ours = bool(session.execute(sa.select(sa.func.pg_try_advisory_lock(*key))).scalar_one())
            if not is_ours:
                yield False
                return
            self._sessions[name] = session
            try:
                yield True
            finally:
                del self._sessions[name]
                _let_go(session, key)


def _key_of(name: str) -> tuple[int, int]:
    return _OURS, crc32(name.encode()) - 2**31


def _holds(session: sa.Connection, key: tuple[int, int]) -> bool:
    """Ask the server which names this session holds. One that was made anew unnoticed, by a pooler, holds none.

    A lock of two numbers shows the second one unsigned. https://www.postgresql.org/docs/current/view-pg-locks.html
    """
    try:
        return bool(session.execute(_HELD, {"ours": key[0], "name": key[1] % 2**32}).scalar_one())
    except DBAPIError:
        return False


def _let_go(session: sa.Connection, key: tuple[int, int]) -> None:
    try:
        if not session.invalidated:
            session.execute(sa.select(sa.func.pg_advisory_unlock(*key)))
            return
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    log.warning("The database was away while a name was held: it was free for other processes from then on.")
