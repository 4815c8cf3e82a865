"""Buttons. A button carries an opaque id; who pressed it comes from the payload, and the rest from the database."""

import re
from collections.abc import Callable
from typing import Any

from bot.models.approval import Wish
from bot.models.asking import Declined
from bot.models.messages import Block
from bot.models.people import Actor
from bot.models.requests import RequestState
from bot.remediate.decide import UNKNOWN_REQUEST, too_late
from bot.rules.filters import BadFilterError, Filter
from bot.tracing import about, learned
from bot.views.ask import ask, ask_for_several
from bot.views.glass import break_glass
from bot.views.hidden import with_unseen
from bot.views.key import read_rotation_value
from bot.views.keys_of_request import all_keys
from bot.views.listing import listing
from bot.views.names import (
    APPROVE,
    BREAK_GLASS,
    DENY,
    ENABLE,
    ENABLE_SEVERAL,
    LIST_PAGE,
    RETRY,
    ROTATE,
    SHOW_KEYS,
    WITHDRAW,
)
from bot.views.pages import read_turn
from bot.views.rotate import rotate_now
from bot.visibility import NOT_SHOWN, NOT_YOURS
from handlers import home
from handlers.desk import NOT_OURS, Desk, Payload, Reply, actor_of, reply_to
from handlers.forms import Make, open_form

WISHES = {APPROVE: Wish.APPROVE, DENY: Wish.DENY, WITHDRAW: Wish.WITHDRAW, RETRY: Wish.RETRY}
MOST_CHOICES = 100
"""Options of a select. https://docs.slack.dev/reference/block-kit/block-elements/multi-select-menu-element."""

OLD_BUTTON = "This button belongs to an older message and does nothing any more. `/kms-rotation list` has fresh ones."


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(re.compile(rf"^{ENABLE}:"))  # type: ignore[untyped-decorator]
    def enable(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open(desk, body, respond, lambda: _ask_for(desk, actor_of(body), _value(action)))

    @app.action(re.compile(rf"^{ROTATE}:"))  # type: ignore[untyped-decorator]
    def rotate(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open(desk, body, respond, lambda: _rotate(desk, actor_of(body), _value(action)))

    @app.action(ENABLE_SEVERAL)  # type: ignore[untyped-decorator]
    def enable_several(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open(desk, body, respond, lambda: _ask_for_several(desk, actor_of(body), _value(action)))

    @app.action(BREAK_GLASS)  # type: ignore[untyped-decorator]
    def glass(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open(desk, body, respond, lambda: _ask_why(desk, actor_of(body), _value(action)))

    @app.action(re.compile(rf"^{SHOW_KEYS}(:|$)"))  # type: ignore[untyped-decorator]
    def show_keys(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open(desk, body, respond, lambda: _show_keys(desk, actor_of(body), _value(action)))

    for name, wish in WISHES.items():
        app.action(re.compile(rf"^{name}(:|$)"))(_decide_with(desk, wish))

    @app.action(re.compile(rf"^{LIST_PAGE}:"))  # type: ignore[untyped-decorator]
    def turn(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply = reply_to(desk, body, respond)
        if not desk.may_look(actor_of(body)):
            reply.say(NOT_OURS)
            return
        actor = actor_of(body)
        desk.looking.submit("a page of the list", lambda: _turn(desk, actor, _value(action), reply), reply.say)

    @app.action(re.compile(".*"))  # type: ignore[untyped-decorator]
    def anything_else(ack: Any, body: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply_to(desk, body, respond).say(OLD_BUTTON)


def _value(action: Payload) -> str:
    return str(action.get("value", ""))


def _open(desk: Desk, body: Payload, respond: Any, make: Make) -> None:  # noqa: ANN401 - Bolt's
    open_form(desk, actor_of(body), reply_to(desk, body, respond), str(body["trigger_id"]), make)


def _ask_for(desk: Desk, actor: Actor, handle: str) -> Block | str:
    proposal = desk.asking.propose(handle, desk.arn_for(actor, handle))
    return proposal.sentence if isinstance(proposal, Declined) else ask(proposal)


def _rotate(desk: Desk, actor: Actor, value: str) -> Block | str:
    handle, used = read_rotation_value(value)
    proposal = desk.asking.propose_rotation(handle, desk.arn_for(actor, handle), used)
    return proposal.sentence if isinstance(proposal, Declined) else rotate_now(proposal)


def _ask_for_several(desk: Desk, actor: Actor, value: str) -> Block | str:
    try:
        scope, _ = read_turn(value)
        page = desk.listing.page(Filter.parse(scope).seen_by(desk.sight(actor)), 1, MOST_CHOICES)
    except (ValueError, BadFilterError):
        page = None
    if page is None:
        return OLD_BUTTON
    choice = desk.asking.choose(page)
    return choice.sentence if isinstance(choice, Declined) else ask_for_several(choice)


def _ask_why(desk: Desk, actor: Actor, request_id: str) -> Block | str:
    """Ask why the glass is to be broken; who may break it is decided once the form is sent."""
    learned(request=request_id)
    request = desk.requests.get(request_id)
    if request is None:
        return UNKNOWN_REQUEST
    if desk.sight(actor).hides_request(request):
        return NOT_YOURS
    if request.state is not RequestState.PENDING:
        return too_late(request, actor, Wish.BREAK_GLASS)
    return break_glass(request)


def _show_keys(desk: Desk, actor: Actor, request_id: str) -> Block | str:
    learned(request=request_id)
    request = desk.requests.get(request_id)
    if request is None:
        return UNKNOWN_REQUEST
    return NOT_SHOWN if desk.sight(actor).hides_request(request) else all_keys(request)


def _decide_with(desk: Desk, wish: Wish) -> Callable[..., None]:
    def listener(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply, actor, request_id = reply_to(desk, body, respond), actor_of(body), _value(action)

        def task() -> None:
            decide(desk, actor, request_id, wish, tell=reply.say)
            home.again(desk, actor.user_id, home.tab_of(body))

        with about(request=request_id):
            desk.deciding_crew.submit(wish.value.lower(), task, reply.say)

    return listener


def decide(
    desk: Desk, actor: Actor, request_id: str, wish: Wish, *, tell: Callable[[str], None], note: str = ""
) -> None:
    """Do what somebody wants with a request, tell them where it came to nothing, and set off what was approved."""
    learned(request=request_id)
    if not desk.visibility.may_decide(actor, desk.requests.get(request_id), wish):
        tell(NOT_YOURS)
        return
    settled = desk.deciding.decide(actor, request_id, wish, note)
    desk.settle()
    if isinstance(settled, Declined):
        tell(settled.sentence)
    elif settled.request.state is RequestState.APPROVED:
        desk.carry_out(settled.request)


def _turn(desk: Desk, actor: Actor, value: str, reply: Reply) -> None:
    sight = desk.sight(actor)
    try:
        scope, number = read_turn(value)
        page = desk.listing.page(Filter.parse(scope).seen_by(sight), number, who=actor.user_id)
    except (ValueError, BadFilterError):
        reply.say(OLD_BUTTON)
        return
    if page is not None:
        reply.show(with_unseen(listing(page), sight), replace=True)
