"""“Snooze …” beside an open key: the modal, its submission, and waking again."""

import re
from datetime import date, timedelta
from typing import Any

from bot.models.asking import Declined
from bot.models.messages import Block
from bot.models.people import Actor
from bot.models.snoozes import Snoozed, SnoozeFor, SnoozeWish
from bot.views.names import (
    SNOOZE_FOR_BLOCK,
    SNOOZE_FOR_INPUT,
    SNOOZE_MODAL,
    UNTIL_BLOCK,
    UNTIL_INPUT,
    WAKE,
    read_action,
)
from bot.views.notice import say
from bot.views.snooze import DATE_BLOCK, DATE_INPUT, DAYS, ON_THE_DAY, snooze, snoozed, told
from handlers import home
from handlers.desk import NOT_OURS, Desk, Payload, actor_of, reply_to

CHOOSE_A_DAY = "Choose the day on which it is to wake."
WOKEN = "It is awake again."
ON_IT = "Snoozing it …"


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.view(SNOOZE_MODAL)  # type: ignore[untyped-decorator]
    def submitted(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        _submitted(desk, ack, body, view)

    @app.action(re.compile(rf"^{WAKE}:"))  # type: ignore[untyped-decorator]
    def wake(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply = reply_to(desk, body, respond)
        if not desk.may_look(actor_of(body)):
            reply.say(NOT_OURS)
            return
        desk.looking.submit("waking a key", lambda: _wake(desk, body, action), reply.say)


def snooze_key(desk: Desk, actor: Actor, handle: str, channel: str) -> Block | str:
    """Make the modal of what is stored, or say why there is none."""
    offer = desk.snoozing.propose(actor, handle, desk.arn_for(actor, handle), channel)
    return offer.sentence if isinstance(offer, Declined) else snooze(offer)


def _submitted(desk: Desk, ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
    """Say at once what is wrong with the day; the rest is done once the form is acked."""
    actor, (handle, channel) = actor_of(body), read_metadata(view)
    if not desk.may_look(actor):
        ack(response_action="update", view=told(NOT_OURS))
        return
    day = _day(desk, view)
    if day is None:
        ack(response_action="errors", errors={DATE_BLOCK: CHOOSE_A_DAY})
        return
    whose = _whose(_chosen(view, SNOOZE_FOR_BLOCK, SNOOZE_FOR_INPUT))
    fault = desk.snoozing.fault(SnoozeWish(None, whose, channel, day))
    if fault is not None:
        ack(response_action="errors", errors={DATE_BLOCK: fault})
        return
    ack(response_action="update", view=told(ON_IT))
    view_id, view_hash = str(view["id"]), str(view["hash"])

    def show(modal: Block, sentence: str = "") -> None:
        """In the modal, or what is wrong in a direct message where that was closed meanwhile."""
        if desk.writer.update_submitted(view_id, view_hash, modal) is not None and sentence:
            desk.writer.post(actor.user_id, say(sentence))

    def task() -> None:
        came = desk.snoozing.snooze(actor, SnoozeWish(desk.arn_for(actor, handle), whose, channel, day))
        if isinstance(came, Snoozed):
            show(snoozed(came))
            home.again(desk, actor.user_id)
        else:
            show(told(came.sentence), came.sentence)

    desk.looking.submit("snoozing a key", task, lambda sentence: show(told(sentence), sentence))


def _wake(desk: Desk, body: Payload, action: Payload) -> None:
    """Wake a key from the modal, which then says so, or from the Home tab, which then leaves it out."""
    actor, view = actor_of(body), body.get("view") or {}
    whose, handle = read_action(str(action.get("value", "")))
    channel = read_metadata(view)[1] if view.get("type") == "modal" else ""
    failed = desk.snoozing.wake(actor, desk.arn_for(actor, handle), _whose(whose), channel)
    sentence = WOKEN if failed is None else failed.sentence
    if view.get("type") == "modal":
        desk.writer.update_modal(str(view["id"]), told(sentence))
    elif failed is not None:
        desk.writer.post(actor.user_id, say(sentence))
    home.again(desk, actor.user_id, home.tab_of(body))


def _whose(chosen: str) -> SnoozeFor:
    """Read for whom it is; anything else than a channel's digest, which a client may send, is for whoever acts."""
    return SnoozeFor.CHANNEL if chosen == SnoozeFor.CHANNEL else SnoozeFor.ME


def read_metadata(view: Payload) -> tuple[str, str]:
    """Read back the key's handle and the channel. They come from the client, and give nobody a right."""
    handle, _, channel = str(view.get("private_metadata", "")).partition(" ")
    return handle, channel


def _day(desk: Desk, view: Payload) -> date | None:
    """Read the day that was chosen; None where it is the one below and that is empty."""
    choice = _chosen(view, UNTIL_BLOCK, UNTIL_INPUT)
    if choice in DAYS:
        return desk.snoozing.today() + timedelta(days=DAYS[choice])
    entered = view["state"]["values"].get(DATE_BLOCK, {}).get(DATE_INPUT, {}).get("selected_date")
    try:
        return date.fromisoformat(str(entered)) if choice == ON_THE_DAY else None
    except ValueError:
        return None


def _chosen(view: Payload, block: str, element: str) -> str:
    option = view["state"]["values"].get(block, {}).get(element, {}).get("selected_option") or {}
    return str(option.get("value", ""))
