"""One bot at a time on a SQLite file, however it is named."""

import errno
import fcntl
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.store import file_locks
from bot.store.engine import Database
from bot.store.file_locks import lock_beside, one_bot_on
from tests.store.databases import MakeUrl


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_locks, "LEAVE_SECONDS", 0.0)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.sqlite3").symlink_to("bot.sqlite3")
    return tmp_path / "bot.sqlite3"


@pytest.mark.parametrize("name", ["bot.sqlite3", "./bot.sqlite3", "link.sqlite3", "file:bot.sqlite3?uri=true"])
def test_a_second_bot_on_one_file_is_refused_with_a_sentence_until_the_first_is_gone(file: Path, name: str) -> None:
    with one_bot_on(f"sqlite:///{file}"), pytest.raises(UserError) as refused, one_bot_on(f"sqlite:///{name}"):
        pass
    assert str(refused.value) == (
        "DATABASE_URL: Another bot runs on this SQLite file, and two would post everything twice: it holds "
        f"{file}-run. Stop that one, or give both a PostgreSQL, which several can share."
    )
    with one_bot_on(f"sqlite:///{name}"):
        pass


def test_a_bot_that_is_about_to_end_is_waited_for(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{file}"
    monkeypatch.setattr(file_locks, "LEAVE_SECONDS", 10.0)
    with ExitStack() as first:
        first.enter_context(one_bot_on(url))
        monkeypatch.setattr(file_locks, "sleep", lambda _: first.close())
        with one_bot_on(url):
            assert caplog.messages == ["Another bot runs on this SQLite file. Waiting 10 seconds for its end."]


def test_bots_on_other_files_and_in_memory_mind_nobody(file: Path) -> None:
    urls = (f"sqlite:///{file}", f"sqlite:///{file}2", "sqlite://", "sqlite:///:memory:")
    with ExitStack() as running:
        for url in urls:
            running.enter_context(one_bot_on(url))
    assert {each.name for each in file.parent.glob("*-run")} == {"bot.sqlite3-run", "bot.sqlite32-run"}


def test_any_number_of_bots_share_a_postgresql(make_postgresql: MakeUrl) -> None:
    url = make_postgresql("migrated")
    database = Database(url)
    assert lock_beside(database, "run") is None
    database.close()
    with one_bot_on(url), one_bot_on(url):
        pass


def test_a_disk_without_locks_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_file: object, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with (
        pytest.raises(UserError, match="-run cannot be locked: No locks available") as told,
        one_bot_on(f"sqlite:///{file}"),
    ):
        pass
    assert "on a disk that has locks (flock)" in str(told.value)


def test_a_lock_that_cannot_be_written_is_told(file: Path) -> None:
    Path(f"{file}-run").mkdir()
    with pytest.raises(UserError, match="-run cannot be locked: Is a directory"), one_bot_on(f"sqlite:///{file}"):
        pass


def test_temporary_tables_are_no_file_of_their_own(file: Path) -> None:
    with closing(Database(f"sqlite:///{file}")) as database:
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TEMPORARY TABLE beside (it INTEGER)")
        assert lock_beside(database, "scan") == Path(f"{file}-scan")
