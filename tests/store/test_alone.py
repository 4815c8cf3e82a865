"""A name has one holder at a time, whichever thread or process asks."""

import pytest

from bot.errors import DatabaseAwayError
from bot.models.scans import SCAN
from bot.store.alone import Names
from bot.store.engine import Database
from tests.store.databases import MakeUrl


def test_a_name_is_held_by_one_and_free_again_afterwards(database: Database) -> None:
    names = Names(database)
    for _ in range(2):
        with names.alone("the digest") as first, names.alone("the digest") as second, names.alone("a scan") as other:
            assert (first, second, other) == (True, False, True)


def test_a_name_is_free_again_after_a_failure(database: Database) -> None:
    names = Names(database)
    with pytest.raises(ZeroDivisionError), names.alone("the digest") as is_ours:
        assert is_ours / 0
    with names.alone("the digest") as is_ours:
        assert is_ours


def test_a_scan_is_one_process_s_at_a_time_on_any_database(database: Database) -> None:
    ours, theirs = Names(database), Names(database)
    for _ in range(2):
        with ours.alone(SCAN) as first, theirs.alone(SCAN) as second:
            assert (first, second) == (True, False)
    with theirs.alone(SCAN) as free:
        assert free


def test_processes_that_share_a_database_share_the_names(make_postgresql: MakeUrl) -> None:
    url = make_postgresql("migrated")
    ours, theirs = Database(url), Database(url)
    with Names(ours).alone("the digest") as first, Names(theirs).alone("the digest") as second:
        assert (first, second) == (True, False)
    ours.close()
    with Names(theirs).alone("the digest") as free:
        assert free
    theirs.close()


def test_a_name_is_ensured_as_long_as_it_is_held(database: Database) -> None:
    names = Names(database)
    with names.alone("the digest"), names.alone("a scan"):
        names.ensure("the digest")
        names.ensure("a scan")


def test_a_name_whose_session_the_server_ends_is_lost_at_once_though_other_connections_work(
    make_postgresql: MakeUrl, caplog: pytest.LogCaptureFixture
) -> None:
    url = make_postgresql("migrated")
    ours, theirs = Database(url), Database(url)
    names = Names(ours)
    with pytest.raises(DatabaseAwayError, match="“the digest” is gone"), names.alone("the digest"):  # noqa: PT012 - held while it is lost
        with theirs.session() as session:
            session.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        with ours.session() as session:
            session.exec_driver_sql("SELECT 1")
        with Names(theirs).alone("the digest") as is_theirs:
            assert is_theirs
            names.ensure("the digest")
    assert "free for other processes" in caplog.text
    with names.alone("the digest") as is_ours:
        assert is_ours
        names.ensure("the digest")
    ours.close()
    theirs.close()


def test_a_name_that_the_session_does_not_hold_any_more_is_lost(make_postgresql: MakeUrl) -> None:
    """As behind a pooler that gives every statement another session."""
    database = Database(make_postgresql("migrated"))
    names = Names(database)
    with pytest.raises(DatabaseAwayError), names.alone("the digest"):  # noqa: PT012 - as above
        names._sessions["the digest"].exec_driver_sql("SELECT pg_advisory_unlock_all()")
        names.ensure("the digest")
    database.close()
