"""`doctor` in a terminal: what it prints, and how it ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.doctor.lines import Check, Line, Status
from bot.models.messages import MessageKind
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.store.engine import Database
from bot.store.messages import MessageStore, owe
from bot.store.schema import upgrade
from bot.terminal.doctor import doctor, exit_status
from bot.terminal.exits import Exit
from bot.terminal.parser import parser
from tests.store.samples import at
from tests.terminal.shell import Shell

CHANNEL = "C0PAYMENTS"
NOT_IN_CHANNEL = SlackFailure(SlackFailureKind.CHANNEL, "not_in_channel")


@dataclass
class Told:
    """How the doctor ended, and what it printed."""

    status: int
    out: str
    err: str


Doctor = Callable[..., Told]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, {})


@pytest.fixture
def told(shell: Shell, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Run the command in this process, which is quicker than starting one."""

    def run(*arguments: str, **variables: str) -> Told:
        environ = {"DATABASE_URL": shell.database_url, **variables}
        status = doctor(environ, parser().parse_args(["doctor", *arguments]))
        return Told(status, *capsys.readouterr())

    return run


@pytest.fixture
def database(shell: Shell) -> Database:
    made = Database(shell.database_url)
    upgrade(made)
    return made


def shut_out(database: Database) -> None:
    """Let a channel refuse the first of two messages."""
    with database.write() as connection:
        for subject in ("r1", "r2"):
            owe(connection, MessageKind.REQUEST, subject, CHANNEL, at(0))
    store = MessageStore(database)
    refused = store.find(MessageKind.REQUEST, "r1")
    assert refused is not None
    store.mark_refused(refused, NOT_IN_CHANNEL, at(5), at(1), None)
    database.close()


def test_a_channel_that_takes_no_messages_is_told_with_what_waits_and_what_to_do(
    database: Database, told: Doctor
) -> None:
    shut_out(database)
    table, as_json = told("--only", "database"), told("--only", "database", "--json")
    assert (table.status, as_json.status) == (1, 1)
    for words in (CHANNEL, "not_in_channel", "2 messages wait", "Type /invite @KMS rotation there.", "1 FAILED"):
        assert words in table.out
    found = json.loads(as_json.out)[0]
    assert found.pop("since").endswith("Z")
    assert found.pop("seen").startswith("It has taken none of the bot's messages since ")
    assert found == {
        "check": "channel",
        "subject": CHANNEL,
        "status": "FAILED",
        "error": "not_in_channel",
        "waiting": 2,
        "remedy": "Type /invite @KMS rotation there.",
    }


@pytest.mark.usefixtures("database")
def test_nothing_wrong_is_0_and_says_what_was_looked_at(told: Doctor) -> None:
    table, as_json = told("--only", "database"), told("--only", "database", "--json")
    assert (table.status, as_json.status) == (0, 0)
    assert table.out.endswith("All is well, as far as it was looked at: 5 OK.\n")
    assert {each["status"] for each in json.loads(as_json.out)} == {"OK"}
    assert as_json.err == "Looking; this changes nothing.\n"


def test_a_database_that_the_bot_never_used_is_a_warning_and_is_not_made(shell: Shell, told: Doctor) -> None:
    found = told("--only", "database")
    assert (found.status, "There is no such file." in found.out) == (0, True)
    assert not shell.database.exists()


def test_a_configuration_of_no_use_is_2_with_all_that_is_wrong_and_the_rest_is_looked_at(
    shell: Shell, told: Doctor
) -> None:
    found = told("--only", "configuration", "--only", "database", "--json", SLACK_APP_TOKEN="xoxb-secret-token")
    assert found.status == 2
    lines = [(each["check"], each["status"], each["subject"]) for each in json.loads(found.out)]
    assert [subject for check, _, subject in lines if check == "configuration"] == [
        "environment: SLACK_BOT_TOKEN",
        "environment: SLACK_APP_TOKEN",
        "kms-rotation.toml: slack.channel",
    ]
    assert ("schema", "WARNING", shell.database_url) in lines
    assert "secret" not in found.out + found.err


def test_a_file_that_cannot_be_read_leaves_nothing_to_look_at_and_says_so(shell: Shell, told: Doctor) -> None:
    shell.configure("[slack\n")
    found = told("--json", KMS_ROTATION_CONFIG=str(shell.folder / "kms-rotation.toml"))
    assert found.status == 2
    checks = [(each["check"], each["status"]) for each in json.loads(found.out)]
    assert ("configuration", "FAILED") in checks
    assert checks[-1] == ("doctor", "NOT_TESTED")


def test_as_a_process_it_prints_json_alone_and_ends_with_its_status(shell: Shell) -> None:
    shell.configure('[slack]\nchannel = "C0SECURITY"\n')
    ended = shell.run("doctor", "--only", "configuration", "--json")
    assert ended.returncode == 2
    assert [each["subject"] for each in json.loads(ended.stdout)] == [
        "environment: SLACK_BOT_TOKEN",
        "environment: SLACK_APP_TOKEN",
    ]
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("seconds", ["0", "soon", "3601", "-1", "1.5", ""])
def test_bad_usage_is_2(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parser().parse_args(["doctor", "--timeout", seconds])
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert "write 1 to 3600" in told or "expected one argument" in told


@pytest.mark.parametrize(
    ("statuses", "configuration", "status"),
    [
        ([], Status.OK, Exit.OK),
        ([Status.OK, Status.WARNING, Status.NOT_TESTED], Status.OK, Exit.OK),
        ([Status.OK, Status.FAILED], Status.OK, Exit.NON_COMPLIANT),
        ([Status.FAILED, Status.UNKNOWN], Status.OK, Exit.UNREAD),
        ([Status.FAILED, Status.UNKNOWN], Status.FAILED, Exit.USAGE),
    ],
)
def test_the_exit_status_is_the_gravest(statuses: list[Status], configuration: Status, status: Exit) -> None:
    lines = [Line(Check.CHANNEL, "C0", each, "…") for each in statuses]
    assert exit_status([*lines, Line(Check.CONFIGURATION, "file", configuration, "…")]) is status
