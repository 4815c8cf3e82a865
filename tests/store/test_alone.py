"""A name has one holder at a time, whichever thread or process asks."""

import pytest

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
