"""Slack's listeners, thin: a payload comes in, a use case is called, an answer goes out."""

from typing import Any

from handlers import (
    actions,
    commands,
    digests,
    errors,
    exempt_modal,
    exempting,
    home,
    menu,
    modals,
    operating,
    requests,
    snoozing,
)
from handlers.desk import Desk

__all__ = ["Desk", "register"]


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    """Attach every listener to a Bolt app."""
    commands.register(app, desk)
    modals.register(app, desk)
    home.register(app, desk)
    operating.register(app, desk)
    digests.register(app, desk)
    exempting.register(app, desk)
    exempt_modal.register(app, desk)
    snoozing.register(app, desk)
    requests.register(app, desk)
    menu.register(app, desk)
    actions.register(app, desk)
    errors.register(app, desk)
