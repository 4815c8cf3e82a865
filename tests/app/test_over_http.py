"""HTTP mode, as it is deployed: Slack posts signed requests to gunicorn, and the same handlers answer."""

import os
import signal
import subprocess
from urllib.parse import urlsplit

import pytest

from deploy.sandbox.slack.delivery import Outcome
from tests.app.house import HANGS, House, eventually, house
from tests.app.served import free_port, over_http, running

__all__ = ["house"]

KEY = "payments/card-vault"


def test_from_a_command_to_a_key_that_rotates(house: House) -> None:
    arn = house.key(KEY)
    over_http(house)
    with running(house) as bot:
        assert "0% compliant" in house.command(house.mara, "status")
        house.mara.open_home()
        house.slack.wait_for(lambda: house.mara.home, what="the Home tab")
        message = house.ask(house.mara, KEY, {"reason": {"text": "Audit on Monday"}})
        refused = house.whisper(house.mara, lambda: house.press(house.mara, message, "Approve"))
        assert refused == "You asked for this change, so somebody else has to approve it."
        house.press(house.jonas, message, "Approve")
        assert "Audit on Monday" in house.until_shown(message, "Rotation is on, every 365 days")
        assert bot.get("/healthz") == 200
        assert bot.get("/readyz?exclude=scan") == 200
        assert bot.get("/metrics") == 200
        assert bot.get("/slack/events") == 405
        assert bot.get("/elsewhere") == 404
        assert bot.end() < 10
        assert bot.process.returncode == 0, bot.log
    assert {delivery.outcome for delivery in house.slack.acks} == {Outcome.ACKED}
    assert house.slack.connections == 0
    assert not any(call.method == "apps.connections.open" for call in house.slack.calls)
    assert house.rotates(arn)
    assert len(house.enable_calls) == 1
    assert house.trail.verify().fault is None
    assert "Traceback" not in bot.log


def test_requests_that_are_not_slacks_do_nothing_and_the_log_says_where_to_look(house: House) -> None:
    house.key(KEY)
    over_http(house)
    with running(house) as bot:
        message = house.ask(house.mara, KEY)
        secret, house.slack.requests.secret = house.slack.requests.secret, "another-secret"
        click = house.jonas.click(message, text="Approve")
        assert click is not None
        assert click.outcome is Outcome.NOBODY_THERE
        house.slack.requests.secret = secret
        house.slack.clock.advance(-301)
        again = house.jonas.replay(click.payload)
        assert again.outcome is Outcome.NOBODY_THERE
        assert house.slack.requests.statuses[-2:] == [401, 401]
        assert bot.get("/slack/events", "POST", b"payload=%7B%7D") == 401
        assert "SLACK_SIGNING_SECRET is not the signing secret that the app's settings show" in bot.log
        assert house.request().is_open
        assert house.enable_calls == []
        assert secret not in bot.log


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"SLACK_SIGNING_SECRET": ""}, "environment: SLACK_SIGNING_SECRET: It is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-nonsense"}, "environment: SLACK_BOT_TOKEN: Slack does not accept it"),
    ],
)
def test_what_is_missing_is_told_and_nothing_begins(house: House, variables: dict[str, str], words: str) -> None:
    over_http(house)
    with running(house, scanned=False, environ=variables) as bot:
        assert bot.process.wait(30) == 2
        assert words in bot.log
        assert "Traceback" not in bot.log
    assert house.aws.calls.all() == []


def test_an_address_that_is_taken_is_told(house: House) -> None:
    over_http(house)
    taken = str(urlsplit(house.slack.url).port)
    with running(house, scanned=False, environ={"PORT": taken}) as bot:
        assert bot.process.wait(30) == 2
        assert f"Nobody can listen at all addresses, port {taken}: Address already in use." in bot.log


def test_hosts_that_choose_a_port_say_so_in_port(house: House) -> None:
    over_http(house)
    port = str(free_port())
    with running(house, scanned=False, environ={"PORT": port}) as bot:
        bot.address = f"http://127.0.0.1:{port}"
        eventually(lambda: bot.get("/healthz") == 200, "an answer")


def test_a_revoked_token_ends_the_bot_with_a_sentence(house: House) -> None:
    house.key(KEY)
    over_http(house)
    with running(house) as bot:
        house.press_enable(house.mara, KEY)
        for method in ("chat.*", "auth.test"):
            house.slack.faults.error_next(method, "token_revoked", times=99)
        house.mara.submit(house.mara.modal, {}, wait=False)
        assert bot.process.wait(40) == 77
        assert "environment: SLACK_BOT_TOKEN: Slack does not accept it any more (token_revoked)" in bot.log


def test_a_worker_that_was_killed_is_started_again_and_takes_up_what_it_left(house: House) -> None:
    house.key(KEY)
    over_http(house)
    with running(house) as bot:
        message = house.ask(house.mara, KEY)
        house.aws.faults.slow(HANGS, action="sts:AssumeRole")
        house.press(house.jonas, message, "Approve")
        eventually(lambda: house.requests.executing() or house.requests.queued(), "the claim")
        [worker] = children(bot.process.pid)
        os.kill(worker, signal.SIGKILL)
        house.aws.faults.clear()
        house.until_shown(message, "Rotation is on")
    assert len(house.enable_calls) == 1


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]
