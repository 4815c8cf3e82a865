"""Locks beside a SQLite file, kept by the operating system: they end with the process that holds them.

Not on the file itself: SQLite has locks of its own on that, and whoever else closes it would drop them.
https://www.sqlite.org/howtocorrupt.html
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from bot.errors import UserError
from bot.store.engine import Database

LEAVE_SECONDS = 10.0
"""So long another bot may take to end: over HTTP one whose first process was killed needs a moment to notice."""

LOOK_SECONDS = 0.1

_WHICH_FILE = "SELECT file FROM pragma_database_list WHERE name = 'main'"
"""Beside it there may be one for temporary tables."""

log = logging.getLogger(__name__)


@contextmanager
def one_bot_on(database_url: str) -> Iterator[None]:
    """Let no other bot run on the same SQLite file while the block does; PostgreSQL takes as many as like.

    The processes that a server forks hold the lock as well, each to its own end. Raises UserError where another bot
    holds it and does not end soon.
    """
    with closing(Database(database_url)) as database:
        path = lock_beside(database, "run")
    if path is None:
        yield
        return
    with _opened(path) as file:
        _wait_for(file, path)
        yield


@contextmanager
def held_on_file(path: Path) -> Iterator[bool]:
    """Hold a lock while the block runs. The block is told False where somebody else holds it."""
    with _opened(path) as file:
        yield _is_taken(file, path)


def lock_beside(database: Database, name: str) -> Path | None:
    """Name the file of a lock; None where there is none to share: with PostgreSQL, and in memory.

    SQLite says which file it has open, by its whole path: a URL may name it in many ways.
    https://www.sqlite.org/pragma.html#pragma_database_list
    """
    if database.engine.dialect.name != "sqlite":
        return None
    with database.read() as connection:
        path = connection.exec_driver_sql(_WHICH_FILE).scalar_one()
    return Path(f"{path}-{name}") if path else None


def _wait_for(file: IO[bytes], path: Path) -> None:
    until, is_told = monotonic() + LEAVE_SECONDS, False
    while not _is_taken(file, path):
        if monotonic() > until:
            raise UserError(
                f"DATABASE_URL: Another bot runs on this SQLite file, and two would post everything twice: it holds "
                f"{path}. Stop that one, or give both a PostgreSQL, which several can share."
            )
        if not is_told:
            log.warning("Another bot runs on this SQLite file. Waiting %.0f seconds for its end.", LEAVE_SECONDS)
            is_told = True
        sleep(LOOK_SECONDS)


def _is_taken(file: IO[bytes], path: Path) -> bool:
    """Take the lock, unless somebody else has it. https://man7.org/linux/man-pages/man2/flock.2.html."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _no_lock(path, error) from error
    return True


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("ab")
    except OSError as error:
        raise _no_lock(path, error) from error


def _no_lock(path: Path, error: OSError) -> UserError:
    return UserError(
        f"DATABASE_URL: {path} cannot be locked: {error.strerror}. Without that nobody can tell whether another bot is "
        "at this SQLite file. Let the bot's user write it and its folder, on a disk that has locks (flock)."
    )
