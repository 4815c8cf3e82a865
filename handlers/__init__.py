"""Slack's listeners, thin: a payload comes in, a use case is called, an answer goes out."""

from typing import Any

from handlers import actions, commands, errors, home, modals, operating
from handlers.desk import Desk

__all__ = ["Desk", "register"]


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    """Attach every listener to a Bolt app."""
    commands.register(app, desk)
    modals.register(app, desk)
    home.register(app, desk)
    operating.register(app, desk)
    actions.register(app, desk)
    errors.register(app, desk)
