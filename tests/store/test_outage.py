"""A SQLite file that cannot be used: each case is a sentence that names it, its cause and what to do."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from bot.errors import DatabaseAwayError
from bot.store import engine
from bot.store.engine import Database
from bot.store.tables import key_handles
from tests.store.databases import MakeUrl


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", 0.1)


@contextmanager
def locked(path: Path) -> Iterator[Database]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield Database(f"sqlite:///{path}")
    other.close()


@contextmanager
def full(path: Path) -> Iterator[Database]:
    """A disk with room for what is there and nothing else, as SQLite sees it."""
    database = Database(f"sqlite:///{path}")
    with database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    yield database


@contextmanager
def read_only(path: Path) -> Iterator[Database]:
    yield Database(f"sqlite:///file:{path}?mode=ro&uri=true")


@contextmanager
def damaged(path: Path) -> Iterator[Database]:
    with suppress(sqlite3.Error), sqlite3.connect(path) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        for page in range(1, path.stat().st_size // 4096):
            file.seek(4096 * page)
            file.write(b"\xff" * 64)
    yield Database(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("broken", "cause", "remedy"),
    [
        (locked, "database is locked", "Another program holds it and does not let go: find and end that one."),
        (full, "database or disk is full", "The disk is full: make room on it."),
        (
            read_only,
            "attempt to write a readonly database",
            "Let the bot's user write the file and its folder, and mount the disk for writing.",
        ),
        (
            damaged,
            "database disk image is malformed",
            "Stop the bot and restore a backup: docs/operations.md says how.",
        ),
    ],
)
def test_a_file_that_cannot_be_written_is_one_sentence(
    make_sqlite: MakeUrl, broken: Callable[[Path], AbstractContextManager[Database]], cause: str, remedy: str
) -> None:
    path = Path(make_sqlite("migrated").removeprefix("sqlite:///"))
    with broken(path) as database:
        with pytest.raises(DatabaseAwayError) as away:
            write(database)
        database.close()
    sentence = str(away.value)
    assert sentence.startswith("The database at sqlite:///")
    assert path.name in sentence
    assert sentence.endswith(f": {cause}. {remedy}")


def write(database: Database) -> None:
    with database.write() as connection:
        for number in range(2000):
            connection.execute(key_handles.insert().values(id=f"k{number}", arn=f"arn:{number:0200}"))
