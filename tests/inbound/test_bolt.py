"""Bolt's app as it is made here."""

import re
import time
from collections.abc import Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from slack_bolt import Ack, BoltContext, BoltRequest
from slack_bolt.listener import thread_runner
from slack_sdk import WebClient

from bot.inbound.bolt import make_app, make_listeners
from bot.slack.introduction import Introduction
from deploy.sandbox.slack import SlackServer

CLICK = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "actions": [{"action_id": "go", "type": "button"}],
}


US = Introduction("T1", "U0BOT", "B0BOT")


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def app(slack: SlackServer) -> Iterator[Any]:
    listeners = make_listeners()
    yield make_app(US, WebClient(slack.workspace.app.bot_token, base_url=slack.api_url), listeners)
    listeners.shutdown()


@pytest.fixture
def asleep(app: Any, monkeypatch: pytest.MonkeyPatch) -> Event:  # noqa: ANN401 - Bolt is published without types
    """Set while Bolt sleeps between two looks for an ack; it sleeps until the listener has ended."""
    begun, ended = Event(), Event()

    def sleep(_seconds: float) -> None:
        begun.set()
        ended.wait(20)

    monkeypatch.setattr(thread_runner, "time", SimpleNamespace(time=time.time, sleep=sleep))
    app.listener_runner.listener_completion_handler = SimpleNamespace(handle=lambda **_: ended.set())
    return begun


def test_what_was_acked_stays_so_though_the_listener_fails_and_no_other_one_is_asked(app: Any, asleep: Event) -> None:  # noqa: ANN401 - as above
    asked: list[str] = []

    def fail(ack: Ack) -> None:
        asked.append("go")
        asleep.wait(20)
        ack()
        raise ValueError("right after the ack")

    def take(ack: Ack) -> None:
        asked.append("anything")
        ack()

    app.action("go")(fail)
    app.action(re.compile(""))(take)
    answer = app.dispatch(BoltRequest(body=CLICK, mode="socket_mode"))
    assert (answer.status, asked) == (200, ["go"])


def test_a_listener_that_fails_before_its_ack_has_given_none(app: Any) -> None:  # noqa: ANN401 - as above
    def fail() -> None:
        raise ValueError("before the ack")

    app.action("go")(fail)
    assert app.dispatch(BoltRequest(body=CLICK, mode="socket_mode")).status == 500


@pytest.mark.parametrize(
    "whose",
    [
        {},
        {"team": {"id": "T2"}, "user": {"id": "U2", "team_id": "T2"}},
        {"team": None, "enterprise": {"id": "E1"}, "is_enterprise_install": True},
        {"user": {"id": US.bot_user_id}},
    ],
    ids=["ours", "another workspace's", "an organisation's", "the bot's own"],
)
def test_whosever_click_it_is_the_rules_hear_of_it_and_slack_is_asked_nothing(
    app: Any,  # noqa: ANN401 - as above
    slack: SlackServer,
    caplog: pytest.LogCaptureFixture,
    whose: dict[str, Any],
) -> None:
    heard: list[Any] = []

    def hear(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        ack()
        heard.append((body["user"], context.bot_user_id, context.bot_token))

    app.action("go")(hear)
    click = {**CLICK, **whose}
    assert app.dispatch(BoltRequest(body=click, mode="socket_mode")).status == 200
    assert heard == [(click["user"], US.bot_user_id, slack.workspace.app.bot_token)]
    assert slack.calls == []
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("event", "is_heard"),
    [
        ({"type": "app_home_opened", "user": "U1"}, True),
        ({"type": "app_home_opened", "user": US.bot_user_id}, False),
        ({"type": "message", "bot_id": US.bot_id}, False),
        ({"type": "message", "bot_id": "B0OTHER"}, True),
        ({"type": "member_joined_channel", "user": US.bot_user_id}, True),
    ],
)
def test_what_the_bot_did_itself_is_passed_over(app: Any, event: dict[str, str], *, is_heard: bool) -> None:  # noqa: ANN401 - as above
    heard: list[str] = []

    def hear(ack: Ack, event: dict[str, str]) -> None:
        ack()
        heard.append(event["type"])

    app.event(re.compile(""))(hear)
    told = {"type": "event_callback", "team_id": "T1", "event": event}
    assert app.dispatch(BoltRequest(body=told, mode="socket_mode")).status == 200
    assert heard == [event["type"]] * is_heard
