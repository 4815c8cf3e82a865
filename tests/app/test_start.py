"""Starting: what is wrong is a sentence that names the place and the remedy, exit status 2, nothing begun."""

import os
import signal
import subprocess
import sys

import pytest
import sqlalchemy as sa

from bot.store.tables import scans
from tests.app.house import CHANNEL, CONFIGURATION, HANGS, House, eventually, house, shown

__all__ = ["house"]


def start(house: House, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **house.environ, **variables}
    command = [sys.executable, "-m", "bot", "run"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("variables", "place", "words"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "environment: SLACK_BOT_TOKEN", "It is not set."),
        ({"SLACK_BOT_TOKEN": "xapp-1-x"}, "environment: SLACK_BOT_TOKEN", "It holds an app-level token"),
        ({"SLACK_BOT_TOKEN": "xoxb-nonsense"}, "environment: SLACK_BOT_TOKEN", "does not accept it (invalid_auth)"),
        ({"SLACK_APP_TOKEN": "xapp-nonsense"}, "environment: SLACK_APP_TOKEN", "does not accept it (invalid_auth)"),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "environment: SLACK_API_URL", "Slack does not answer at"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all/bot.sqlite3"}, "DATABASE_URL", "cannot be"),
        ({"DATABASE_URL": "postgresql+psycopg://bot:secret@127.0.0.1:9/bot"}, "DATABASE_URL", "cannot be"),
    ],
)
def test_a_bad_environment_is_told(house: House, variables: dict[str, str], place: str, words: str) -> None:
    ended = start(house, **variables)
    assert ended.returncode == 2
    assert place in ended.stderr
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr
    assert ended.stdout == ""
    assert house.slack.connections == 0
    assert house.aws.calls.all() == []


def test_a_group_that_may_see_accounts_and_is_not_there_is_told(house: House) -> None:
    house.configure(
        f'{CONFIGURATION}\n[[visibility.rule]]\naccounts = ["secret-*"]\nvisible_to = ["U0MARA", "S0NOBODY"]\n'
    )
    ended = start(house)
    assert ended.returncode == 2
    assert "visibility.rule[1].visible_to[2]: S0NOBODY" in ended.stderr


@pytest.mark.parametrize(
    ("channel", "fields", "words"),
    [
        ("C0GENERAL", {}, "The bot is not in #general (C0GENERAL). Type /invite"),
        ("C0NOWHERE", {}, "There is no channel C0NOWHERE that the bot can see."),
        ("C0PAYMENTS", {"is_archived": True}, "#payments (C0PAYMENTS) is archived."),
    ],
)
def test_a_channel_that_is_no_use_is_told(house: House, channel: str, fields: dict[str, bool], words: str) -> None:
    if fields:
        house.slack.state.change_channel(channel, **fields)
    route = f'[[digest.route]]\nmatch = {{ team = "payments" }}\nchannel = "{channel}"\n'
    house.configure(f"{CONFIGURATION}\n{route}")
    ended = start(house)
    assert ended.returncode == 2
    assert f"digest.route[1].channel: {words}" in ended.stderr


@pytest.mark.parametrize(
    ("fallback", "words"),
    [
        ("C0GENERAL", "The bot is not in #general (C0GENERAL). Type /invite"),
        ("U0NOBODY", "There is nobody U0NOBODY in the workspace."),
        ("U0LEFT", "U0LEFT has left the workspace."),
        ("U0KMSBOT", "U0KMSBOT is a bot."),
    ],
)
def test_a_fallback_that_is_no_use_is_told(house: House, fallback: str, words: str) -> None:
    house.configure(CONFIGURATION.replace("[slack]", f'[slack]\nfallback = "{fallback}"'))
    ended = start(house)
    assert ended.returncode == 2
    assert f"slack.fallback: {words}" in ended.stderr


def test_all_that_is_wrong_is_told_at_once(house: House) -> None:
    house.configure(CONFIGURATION.replace("C0SECURITY", "C0GENERAL"))
    ended = start(house, SLACK_APP_TOKEN="xapp-nonsense")
    assert ended.returncode == 2
    assert "environment: SLACK_APP_TOKEN" in ended.stderr
    assert "slack.channel" in ended.stderr


def test_sigterm_ends_the_bot_and_the_next_start_goes_on(house: House) -> None:
    arn = house.key()
    command = [sys.executable, "-m", "bot", "run"]
    for _ in range(2):
        bot = subprocess.Popen(command, env={**os.environ, **house.environ}, stderr=subprocess.PIPE, text=True)
        house.slack.wait_for_bot(30)
        eventually(house.scans.current, "the first scan")
        bot.send_signal(signal.SIGTERM)
        _, log = bot.communicate(timeout=30)
        assert bot.returncode == 0, log
        assert "Traceback" not in log
    scan = house.scans.current()
    assert scan is not None
    assert house.scans.finding(scan.id, arn) is not None
    assert house.trail.verify().fault is None
    with house.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(scans)).scalar_one() == 1


def test_sigterm_does_not_wait_for_what_aws_does_not_answer(house: House) -> None:
    house.key()
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], env={**os.environ, **house.environ}, stderr=subprocess.PIPE, text=True
    )
    house.slack.wait_for_bot(30)
    eventually(house.scans.current, "the first scan")
    house.aws.faults.slow(HANGS, action="kms:ListKeys")
    house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
    house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")
    bot.send_signal(signal.SIGTERM)
    _, log = bot.communicate(timeout=20)
    assert bot.returncode == 0, log
    assert "Some work did not end in time" not in log
    assert "Not every call to AWS was answered" not in log, "a scan's own threads keep nothing from ending"
    assert "Scan ended early." in shown(house.channel.roots[0])
    assert house.scans.running() == []


def test_a_bot_that_was_killed_takes_its_approved_change_up_again(house: House) -> None:
    arn = house.key()
    command = [sys.executable, "-m", "bot", "run"]
    environ = {**os.environ, **house.environ}
    bot = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    house.slack.wait_for_bot(30)
    eventually(house.scans.current, "the first scan")
    message = house.ask(house.mara, "payments/card-vault")
    house.aws.faults.slow(HANGS, action="sts:AssumeRole")
    house.press(house.jonas, message, "Approve")
    eventually(lambda: house.requests.executing() or house.requests.queued(), "the claim")
    bot.kill()
    bot.wait()
    house.aws.faults.clear()
    assert not house.rotates(arn)
    with house.running():
        house.until_shown(message, "Rotation is on")
    assert len(house.enable_calls) == 1
    assert house.trail.verify().fault is None
