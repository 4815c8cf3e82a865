"""One door to the database: short transactions, SQLite and PostgreSQL alike."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.errors import DatabaseAwayError, UserError
from bot.store.outage import ALL_BUSY, CHECK_URL, remedy_for

BUSY_TIMEOUT_SECONDS = 30
"""So long a transaction waits for another one; then that is an error, on either kind of database."""

POOLED, MORE = 10, 20
"""Connections to PostgreSQL that a process keeps, and those that it makes beside them while it needs them."""

PATIENCE_SECONDS = 600
"""So long one waits that does not mind: another one may be at work that long."""

_LIVELY: Mapping[str, str | int] = {
    "application_name": "kms-rotation",
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How soon a connection that leads nowhere is noticed: half a minute, where the kernel's own settings take hours.

What the query of DATABASE_URL says goes before it.
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

_NOTICED = (
    "SELECT set_config('tcp_keepalives_idle', '15', false), set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '30000', false)"
)
"""The same for the server. https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-KEEPALIVES-IDLE"""

BREATH_SECONDS = 0.01
"""Long work in many transactions pauses so long between them: SQLite gives its lock to whoever asks first."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware moment in UTC, also where the database keeps no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Hands out transactions. A writing one takes SQLite's write lock at once, so that it never fails half-way."""

    def __init__(self, url: str) -> None:
        """Prepare an engine; nothing connects until the first transaction."""
        try:
            self.engine: Engine = sa.create_engine(_readable(url), **_engine_options(url))
        except (ArgumentError, ImportError, NoSuchModuleError, ValueError) as error:
            raise UserError(f"DATABASE_URL cannot be used: {error}") from error
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        if self._is_sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(self.engine, "connect", _prepare_postgresql)
            sa.event.listen(self.engine, "checkin", _leave_to_postgresql)

    @property
    def name(self) -> str:
        """Its URL without its secrets, which may also stand in the query."""
        url = self.engine.url.difference_update_query(["password", "sslpassword"])
        return url.render_as_string(hide_password=True)

    @property
    def is_there(self) -> bool:
        """False for a SQLite file that is not there: whoever connects makes it."""
        path = self.engine.url.database
        if not self._is_sqlite or not path or path.startswith((":memory:", "file:")):
            return True
        try:
            return Path(path).exists()
        except OSError:  # whoever connects is told why
            return True

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads, and sees one moment however many queries it makes.

        Raises DatabaseAwayError where the database cannot be used, at whichever statement.
        """
        with self._told(), self._connected() as connection:
            if not self._is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that may write; it is rolled back if the block raises.

        Raises DatabaseAwayError where the database cannot be used, at whichever statement.
        """
        with self._told(writing=True), self._connected() as connection:
            writing = connection.execution_options(writing=True)
            with writing.begin():
                yield writing

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """Open a connection of which each statement is a transaction of its own. Raises DatabaseAwayError."""
        with self._told(), self._connected() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except PoolTimeoutError as error:
            sentence = f"The database at {self.name} keeps all {POOLED + MORE} connections of this process waiting"
            raise DatabaseAwayError(f"{sentence}. {ALL_BUSY}") from error
        except DBAPIError as error:
            known = remedy_for(error, writing=False) if self._is_sqlite else None
            cause = in_one_line(error)
            sentence = f"The database at {self.name} cannot be reached: {cause}. {known or CHECK_URL}"
            raise DatabaseAwayError(sentence) from error
        with connection:
            yield connection

    @contextmanager
    def _told(self, *, writing: bool = False) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            remedy = remedy_for(error, writing=writing)
            if remedy is None:
                raise
            raise DatabaseAwayError(
                f"The database at {self.name} cannot be used: {in_one_line(error)}. {remedy}"
            ) from error

    def close(self) -> None:
        self.engine.dispose()


def database_time(connection: Connection) -> datetime:
    """Ask the database what time it is: the clocks of the machines that share it need not agree."""
    now: datetime = connection.execute(sa.select(sa.type_coerce(sa.func.now(), UtcDateTime))).scalar_one()
    return now


def take_turns(connection: Connection, what: str, *, patiently: bool = False) -> None:
    """Wait until no other transaction holds this name, and hold it until the end.

    SQLite's writers take turns anyway.
    """
    if connection.dialect.name != "postgresql":
        return
    turn = sa.select(sa.func.pg_advisory_xact_lock(crc32(what.encode())))
    if not patiently:
        connection.execute(turn)
        return
    usual = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    wait_at_most = sa.text("SELECT set_config('lock_timeout', :wait, true)")
    connection.execute(wait_at_most, {"wait": f"{PATIENCE_SECONDS}s"})
    connection.execute(turn)
    connection.execute(wait_at_most, {"wait": usual})


def insert_missing(connection: Connection, table: sa.Table, *rows: Mapping[str, object]) -> int:
    """Insert those rows that break no unique key, and return how many they were.

    A row that another transaction is about to insert is waited for: several are given in the order of their key.
    """
    insert = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    statement = insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return sum(connection.execute(statement, row).rowcount for row in rows)


def _readable(url: str) -> URL:
    parsed = make_url(url)
    if "@" in (parsed.host or ""):
        raise ValueError("a sign in its user name or password must be written in percent form, @ as %40.")
    return parsed


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_TIMEOUT_SECONDS}}
    pool = {"pool_size": POOLED, "max_overflow": MORE, "pool_timeout": BUSY_TIMEOUT_SECONDS, "pool_pre_ping": True}
    return {**pool, "connect_args": lively(make_url(url))}


def lively(url: URL) -> dict[str, str | int]:
    """Say what PostgreSQL's library is to be told of every connection, as far as DATABASE_URL does not."""
    return {name: value for name, value in _LIVELY.items() if name not in url.query}


def waiting_at_most() -> tuple[str, tuple[str]]:
    """Make the statement by which a new connection waits for no lock for ever, unless it is said elsewhere how long.

    Elsewhere is the server, or DATABASE_URL. A SET, as poolers between let no `options` through.
    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
    """
    wait = "SELECT set_config('lock_timeout', %s, false) WHERE current_setting('lock_timeout') = '0'"
    return wait, (f"{round(BUSY_TIMEOUT_SECONDS * 1000)}ms",)


def in_one_line(error: DBAPIError) -> str:
    """Put what the driver says, often several lines, into one; what it asks the reader is left out."""
    lines = (line.strip() for line in str(error.orig).splitlines())
    return " ".join(" ".join(line for line in lines if not line.endswith("?")).split()).rstrip(".")


def _prepare_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event signature
    """Write-ahead log, enforced foreign keys, and transactions that SQLAlchemy begins itself."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _prepare_postgresql(connection: Any, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event signature
    """Bound what is waited for, and have the server notice a machine that is gone as soon as we would notice its own.

    Its names and locks go with its session; by the server's own figures that would take hours.
    """
    connection.execute(*waiting_at_most())
    connection.execute(_NOTICED)
    connection.commit()


def _leave_to_postgresql(connection: Any, _record: Any) -> None:  # noqa: ANN401 - as above
    """Let the server say again whether transactions may write: SQLAlchemy resets what read to one that may."""
    if connection is not None:
        connection.read_only = None


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
