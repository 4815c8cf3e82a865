"""Answers of which an ack is made, for as long as an ack can wait for them."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TypeVar

from handlers.desk import Later

PROMPT_SECONDS = 1.0
"""Of the three that Slack gives an ack.
https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response"""

Found = TypeVar("Found")


def promptly(crew: Later, name: str, find: Callable[[], Found]) -> Found | None:
    """Return what a crew finds, or None where that takes longer than an ack can wait, or fails."""
    found: Future[Found] = Future()
    crew.submit(name, lambda: found.set_result(find()), lambda _why: found.set_exception(CancelledError()))
    try:
        return found.result(PROMPT_SECONDS)
    except (TimeoutError, CancelledError):
        return None
