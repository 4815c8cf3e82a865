"""`requests`: what waits for approval and what is being carried out, a page at a time."""

import re
from typing import Any

from bot.models.messages import Rendered
from bot.models.people import Actor
from bot.models.requests import RequestState
from bot.rules.sight import Sight
from bot.views.hidden import with_unseen
from bot.views.names import REQUESTS_PAGE
from bot.views.pages import read_turn
from bot.views.requests import page_of, requests
from bot.visibility import visible
from handlers.actions import OLD_BUTTON
from handlers.call import Call
from handlers.desk import NOT_OURS, Desk, Payload, Reply, actor_of, reply_to
from handlers.links import links_to


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(re.compile(rf"^{REQUESTS_PAGE}:"))  # type: ignore[untyped-decorator]
    def turn(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        actor, reply, value = actor_of(body), reply_to(desk, body, respond), str(action.get("value", ""))
        if not desk.may_look(actor):
            reply.say(NOT_OURS)
            return
        desk.looking.submit("a page of requests", lambda: _turn(desk, actor, value, reply), reply.say)


def requests_command(desk: Desk, call: Call) -> None:
    call.reply.show(_page(desk, call.sight, 1))


def _page(desk: Desk, sight: Sight, number: int) -> Rendered:
    """Count and cut out only what this person may see: a page tells nothing of what lies on no page of theirs."""
    page = page_of(visible(sight, desk.requests.in_state(RequestState.PENDING, RequestState.APPROVED)), number)
    return with_unseen(requests(page, links_to(desk, page.shown)), sight)


def _turn(desk: Desk, actor: Actor, value: str, reply: Reply) -> None:
    try:
        _, number = read_turn(value)
    except ValueError:
        reply.say(OLD_BUTTON)
        return
    reply.show(_page(desk, desk.sight(actor), number), replace=True)
