"""Bolt's app, and the threads of its listeners."""

from typing import Any

from pydantic import SecretStr
from slack_bolt import App
from slack_sdk import WebClient

from bot.tracing import FollowingThreads

LISTENER_THREADS = 32
"""Bolt's own five left clicks without an ack while others were busy."""


def make_listeners() -> FollowingThreads:
    return FollowingThreads(LISTENER_THREADS, thread_name_prefix="listener")


def make_app(client: WebClient, listeners: FollowingThreads, signing_secret: SecretStr | None = None) -> Any:  # noqa: ANN401 - Bolt is published without types
    """Make the app. Over HTTP it verifies every request with the signing secret; a socket needs none."""
    return App(
        client=client,
        token_verification_enabled=False,
        listener_executor=listeners,
        signing_secret=None if signing_secret is None else signing_secret.get_secret_value(),
    )
