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
from bot.views.ask import ask, ask_for_several
from bot.views.glass import break_glass
from bot.views.key import read_rotation_value
from bot.views.listing import listing, read_turn
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
from bot.views.request import all_keys
from bot.views.rotate import rotate_now
from handlers.desk import NOT_OURS, Desk, Payload, Reply, actor_of, reply_to

WISHES = {APPROVE: Wish.APPROVE, DENY: Wish.DENY, WITHDRAW: Wish.WITHDRAW, RETRY: Wish.RETRY}
MOST_CHOICES = 100
"""Options of a select. https://docs.slack.dev/reference/block-kit/block-elements/multi-select-menu-element."""

OLD_BUTTON = "This button belongs to an older message and does nothing any more. `/kms-rotation list` has fresh ones."


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(re.compile(rf"^{ENABLE}:"))  # type: ignore[untyped-decorator]
    def enable(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open_modal(desk, body, str(action.get("value", "")), reply_to(desk, body, respond))

    @app.action(re.compile(rf"^{ROTATE}:"))  # type: ignore[untyped-decorator]
    def rotate(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open_rotation(desk, body, str(action.get("value", "")), reply_to(desk, body, respond))

    @app.action(ENABLE_SEVERAL)  # type: ignore[untyped-decorator]
    def enable_several(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open_choice(desk, body, str(action.get("value", "")), reply_to(desk, body, respond))

    @app.action(BREAK_GLASS)  # type: ignore[untyped-decorator]
    def glass(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open_glass(desk, body, str(action.get("value", "")), reply_to(desk, body, respond))

    @app.action(SHOW_KEYS)  # type: ignore[untyped-decorator]
    def show_keys(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        _open_keys(desk, body, str(action.get("value", "")), reply_to(desk, body, respond))

    for action_id, wish in WISHES.items():
        app.action(action_id)(_decide_with(desk, wish))

    @app.action(re.compile(rf"^{LIST_PAGE}:"))  # type: ignore[untyped-decorator]
    def turn(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply = reply_to(desk, body, respond)
        if not desk.may_look(actor_of(body)):
            reply.say(NOT_OURS)
            return
        desk.looking.submit("a page of the list", lambda: _turn(desk, str(action.get("value", "")), reply), reply.say)

    @app.action(re.compile(".*"))  # type: ignore[untyped-decorator]
    def anything_else(ack: Any, body: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply_to(desk, body, respond).say(OLD_BUTTON)


def _open_modal(desk: Desk, body: Payload, handle: str, reply: Reply) -> None:
    """Open the modal from what is stored: its trigger lives for three seconds."""
    if not desk.may_look(actor_of(body)):
        reply.say(NOT_OURS)
        return
    proposal = desk.asking.propose(handle, desk.handles.arn(handle))
    if isinstance(proposal, Declined):
        reply.say(proposal.sentence)
        return
    _open(desk, body, ask(proposal), reply)


def _open_rotation(desk: Desk, body: Payload, value: str, reply: Reply) -> None:
    """Open the modal for rotating now, from what is stored as well."""
    if not desk.may_look(actor_of(body)):
        reply.say(NOT_OURS)
        return
    handle, used = read_rotation_value(value)
    proposal = desk.asking.propose_rotation(handle, desk.handles.arn(handle), used)
    if isinstance(proposal, Declined):
        reply.say(proposal.sentence)
        return
    _open(desk, body, rotate_now(proposal), reply)


def _open_choice(desk: Desk, body: Payload, value: str, reply: Reply) -> None:
    """Open the modal for several keys of a list."""
    if not desk.may_look(actor_of(body)):
        reply.say(NOT_OURS)
        return
    try:
        scope, _ = read_turn(value)
        page = desk.listing.page(Filter.parse(scope), 1, MOST_CHOICES)
    except (ValueError, BadFilterError):
        page = None
    if page is None:
        reply.say(OLD_BUTTON)
        return
    choice = desk.asking.choose(page)
    if isinstance(choice, Declined):
        reply.say(choice.sentence)
        return
    _open(desk, body, ask_for_several(choice), reply)


def _open(desk: Desk, body: Payload, modal: Block, reply: Reply) -> None:
    opened = desk.writer.open_modal(str(body["trigger_id"]), modal)
    if opened is not None:
        reply.say(
            f"Slack did not open the form in time ({opened.code}). Nothing was asked for; press the button again."
        )


def _decide_with(desk: Desk, wish: Wish) -> Callable[..., None]:
    def listener(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply, actor, request_id = reply_to(desk, body, respond), actor_of(body), str(action.get("value", ""))
        desk.deciding_crew.submit(
            wish.value.lower(), lambda: decide(desk, actor, request_id, wish, tell=reply.say), reply.say
        )

    return listener


def decide(
    desk: Desk, actor: Actor, request_id: str, wish: Wish, *, tell: Callable[[str], None], note: str = ""
) -> None:
    """Do what somebody wants with a request, tell them where it came to nothing, and set off what was approved."""
    settled = desk.deciding.decide(actor, request_id, wish, note)
    desk.settle()
    if isinstance(settled, Declined):
        tell(settled.sentence)
    elif settled.request.state is RequestState.APPROVED:
        desk.carry_out(settled.request)


def _open_glass(desk: Desk, body: Payload, request_id: str, reply: Reply) -> None:
    """Open the form that asks why; who may break the glass is decided once it is sent."""
    if not desk.may_look(actor_of(body)):
        reply.say(NOT_OURS)
        return
    request = desk.requests.get(request_id)
    if request is None:
        reply.say(UNKNOWN_REQUEST)
    elif request.state is not RequestState.PENDING:
        reply.say(too_late(request, actor_of(body), Wish.BREAK_GLASS))
    else:
        _open(desk, body, break_glass(request), reply)


def _open_keys(desk: Desk, body: Payload, request_id: str, reply: Reply) -> None:
    """Show every key of a request to whoever may look."""
    request = desk.requests.get(request_id)
    if not desk.may_look(actor_of(body)):
        reply.say(NOT_OURS)
    elif request is None:
        reply.say(UNKNOWN_REQUEST)
    else:
        _open(desk, body, all_keys(request), reply)


def _turn(desk: Desk, value: str, reply: Reply) -> None:
    try:
        scope, number = read_turn(value)
        page = desk.listing.page(Filter.parse(scope), number)
    except (ValueError, BadFilterError):
        reply.say(OLD_BUTTON)
        return
    if page is not None:
        reply.show(listing(page), replace=True)
