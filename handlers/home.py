"""The Home tab, made anew whenever somebody opens it."""

import logging
from typing import Any

from bot.models.requests import RequestState
from bot.rules.filters import Filter
from bot.views.home import home
from handlers.desk import Desk, Payload
from handlers.reading import links_to

log = logging.getLogger(__name__)


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.event("app_home_opened")  # type: ignore[untyped-decorator]
    def opened(event: Payload) -> None:
        user = str(event["user"])
        if event.get("tab", "home") == "home":
            desk.looking.submit("the Home tab", lambda: publish(desk, user))


def publish(desk: Desk, user: str) -> None:
    waiting = desk.requests.in_state(RequestState.PENDING, RequestState.APPROVED)
    view = home(desk.postures.of(Filter()), waiting, links_to(desk, waiting), desk.asking.clock())
    failure = desk.writer.publish_home(user, view)
    if failure is not None:
        log.warning("A Home tab could not be shown: %s %s", failure.code, failure.detail)
