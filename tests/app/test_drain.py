"""SIGTERM: no new work is taken, what runs ends or can be taken up, and the process is gone in time, whatever hangs."""

import signal
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from bot.signals import END_SECONDS
from deploy.sandbox.slack.delivery import Outcome
from tests.app.house import CHANNEL, HANGS, House, eventually, house
from tests.app.served import Bot, over_http, running
from tests.store.databases import locked

__all__ = ["house"]

KEY = "payments/card-vault"
AT_ONCE_SECONDS = 10.0
"""What is not done by then was given the twelve seconds of a drain."""

Prepare = Callable[[House], None]


def over_a_socket(_house: House) -> None:
    """It is that already."""


MODES = pytest.mark.parametrize("prepare", [over_a_socket, over_http])


@pytest.mark.parametrize(
    ("prepare", "number"),
    [(over_a_socket, signal.SIGTERM), (over_http, signal.SIGTERM), (over_http, signal.SIGINT)],
)
def test_a_bot_that_does_nothing_ends_at_once(house: House, prepare: Prepare, number: int) -> None:
    prepare(house)
    with running(house) as bot:
        assert bot.end(number) < AT_ONCE_SECONDS
        assert bot.process.returncode == 0, bot.log
        assert "Traceback" not in bot.log


def hang_in_a_scan(house: House, _bot: Bot) -> None:
    house.aws.faults.slow(HANGS, action="kms:ListKeys")
    house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
    house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")


def hang_in_a_change(house: House, _bot: Bot) -> None:
    message = house.ask(house.mara, KEY)
    house.aws.faults.slow(HANGS, action="sts:AssumeRole")
    house.press(house.jonas, message, "Approve")
    eventually(house.requests.executing, "the claim")


def hang_in_slack(house: House, _bot: Bot) -> None:
    house.slack.faults.hang_next("*", times=99, seconds=HANGS)
    house.jonas.slash("/kms-rotation digest", channel=CHANNEL, wait=False)
    eventually(lambda: house.slack.faults.as_json()["faults"][0]["times"] < 99, "a call that hangs")


@pytest.mark.parametrize(
    ("prepare", "hang"),
    [
        (over_http, hang_in_a_scan),
        (over_a_socket, hang_in_a_change),
        (over_http, hang_in_a_change),
        (over_a_socket, hang_in_slack),
    ],
)
def test_whatever_hangs_the_bot_ends_and_the_next_one_goes_on(
    house: House, prepare: Prepare, hang: Callable[[House, Bot], None]
) -> None:
    arn = house.key(KEY)
    prepare(house)
    with running(house, impatient=True) as bot:
        hang(house, bot)
        assert bot.end() < END_SECONDS
        assert bot.process.returncode == 0, bot.log
        assert "Traceback" not in bot.log
    house.aws.faults.clear()
    house.slack.faults.clear()
    with running(house) as bot:
        if hang is hang_in_a_change:
            eventually(lambda: not house.request().is_open, "the rest of the change")
            assert house.rotates(arn)
            assert len(house.enable_calls) == 1
        assert house.mara.slash("/kms-rotation status", channel=CHANNEL).outcome is Outcome.ACKED
        assert house.scans.running() == []
    assert house.trail.verify().fault is None


def test_a_database_that_takes_nothing_keeps_the_bot_from_nothing_but_its_writing(house: House) -> None:
    with running(house, impatient=True) as bot, locked(house.database):
        assert bot.end() < END_SECONDS + 1


@MODES
def test_a_second_signal_ends_it_at_once(house: House, prepare: Prepare) -> None:
    house.key(KEY)
    prepare(house)
    with running(house) as bot:
        hang_in_a_change(house, bot)
        bot.process.send_signal(signal.SIGTERM)
        eventually(lambda: "Stopping." in bot.log, "the first signal")
        assert bot.end() < AT_ONCE_SECONDS
        assert bot.process.returncode == 128 + signal.SIGTERM


def test_while_it_drains_slack_is_told_to_come_back_over_another_connection(house: House) -> None:
    house.key(KEY)
    over_http(house)
    with running(house) as bot:
        where = urlsplit(bot.address)
        kept = HTTPConnection(str(where.hostname), where.port, timeout=10)
        kept.request("GET", "/healthz")
        assert kept.getresponse().read()
        hang_in_a_change(house, bot)
        bot.process.send_signal(signal.SIGTERM)
        eventually(lambda: bot.get("/slack/events", "POST", b"") == 503, "the signal")
        kept.request("POST", "/slack/events", b"payload=%7B%7D")
        answer = kept.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (503, "close")
        assert bot.get("/healthz") == 200
        assert house.mara.slash("/kms-rotation status", channel=CHANNEL).outcome is Outcome.NOBODY_THERE
        assert house.slack.requests.statuses[-1] == 503
        assert bot.process.poll() is None
