"""The door to the database: what a transaction promises, and what people are told when there is none."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from bot.errors import UserError
from bot.store import engine
from bot.store.engine import Database, insert_missing
from bot.store.tables import coverage, firings, key_handles
from tests.store.crowd import all_at_once
from tests.store.databases import AS_SHIPPED, MakeUrl

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def handles(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {row.id: row.arn for row in connection.execute(sa.select(key_handles))}


@given(
    moment=st.datetimes(
        min_value=datetime(1970, 1, 3),  # noqa: DTZ001 - hypothesis adds the time zone
        max_value=datetime(9998, 12, 30),  # noqa: DTZ001 - hypothesis adds the time zone
        timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
    )
)
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example writes over the one before
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database, moment: datetime) -> None:
    with database.write() as connection:
        connection.execute(firings.delete())
        connection.execute(firings.insert().values(job="scan", due_at=moment, state="DONE", claimed_at=moment))
        back = connection.execute(sa.select(firings.c.due_at)).scalar_one()
    assert back == moment
    assert back.tzinfo is UTC


def test_a_moment_without_a_time_zone_is_refused(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(StatementError, match="a moment without a time zone cannot be stored"), database.write() as it:
        it.execute(firings.insert().values(job="scan", due_at=naive, state="DONE", claimed_at=NOON))


def test_moments_sort_and_compare_by_time_whatever_their_zone(database: Database) -> None:
    moments = [NOON.astimezone(timezone(timedelta(hours=hours))) + timedelta(minutes=hours) for hours in (-9, 0, 9)]
    with database.write() as connection:
        for moment in reversed(moments):
            connection.execute(firings.insert().values(job="scan", due_at=moment, state="DONE", claimed_at=NOON))
    with database.read() as connection:
        column = firings.c.due_at
        assert list(connection.execute(sa.select(column).order_by(column)).scalars()) == moments
        assert list(connection.execute(sa.select(column).where(column < moments[1])).scalars()) == moments[:1]


def test_a_moment_that_is_not_known_stays_unknown(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.max(firings.c.due_at))).scalar_one() is None


def test_a_writing_transaction_that_raises_is_rolled_back_whole(database: Database) -> None:
    with database.write() as connection:
        connection.execute(key_handles.insert().values(id="k1", arn="arn:1"))

    def fail_half_way() -> None:
        with database.write() as connection:
            connection.execute(key_handles.insert().values(id="k2", arn="arn:2"))
            connection.execute(key_handles.update().where(key_handles.c.id == "k1").values(arn="arn:changed"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    assert handles(database) == {"k1": "arn:1"}


def test_what_is_not_committed_is_not_seen(database: Database) -> None:
    with database.write() as connection:
        connection.execute(key_handles.insert().values(id="k1", arn="arn:1"))
        assert handles(database) == {}
    assert handles(database) == {"k1": "arn:1"}


def test_a_reading_transaction_sees_one_moment(database: Database) -> None:
    count = sa.select(sa.func.count()).select_from(key_handles)
    with database.read() as reading:
        assert reading.execute(count).scalar_one() == 0
        with database.write() as writing:
            writing.execute(key_handles.insert().values(id="k1", arn="arn:1"))
        assert reading.execute(count).scalar_one() == 0
    with database.read() as reading:
        assert reading.execute(count).scalar_one() == 1


def test_a_connection_that_has_read_can_write_afterwards(database: Database) -> None:
    for number in range(3):
        assert len(handles(database)) == number
        with database.write() as connection:
            connection.execute(key_handles.insert().values(id=f"k{number}", arn=f"arn:{number}"))


def test_many_writers_wait_for_each_other_and_none_fails(database: Database) -> None:
    with database.write() as connection:
        connection.execute(key_handles.insert().values(id="counter", arn="0"))

    def count(_: int) -> None:
        for _again in range(5):
            with database.write() as connection:
                query = sa.select(key_handles.c.arn).with_for_update()
                number = int(connection.execute(query).scalar_one())
                connection.execute(key_handles.update().values(arn=str(number + 1)))

    all_at_once(count, threads=60)
    assert handles(database) == {"counter": "300"}


def test_many_can_open_a_new_file_at_once(make_sqlite: MakeUrl) -> None:
    url = make_sqlite("empty")

    def open_and_write(number: int) -> None:
        database = Database(url)
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS seen (number INTEGER)")
            connection.exec_driver_sql("INSERT INTO seen VALUES (?)", (number,))
        database.close()

    all_at_once(open_and_write, threads=24)
    database = Database(url)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM seen").scalar_one() == 24
    database.close()


def test_rows_that_are_missing_are_inserted_and_counted(database: Database) -> None:
    rows: list[dict[str, object]] = [{"id": f"k{number}", "arn": f"arn:{number}"} for number in range(3)]
    with database.write() as connection:
        assert insert_missing(connection, key_handles, *rows[:2]) == 2
        assert insert_missing(connection, key_handles, *rows) == 1
        assert insert_missing(connection, key_handles) == 0
    assert len(handles(database)) == 3


def test_foreign_keys_hold(database: Database) -> None:
    row = {"account": "1", "region": "r", "account_name": "n", "status": "SCANNED", "keys": 0}
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(coverage.insert().values(scan_id="none", **row))


def test_sqlite_keeps_a_write_ahead_log_and_waits_for_the_disk(
    make_sqlite: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_prepare_sqlite", AS_SHIPPED)  # the other tests do not wait
    database = Database(make_sqlite("migrated"))
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 30_000}
    database.close()


def test_a_reader_cannot_write_to_postgresql(make_postgresql: MakeUrl) -> None:
    database = Database(make_postgresql("migrated"))
    with pytest.raises(DBAPIError, match="read-only transaction"), database.read() as connection:
        connection.execute(key_handles.insert().values(id="k1", arn="arn:1"))
    with database.write() as connection:
        connection.execute(key_handles.insert().values(id="k1", arn="arn:1"))
    assert handles(database) == {"k1": "arn:1"}
    database.close()


def refusal(url: str) -> str:
    with pytest.raises(UserError) as refused, Database(url).read():
        pass
    return str(refused.value)


def test_a_sqlite_file_in_a_folder_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/missing/bot.sqlite"
    assert refusal(url) == (
        f"The database at {url} cannot be reached: unable to open database file. "
        "Check DATABASE_URL, and that the server runs or the folder exists."
    )


def test_a_file_that_is_no_database_is_one_sentence_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Nothing that SQLite could read. " * 100)
    assert "cannot be reached: file is not a database." in refusal(f"sqlite:///{file}")
    assert file.read_text().startswith("Nothing that SQLite could read.")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://bot:s3cret@127.0.0.1:1/audit",
        "postgresql+psycopg://bot@127.0.0.1:1/audit?password=s3cret",
        "postgresql+psycopg://bot:s3cret@127.0.0.1:1/audit?sslmode=wrong",
        "postgresql+psycopg://bot:s3cret@127.0.0.1:1/audit?nonsense=1",
    ],
)
def test_a_server_that_does_not_answer_is_one_sentence_without_the_password(url: str) -> None:
    sentence = refusal(url)
    assert sentence.startswith("The database at postgresql+psycopg://bot")
    assert "127.0.0.1:1/audit" in sentence
    assert "cannot be reached: " in sentence
    assert sentence.endswith(". Check DATABASE_URL, and that the server runs or the folder exists.")
    assert "s3cret" not in sentence
    assert "\n" not in sentence
    assert "?" not in sentence.replace("?sslmode", "").replace("?nonsense", "")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "Could not parse SQLAlchemy URL"),
        ("parchment://bot:s3cret@127.0.0.1/audit", "Can't load plugin"),
        ("oracle://bot:s3cret@127.0.0.1/audit", "No module named"),
        ("postgresql+psycopg://bot:s3cret@127.0.0.1:port/audit", "'port'"),
        ("postgresql+psycopg://bot:half@s3cret@127.0.0.1/audit", "@ as %40"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_before_anything_connects(url: str, why: str) -> None:
    with pytest.raises(UserError) as refused:
        Database(url)
    assert str(refused.value).startswith("DATABASE_URL cannot be used: ")
    assert why in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_nothing_connects_before_the_first_transaction(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite"
    database = Database(f"sqlite:///{file}")
    assert not file.exists()
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE one (id INTEGER)")
    database.close()
    with sqlite3.connect(file) as plain:
        assert plain.execute("SELECT name FROM sqlite_master").fetchall() == [("one",)]
