"""Bolt's app as it is made here."""

import re
import time
from collections.abc import Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from slack_bolt import Ack, BoltRequest
from slack_bolt.listener import thread_runner
from slack_sdk import WebClient

from bot.inbound.bolt import make_app, make_listeners
from deploy.sandbox.slack import SlackServer

CLICK = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "actions": [{"action_id": "go", "type": "button"}],
}


@pytest.fixture
def app() -> Iterator[Any]:
    listeners = make_listeners()
    with SlackServer() as slack:
        yield make_app(WebClient(slack.workspace.app.bot_token, base_url=slack.api_url), listeners)
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
