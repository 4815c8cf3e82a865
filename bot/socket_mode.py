"""Bolt's app and the socket by which Slack reaches it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import SecretStr
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.errors import UserError
from bot.slack.failures import SLACK_ERRORS, failure_of

LISTENER_THREADS = 32
"""Bolt's own five left clicks without an ack while others were busy."""

PING_SECONDS = 3
"""The SDK takes a socket for dead after four pings without an answer; with its own ten seconds that is long."""

RECEIVE_BYTES = 1 << 20
"""The SDK's client reads on, one call inside another, until it comes to the end of a payload and of what it has read.

With its own 1,024 bytes, 900 KB without a pause (some 130 clicks) end in a RecursionError: the clicks are lost, and so
is the connection.
"""


def make_listeners() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LISTENER_THREADS, thread_name_prefix="listener")


def make_app(client: WebClient, listeners: ThreadPoolExecutor) -> Any:  # noqa: ANN401 - Bolt is published without types
    return App(client=client, token_verification_enabled=False, listener_executor=listeners)


def make_socket(app: Any, token: SecretStr, client: WebClient) -> Any:  # noqa: ANN401 - as above
    """Prepare the socket; nothing connects yet."""
    socket = SocketModeHandler(app, token.get_secret_value(), web_client=client, ping_interval=PING_SECONDS)
    socket.client.receive_buffer_size = RECEIVE_BYTES
    return socket


def connect(socket: Any) -> None:  # noqa: ANN401 - as above
    """Open the socket. Raises UserError."""
    try:
        socket.connect()
    except SLACK_ERRORS as error:
        raise UserError(
            f"Slack's socket cannot be opened ({failure_of(error).code}). Start again in a minute."
        ) from error
