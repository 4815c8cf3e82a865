"""A server, and a real Bolt app connected to it over Socket Mode."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN

CHANNEL = "C0SECURITY"
PATIENCE_SECONDS = 20.0

Given: TypeAlias = Any
"""What Bolt hands to a listener; Bolt is published without types."""


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        server.give_time(PATIENCE_SECONDS)
        yield server


def web(slack: SlackServer, token: str | None = BOT_TOKEN) -> WebClient:
    return WebClient(token, base_url=slack.api_url)


def bolt(slack: SlackServer) -> Given:
    return App(client=web(slack), token_verification_enabled=False)


@contextmanager
def connected(slack: SlackServer, app: Given, ping_interval: float = 1) -> Iterator[Given]:
    """The app behind one Socket Mode connection, which is there when the block begins."""
    handler: Given = SocketModeHandler(app, APP_TOKEN, web_client=web(slack), ping_interval=ping_interval)
    before = slack.connections
    handler.connect()
    try:
        slack.wait_for(lambda: slack.connections > before, what="the app's connection")
        yield handler
    finally:
        handler.client.auto_reconnect_enabled = False
        handler.client.closed = True
        handler.client.message_queue.put(None)  # or its last look into the queue takes 1 s
        slack.faults.drop_sockets()  # or the client sits in its last read for 3 s before it closes
        handler.close()


def button(action_id: str = "go", value: str = "1", text: str = "Go", **more: object) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "value": value,
        "text": {"type": "plain_text", "text": text},
        **more,
    }


def actions(*elements: dict[str, Any], block_id: str = "row") -> dict[str, Any]:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def text_input(block_id: str = "reason", action_id: str = "text", **more: object) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": block_id.title()},
        "element": {"type": "plain_text_input", "action_id": action_id, **more},
    }


def modal(*blocks: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": {"type": "plain_text", "text": "Ask"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": list(blocks),
        **more,
    }


def refusal(call: Any, *args: object, **kwargs: object) -> dict[str, Any]:  # noqa: ANN401 - a method of WebClient
    """The answer with which Slack refuses this call."""
    with pytest.raises(SlackApiError) as error:
        call(*args, **kwargs)
    answer = error.value.response.data
    assert isinstance(answer, dict)
    return answer


def code(call: Any, *args: object, **kwargs: object) -> str:  # noqa: ANN401 - a method of WebClient
    return str(refusal(call, *args, **kwargs)["error"])
