"""The digests: sent now, previewed, and edited, by people who may approve something; listed for everybody."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.models.approval import Refused, Wish
from bot.models.digests import Digest
from bot.models.routes import RouteTerms
from bot.routing import UNKNOWN, Edited
from bot.rules.audience import Audience
from bot.views.names import (
    BACK_BLOCK,
    BACK_INPUT,
    CHANNEL_BLOCK,
    CHANNEL_INPUT,
    EDIT_ROUTE,
    ROUTE_MODAL,
    SCHEDULE_BLOCK,
    SCHEDULE_INPUT,
    ZONE_BLOCK,
    ZONE_INPUT,
)
from bot.views.notice import say
from bot.views.routes import edit_route, read_metadata, route_checking, route_declined, route_edited, routes
from bot.views.words import listed
from handlers.call import Call
from handlers.desk import NOT_OURS, Desk, Payload, actor_of, reply_to

PREVIEW = "preview"
MOST_PREVIEWS = 3
NONE_TO_PREVIEW = "No scan has finished yet, so there is no digest to preview."
NOT_OPENED = "Slack did not open the form in time ({code}). Nothing was changed; try again."

_BLOCKS = {"schedule": SCHEDULE_BLOCK, "timezone": ZONE_BLOCK}


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(re.compile(rf"^{EDIT_ROUTE}(:|$)"))  # type: ignore[untyped-decorator]
    def edit(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply = reply_to(desk, body, respond)
        sentence = _open(desk, body, _value(action)) if desk.may_look(actor_of(body)) else NOT_OURS
        if sentence is not None:
            reply.say(sentence)

    @app.view(ROUTE_MODAL)  # type: ignore[untyped-decorator]
    def edited(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        _submitted(desk, ack, body, view)


def digest(desk: Desk, call: Call) -> None:
    """`digest [name]` sends, `digest preview [name]` shows what would be sent."""
    permitted = desk.may_operate(call.actor, Wish.SEND_DIGEST)
    if isinstance(permitted, Refused):
        call.reply.say(permitted.sentence)
        return
    first, _, rest = call.text.partition(" ")
    if first.lower() == PREVIEW:
        _preview(desk, call, rest.strip())
        return
    wanted = _wanted(desk, call.text)
    if isinstance(wanted, str):
        call.reply.say(wanted)
        return
    made = desk.rounds.digest(call.actor.user_id, names=[each.name for each in wanted])
    call.reply.say(_sent(made) if made else _NONE_MADE)


def list_routes(desk: Desk, call: Call) -> None:
    planned = [(each.audience, each.next_at) for each in desk.routing.planned()]
    call.reply.show(routes(planned, may_edit=desk.would_let(call.actor, Wish.EDIT_ROUTE)))


_NONE_MADE = "No digest was made: the first scan did not finish. `/kms-rotation scan` starts another one."


def _sent(made: Sequence[Digest]) -> str:
    channels = listed([f"<#{each.channel}>" for each in made])
    on_the_way = "The digest is on its way" if len(made) == 1 else f"{len(made)} digests are on their way"
    return f"{on_the_way} to {channels}."


def _wanted(desk: Desk, text: str) -> Sequence[Audience] | str:
    if not text:
        return desk.routing.audiences()
    found = desk.routing.find(text)
    return found if isinstance(found, str) else [found]


def _preview(desk: Desk, call: Call, text: str) -> None:
    wanted = _wanted(desk, text)
    if isinstance(wanted, str):
        call.reply.say(wanted)
    elif len(wanted) > MOST_PREVIEWS:
        titles = ", ".join(f"“{each.title}”" for each in wanted)
        call.reply.say(f"There are {len(wanted)} digests: say which one to preview.\n{titles}")
    else:
        shown = desk.preview([each.name for each in wanted], call.sight)
        for each in shown:
            call.reply.show(each)
        if not shown:
            call.reply.say(NONE_TO_PREVIEW)


def _open(desk: Desk, body: Payload, name: str) -> str | None:
    """Open the modal; whether somebody may edit is decided once it is sent. Say why where it does not open."""
    planned = next((each for each in desk.routing.planned() if each.audience.name == name), None)
    if planned is None:
        return UNKNOWN
    opened = desk.writer.open_modal(str(body["trigger_id"]), edit_route(planned.audience, planned.declared))
    return None if opened is None else NOT_OPENED.format(code=opened.code)


def _submitted(desk: Desk, ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
    terms = _terms(view["state"]["values"])
    faults = desk.routing.faults(terms)
    if faults:
        ack(response_action="errors", errors={_BLOCKS[name]: sentence for name, sentence in faults.items()})
        return
    ack(response_action="update", view=route_checking())
    actor, view_id, view_hash = actor_of(body), str(view["id"]), str(view["hash"])

    def decline(sentence: str) -> None:
        if desk.writer.update_submitted(view_id, view_hash, route_declined(sentence)) is not None:
            desk.writer.post(actor.user_id, say(sentence))

    def task() -> None:
        try:
            name, seen = read_metadata(str(view.get("private_metadata", "")))
        except ValueError:
            decline(UNKNOWN)
            return
        came = desk.routing.edit(actor, name, terms, seen)
        if isinstance(came, Edited):
            desk.writer.update_submitted(view_id, view_hash, route_edited(came.audience, came.next_at))
        else:
            decline(came.sentence)

    desk.deciding_crew.submit("editing a digest", task, decline)


def _terms(values: Mapping[str, Any]) -> RouteTerms:
    """Read what was entered; nothing at all where everything is to be as the file says."""
    if values.get(BACK_BLOCK, {}).get(BACK_INPUT, {}).get("selected_options"):
        return RouteTerms()
    return RouteTerms(
        channel=values[CHANNEL_BLOCK][CHANNEL_INPUT].get("selected_conversation"),
        schedule=(values[SCHEDULE_BLOCK][SCHEDULE_INPUT].get("value") or "").strip(),
        timezone=(values[ZONE_BLOCK][ZONE_INPUT].get("value") or "").strip(),
    )


def _value(action: Payload) -> str:
    chosen = action.get("selected_option") or {}
    return str(chosen.get("value") or action.get("value") or "")
