"""A token that Slack does not accept any more ends the bot loudly, and loses nothing."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from bot.models.requests import RequestState
from tests.app.house import House, eventually, house

__all__ = ["house"]

KEY = "payments/card-vault"


def ask_unseen(house: House) -> None:
    house.press_enable(house.mara, KEY)
    house.mara.submit(house.mara.modal, {}, wait=False)
    eventually(lambda: house.requests.in_state(RequestState.PENDING), "the request")


def test_a_revoked_token_ends_the_bot_with_a_sentence_and_what_it_owes_stays_owed(house: House) -> None:
    house.key(KEY)
    command = [sys.executable, "-m", "bot", "run"]
    bot = subprocess.Popen(command, env={**os.environ, **house.environ}, stderr=subprocess.PIPE, text=True)
    house.slack.wait_for_bot(30)
    eventually(house.scans.current, "the first scan")
    house.press_enable(house.mara, KEY)
    for method in ("chat.*", "auth.test"):
        house.slack.faults.error_next(method, "token_revoked", times=99)
    house.mara.submit(house.mara.modal, {}, wait=False)
    _, log = bot.communicate(timeout=60)
    assert bot.returncode == 77, log
    assert "environment: SLACK_BOT_TOKEN: Slack does not accept it any more (token_revoked)" in log.splitlines()[-1]
    assert "Traceback" not in log
    house.slack.faults.clear()
    assert house.request_messages() == []
    house.clock.ahead += timedelta(minutes=10)
    with house.running(scanned=False):
        house.slack.wait_for(house.request_messages, what="the request's message")
    assert house.trail.verify().fault is None


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth"])
def test_a_token_that_slack_accepts_when_asked_again_ends_nothing(house: House, error: str) -> None:
    house.key(KEY)
    with house.running() as process:
        house.slack.faults.error_next("chat.postMessage", error)
        ask_unseen(house)
        eventually(lambda: any(call.answer.get("error") == error for call in house.slack.calls), "the refusal")
        house.in_time(house.request_messages, "the request's message")
        assert not process.tokens.ending.why
        assert not process.stop.is_set()


def test_an_app_that_was_removed_is_noticed_though_nothing_is_owed(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        house.slack.faults.revoke()
        eventually(lambda: not process.inbound.is_open, "the end of the connection")
        process.sweep()
        assert "SLACK_BOT_TOKEN" in process.tokens.ending.why
        assert process.stop.is_set()


def test_a_lost_connection_alone_ends_nothing_and_is_not_asked_about_again_and_again(house: House) -> None:
    with house.running() as process:
        house.slack.faults.refuse_connections(99)
        house.slack.faults.drop_sockets()
        eventually(lambda: not process.inbound.is_open, "the end of the connection")
        before = len(house.slack.calls)
        for _ in range(5):
            process.sweep()
        asked = [call.method for call in house.slack.calls[before:]]
        assert asked.count("auth.test") == 1
        assert not process.stop.is_set()


def test_an_app_level_token_that_was_revoked_is_named(house: House) -> None:
    with house.running() as process:
        house.slack.faults.error_next("apps.connections.open", "invalid_auth", times=9)
        house.slack.faults.drop_sockets()
        eventually(lambda: not process.inbound.is_open, "the end of the connection")
        process.sweep()
        assert process.tokens.ending.why.startswith("environment: SLACK_APP_TOKEN: ")


def test_a_permission_that_is_missing_ends_nothing(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        house.slack.faults.error_next("chat.postMessage", "missing_scope", times=2)
        ask_unseen(house)
        eventually(lambda: any(call.answer.get("error") == "missing_scope" for call in house.slack.calls), "a refusal")
        house.in_time(house.request_messages, "the request's message")
        assert not process.stop.is_set()
