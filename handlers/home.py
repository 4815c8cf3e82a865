"""The Home tab: made anew whenever somebody opens it or acts, with buttons for those who may set something off."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.models.exempting import Reach
from bot.models.messages import Block
from bot.models.requests import Request
from bot.rules.sight import Sight
from bot.views.home import home, refused
from bot.views.home_requests import MOST_OTHERS, MOST_OWN, MOST_TO_DECIDE
from bot.views.names import HOME_DIGEST, HOME_PREVIEW, HOME_SCAN
from handlers import digests, operating
from handlers.call import Call
from handlers.desk import NOT_OURS, Desk, Payload, actor_of, reply_to
from handlers.links import links_to

ACTS: dict[str, tuple[str, Callable[[Desk, Call], None]]] = {
    HOME_SCAN: ("", operating.scan),
    HOME_DIGEST: ("", digests.digest),
    HOME_PREVIEW: ("preview", digests.digest),
}
"""What each button stands for: a subcommand, and what would be typed after it."""


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.event("app_home_opened")  # type: ignore[untyped-decorator]
    def opened(event: Payload) -> None:
        user, seen = str(event["user"]), str((event.get("view") or {}).get("hash", ""))
        if event.get("tab", "home") == "home":
            desk.looking.submit("the Home tab", lambda: publish(desk, user, seen))

    for name in ACTS:
        app.action(name)(_act(desk, name))


def publish(desk: Desk, user: str, seen: str = "") -> None:
    """Show somebody their tab. A blank one says at once that more is on its way: people are looked up first."""
    if not seen and not desk.tabs.is_known(user):
        desk.tabs.show(user, lambda: home(desk.homes.first(), {}))
    desk.tabs.show(user, lambda: _made(desk, user), seen)


def again(desk: Desk, user: str, seen: str = "") -> None:
    """Show somebody anew what they were shown before, after they have done something.

    `seen` is the tab that they did it on, if it was one: another process may have shown it.
    """
    if seen or desk.tabs.is_known(user):
        desk.tabs.show(user, lambda: _made(desk, user), seen)


def tab_of(body: Payload) -> str:
    """Tell by its hash the tab on which somebody acted; empty for a message or a modal."""
    view = body.get("view") or {}
    return str(view.get("hash", "")) if view.get("type") == "home" else ""


def _made(desk: Desk, user: str) -> Block:
    page = desk.homes.of(user)
    if isinstance(page, str):
        return refused(page)
    mine = page.requests
    linked = (*mine.to_decide[:MOST_TO_DECIDE], *mine.own[:MOST_OWN], *mine.others[:MOST_OTHERS])
    audiences = desk.routing.audiences() if page.may_operate else ()
    covers = _covers(desk, desk.visibility.of(user), mine.to_decide[:MOST_TO_DECIDE])
    return home(page, links_to(desk, linked), audiences, covers)


def _covers(desk: Desk, sight: Sight, requests: Sequence[Request]) -> dict[str, Reach]:
    """Find what the patterns of requests for exemptions cover: nobody is to approve what they cannot see."""
    found: dict[str, Reach] = {}
    for request in requests:
        terms = request.changes[0].exemption
        if terms is not None and not terms.scope.is_one_key:
            covered = desk.exempting.preview(terms.scope, sight)
            if isinstance(covered, Reach):
                found[request.id] = covered
    return found


def _act(desk: Desk, name: str) -> Callable[..., None]:
    typed, act = ACTS[name]

    def listener(ack: Any, body: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        actor, reply = actor_of(body), reply_to(desk, body, respond)
        if not desk.may_look(actor):
            reply.say(NOT_OURS)
            return

        def task() -> None:
            act(desk, Call(actor, actor.user_id, typed, reply, desk.sight(actor)))
            again(desk, actor.user_id, tab_of(body))

        desk.looking.submit(name.replace("_", " "), task, reply.say)

    return listener
