"""What a PostgreSQL, whoever set it up, and whoever else uses it may make of transactions."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import product

import pytest
import sqlalchemy as sa

from bot.errors import DatabaseAwayError
from bot.store import engine
from bot.store.engine import Database, take_turns
from bot.store.outage import NOT_LET_GO
from bot.store.schema import upgrade
from bot.store.tables import key_handles
from tests.app.house import eventually
from tests.store.databases import MakeUrl

WAYS = ("read", "write", "session")
BEFORE: Sequence[tuple[str, ...]] = [(), *product(WAYS), *product(WAYS, WAYS)]
SHOWN = "SELECT current_setting('transaction_read_only'), current_setting('transaction_isolation')"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND now() - waitstart > make_interval(secs => :seconds)"


@pytest.fixture
def database(make_postgresql: MakeUrl, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """One that waits for nobody for long."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", 0.1)
    made = Database(make_postgresql("migrated"))
    yield made
    made.close()


def configure(database: Database, setting: str) -> None:
    """Set something for every connection that is made from here on."""
    with database.write() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {database.engine.url.database} SET {setting}")
    database.close()


def look(database: Database, ways: Sequence[str]) -> None:
    """Use a new connection in each of these ways."""
    database.close()
    for way in ways:
        with getattr(database, way)() as connection:
            connection.execute(sa.select(key_handles))


def test_where_a_server_lets_nothing_be_written_nothing_is_whatever_went_before(database: Database) -> None:
    configure(database, "default_transaction_read_only = on")
    for ways in BEFORE:
        look(database, ways)
        with pytest.raises(DatabaseAwayError, match="The server only lets itself be read"), database.write() as it:
            it.execute(key_handles.insert().values(id="k1", arn="arn:1"))


def test_a_reader_reads_one_moment_and_cannot_write_whatever_went_before(database: Database) -> None:
    configure(database, "default_transaction_isolation = 'serializable'")
    for ways in BEFORE:
        look(database, ways)
        with database.read() as connection:
            assert connection.exec_driver_sql(SHOWN).one() == ("on", "repeatable read"), ways


def test_a_row_that_nobody_lets_go_is_one_sentence(database: Database) -> None:
    with database.write() as connection:
        connection.execute(key_handles.insert().values(id="k1", arn="arn:1"))
    change = key_handles.update().values(arn="arn:2")
    with database.write() as holding:
        holding.execute(change)
        with pytest.raises(DatabaseAwayError) as away, database.write() as waiting:
            waiting.execute(change)
    assert "cannot be used: canceling statement due to lock timeout" in str(away.value)
    assert str(away.value).endswith(f". {NOT_LET_GO}")


def test_where_all_connections_are_busy_that_is_one_sentence(
    make_postgresql: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(engine, "POOLED", 1)
    monkeypatch.setattr(engine, "MORE", 1)
    with closing(Database(make_postgresql("migrated"))) as database, database.read(), database.session():
        with pytest.raises(DatabaseAwayError) as away, database.write():
            pass
        assert str(away.value).startswith(f"The database at {database.name} keeps all 2 connections of this process ")


def test_a_turn_that_nobody_ends_is_one_sentence(database: Database) -> None:
    with database.write() as holding:
        take_turns(holding, "anything")
        with pytest.raises(DatabaseAwayError, match="due to lock timeout"), database.write() as waiting:
            take_turns(waiting, "anything")


def test_the_server_is_told_how_soon_to_notice_that_a_machine_is_gone(database: Database) -> None:
    """Its own figures are hours, and so long nobody else could hold the names of what ran there."""
    told = sa.text("SELECT name FROM pg_settings WHERE source = 'session' AND name LIKE 'tcp_%' ORDER BY name")
    with database.read() as connection:
        names = list(connection.execute(told).scalars())
    assert names == [*(f"tcp_keepalives_{each}" for each in ("count", "idle", "interval")), "tcp_user_timeout"]


def test_whoever_brings_the_schema_up_to_date_is_waited_for(database: Database) -> None:
    with ThreadPoolExecutor(1) as threads:
        with database.write() as holding:
            take_turns(holding, "schema")
            other = threads.submit(upgrade, database)
            eventually(lambda: waits_longer(database, engine.BUSY_TIMEOUT_SECONDS), "the other one to wait")
        other.result(60)


def waits_longer(database: Database, seconds: float) -> bool:
    with database.read() as connection:
        return bool(connection.execute(sa.text(WAITING), {"seconds": seconds}).scalar_one())


@pytest.mark.parametrize("where", ["the database", "DATABASE_URL"])
def test_how_long_locks_are_waited_for_may_be_said_elsewhere(database: Database, where: str) -> None:
    told = {}
    if where == "the database":
        configure(database, "lock_timeout = '7s'")
    else:
        told["options"] = "-c lock_timeout=7s"
    other = Database(database.engine.url.update_query_dict(told).render_as_string(hide_password=False))
    with suppress(RuntimeError), other.write() as connection:
        take_turns(connection, "anything", patiently=True)
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "7s"
        raise RuntimeError
    with other.read() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "7s"
    other.close()
