"""`doctor` tells of the channels that take no messages."""

import json
from pathlib import Path

import pytest

from bot.models.messages import MessageKind
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.store.engine import Database
from bot.store.messages import MessageStore, owe
from tests.store.samples import at
from tests.terminal.shell import Shell

CHANNEL = "C0PAYMENTS"
NOT_IN_CHANNEL = SlackFailure(SlackFailureKind.CHANNEL, "not_in_channel")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, {})


def shut_out(shell: Shell) -> None:
    """Let a channel refuse the first of two messages."""
    database = Database(shell.database_url)
    with database.write() as connection:
        for subject in ("r1", "r2"):
            owe(connection, MessageKind.REQUEST, subject, CHANNEL, at(0))
    store = MessageStore(database)
    refused = store.find(MessageKind.REQUEST, "r1")
    assert refused is not None
    store.mark_refused(refused, NOT_IN_CHANNEL, at(5), at(1), None)
    database.close()


def test_a_channel_that_takes_no_messages_is_told_with_what_waits_and_what_to_do(shell: Shell) -> None:
    shell.run("db", "upgrade")
    shut_out(shell)
    told, as_json = shell.run("doctor"), shell.run("doctor", "--json")
    assert (told.returncode, as_json.returncode) == (1, 1)
    for words in (CHANNEL, "not_in_channel", "2", "Type /invite @KMS rotation there."):
        assert words in told.stdout
    (found,) = json.loads(as_json.stdout)
    assert found.pop("since").endswith("Z")
    assert found == {
        "check": "channel",
        "subject": CHANNEL,
        "error": "not_in_channel",
        "waiting": 2,
        "remedy": "Type /invite @KMS rotation there.",
    }


def test_nothing_wrong_is_0_and_says_how_far_that_goes(shell: Shell) -> None:
    shell.run("db", "upgrade")
    told, as_json = shell.run("doctor"), shell.run("doctor", "--json")
    assert (told.returncode, as_json.returncode) == (0, 0)
    assert told.stdout == "As far as the bot has tried, every channel takes its messages.\n"
    assert json.loads(as_json.stdout) == []


def test_a_database_that_the_bot_never_used_is_2(shell: Shell) -> None:
    told = shell.run("doctor")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"The bot has never used {shell.database_url}. Start it once")
