"""`db upgrade`, help, and what becomes of errors."""

import subprocess

import pytest

from bot.errors import UserError
from bot.terminal import main
from bot.terminal.exits import Exit
from bot.terminal.main import _COMMANDS
from tests.terminal.quiet import quiet_logging
from tests.terminal.shell import Shell

__all__ = ["quiet_logging"]


def lines(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_a_database_that_the_bot_never_used_is_2_and_stays_as_it_is(shell: Shell) -> None:
    status, out, err = lines(shell.run("audit", "verify"))
    assert (status, out) == (2, "")
    assert err.startswith(f"There is no audit trail in {shell.place}")
    assert shell.tables == []


def test_upgrading_says_from_where_to_where_and_is_done_once(shell: Shell) -> None:
    first, second = shell.run("db", "upgrade"), shell.run("db", "upgrade")
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.startswith(f"{shell.place} was brought from empty to schema 00")
    assert second.stdout.startswith(f"{shell.place} is up to date: schema 00")


def test_a_database_of_a_newer_version_is_refused(shell: Shell) -> None:
    shell.run("db", "upgrade")
    shell.change("UPDATE alembic_version SET version_num = '9999'")
    status, out, err = lines(shell.run("db", "upgrade"))
    assert (status, out) == (2, "")
    assert err.startswith("The database is at schema 9999, which this version does not know")


@pytest.mark.parametrize("arguments", [[], ["audit"], ["db"], ["audit", "forge"], ["dance"]])
def test_what_is_no_command_is_2_with_the_usage(shell: Shell, arguments: list[str]) -> None:
    done = shell.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: python -m bot")


@pytest.mark.parametrize("command", [[], ["run"], ["scan"], ["worker"], ["rules"], ["audit"], ["doctor"], ["db"]])
def test_help_teaches_each_command(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, "--help"], {})
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: python -m bot{' ' if command else ''}{''.join(command)}")
    if command == ["scan"]:
        assert "python -m bot scan --account 'prod-*'" in " ".join(text.split())
        assert "3    something could not be read; this wins over 1" in text


def test_running_without_slack_is_2_with_every_problem_at_once(shell: Shell) -> None:
    done = shell.run("run")
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "slack.channel",
    ]  # fmt: skip


@pytest.mark.usefixtures("quiet_logging")
@pytest.mark.parametrize(
    ("raised", "status"),
    [(UserError("Mend it."), Exit.USAGE), (RuntimeError("oh"), Exit.BUG), (KeyboardInterrupt(), Exit.INTERRUPTED)],
)
def test_whatever_is_raised_leaves_a_sentence_and_a_status_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raised: BaseException, status: Exit
) -> None:
    def fail(*_: object) -> int:
        raise raised

    monkeypatch.setitem(_COMMANDS, "db", fail)
    assert main(["db", "upgrade"], {}) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.count("\n") == (0 if status is Exit.INTERRUPTED else 1)


@pytest.mark.usefixtures("quiet_logging")
def test_debug_shows_the_traceback_of_a_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("oh")

    monkeypatch.setitem(_COMMANDS, "db", fail)
    assert main(["db", "upgrade", "--debug"], {}) == Exit.BUG
    assert "Traceback" in capsys.readouterr().err
