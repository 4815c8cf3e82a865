"""Opening a form."""

from collections.abc import Callable

from bot.models.messages import Block
from bot.models.people import Actor
from handlers.desk import NOT_OURS, Desk, Reply

Make = Callable[[], Block | str]
"""Makes a form of what is stored, or says why there is none."""


def open_form(desk: Desk, actor: Actor, reply: Reply, trigger_id: str, make: Make) -> None:
    """Open a form: its trigger lives for three seconds. Where there is none, say why."""
    made = make() if desk.may_look(actor) else NOT_OURS
    if isinstance(made, str):
        reply.say(made)
        return
    opened = desk.writer.open_modal(trigger_id, made)
    if opened is not None:
        reply.say(f"Slack did not open the form in time ({opened.code}). Nothing was asked for; try it again.")
