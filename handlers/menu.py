"""The menu beside a key's button: what else there is to do about an open key."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.models.messages import Block
from bot.models.people import Actor
from bot.views.names import EXEMPT, MORE_OF_KEY, SNOOZE, read_action
from handlers.actions import OLD_BUTTON
from handlers.desk import Desk, Payload, actor_of, reply_to
from handlers.exempting import exempt_key
from handlers.forms import open_form
from handlers.snoozing import snooze_key

FORMS: Mapping[str, Callable[[Desk, Actor, str, str], Block | str]] = {
    EXEMPT: lambda desk, actor, handle, _channel: exempt_key(desk, actor, handle),
    SNOOZE: snooze_key,
}
"""What each option opens: a form made of what is stored for a person, a key's handle and the channel that they are in,
or why there is none."""


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(re.compile(rf"^{MORE_OF_KEY}:"))  # type: ignore[untyped-decorator]
    def chosen(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        actor, reply = actor_of(body), reply_to(desk, body, respond)
        name, handle = read_action(str((action.get("selected_option") or {}).get("value", "")))
        make = FORMS.get(name)
        if make is None:
            reply.say(OLD_BUTTON)
            return
        channel = str((body.get("channel") or {}).get("id", ""))
        open_form(desk, actor, reply, str(body["trigger_id"]), lambda: make(desk, actor, handle, channel))
