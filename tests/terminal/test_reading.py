"""Commands that only read, in a folder in which nothing is: they say so, and leave nothing there either."""

from argparse import ArgumentParser, _SubParsersAction
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.retries.standard import ExponentialBackoff

from bot.store.engine import Database
from bot.terminal import main
from bot.terminal.parser import parser
from bot.terminal.upkeep import revision
from tests.store.old import upgrade_to
from tests.terminal.quiet import quiet_logging

__all__ = ["quiet_logging"]

NOT_THERE = "in sqlite:///{folder}/kms-rotation.sqlite3: there is no such file. Name the bot's own in DATABASE_URL"


class Reads(NamedTuple):
    """What is typed, how it ends, and what it says of the database."""

    typed: str
    status: int
    says: str


READING = (
    Reads("audit show", 2, f"There is no audit trail {NOT_THERE}"),
    Reads("audit verify", 2, f"There is no audit trail {NOT_THERE}"),
    Reads("audit export", 2, f"There is no audit trail {NOT_THERE}"),
    Reads("db backup copy.sqlite3", 2, f"There is nothing to back up {NOT_THERE}"),
    Reads("doctor --only database --json", 0, "There is no such file."),
    Reads("rules list", 0, ""),
    Reads("rules explain payments/card-vault", 2, "Nothing has been scanned yet"),
    Reads("rules explain arn:aws:kms:eu-central-1:111111111111:key/1234", 1, ""),
    Reads("rules check", 0, ""),
    Reads("scan --no-store", 3, ""),
)
WRITING = {"run", "scan", "worker", "db upgrade"}
"""What keeps something: `scan` unless it is told not to. On SQLite `worker` begins nothing."""


def commands(root: ArgumentParser) -> set[str]:
    """Everything that can be typed, each action by itself."""
    [named] = [each for each in root._actions if isinstance(each, _SubParsersAction)]
    found: set[str] = set()
    for name, made in named.choices.items():
        actions: list[Any] = [each.choices for each in made._actions if each.dest == "action"]
        found |= {f"{name} {action}" for action in actions[0]} if actions else {name}
    return found


@pytest.mark.usefixtures("quiet_logging")
@pytest.mark.parametrize("reads", READING, ids=[each.typed for each in READING])
def test_what_only_reads_makes_no_database_and_says_that_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reads: Reads
) -> None:
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.chdir(tmp_path)
    assert main(reads.typed.split(), {}) == reads.status
    out, err = capsys.readouterr()
    assert reads.says.format(folder=tmp_path) in out + err
    assert list(tmp_path.iterdir()) == []


def test_every_command_that_can_be_typed_is_among_them_or_writes() -> None:
    known = commands(parser())
    assert known == {each for each in known if any(reads.typed.startswith(each) for reads in READING)} | WRITING


@pytest.mark.usefixtures("quiet_logging")
def test_the_database_of_an_older_version_is_not_brought_to_this_one_by_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(Database(f"sqlite:///{tmp_path / 'kms-rotation.sqlite3'}")) as database:
        upgrade_to(database, "0004")
        assert main(["rules", "explain", "payments/card-vault"], {}) == 2
        assert revision(database) == "0004"
    told = capsys.readouterr().err
    assert "kms-rotation.sqlite3 is at schema 0004, and this version reads 00" in told
    assert "Run db upgrade" in told


@pytest.mark.usefixtures("quiet_logging")
def test_a_file_that_is_there_is_read_without_leaving_another_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["db", "upgrade"], {}) == 0
    before = sorted(tmp_path.iterdir())
    assert main(["audit", "verify"], {}) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("The audit trail holds: 0 entries")
    assert sorted(tmp_path.iterdir()) == before
