"""`exempt` and `exemptions`: opening the form, listing what is exempt, and withdrawing it."""

import re
from typing import Any

from bot.key import UnknownKeyError
from bot.models.asking import Declined
from bot.models.exempting import ExemptionProposal
from bot.models.exemptions import Exemption, ExemptionScope
from bot.models.keys import Finding
from bot.models.messages import Block, Rendered
from bot.models.people import Actor
from bot.models.requests import ChangeKind, RequestState
from bot.remediate.making import UNKNOWN_KEY
from bot.rules.excused import may_concern
from bot.rules.exemptions import parse_scope
from bot.rules.filters import BadFilterError, Filter
from bot.rules.sight import Sight
from bot.rules.veil import as_told
from bot.views.exempt import ExemptForm, exempt
from bot.views.exempt_draft import draft_for, draft_of
from bot.views.exemption import withdrawn
from bot.views.exemptions import ExemptionsPage, exemptions
from bot.views.hidden import with_unseen
from bot.views.names import (
    EXEMPTIONS_PAGE,
    RENEW_EXEMPTION,
    WITHDRAW_EXEMPTION,
    action_id,
    read_action,
)
from bot.views.pages import read_turn
from handlers.actions import OLD_BUTTON
from handlers.call import Call
from handlers.desk import NOT_OURS, Desk, Payload, Reply, actor_of, reply_to
from handlers.forms import open_form
from handlers.home import again
from handlers.typed import unquoted

ONE_KEY, PATTERN, RENEWAL = "key", "pattern", "renewal"
"""What a form is for, as its metadata say."""


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(re.compile(rf"^{RENEW_EXEMPTION}:"))  # type: ignore[untyped-decorator]
    def renew(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        actor = actor_of(body)
        metadata = action_id(RENEWAL, str(action.get("value", "")))
        reply = reply_to(desk, body, respond)
        open_form(desk, actor, reply, str(body["trigger_id"]), lambda: exempt_form(desk, actor, metadata))

    @app.action(re.compile(rf"^{WITHDRAW_EXEMPTION}:"))  # type: ignore[untyped-decorator]
    def withdraw(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        actor, reply, exemption_id = actor_of(body), reply_to(desk, body, respond), str(action.get("value", ""))
        desk.deciding_crew.submit(
            "withdrawing an exemption", lambda: _withdraw(desk, actor, exemption_id, reply), reply.say
        )

    @app.action(re.compile(rf"^{EXEMPTIONS_PAGE}:"))  # type: ignore[untyped-decorator]
    def turn(ack: Any, body: Payload, action: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        actor, reply, value = actor_of(body), reply_to(desk, body, respond), str(action.get("value", ""))
        if not desk.may_look(actor):
            reply.say(NOT_OURS)
            return
        desk.looking.submit("a page of exemptions", lambda: _turn(desk, actor, value, reply), reply.say)


def exempt_command(desk: Desk, call: Call) -> None:
    """`exempt <key>`, `exempt account=… alias=…`, or `exempt` alone: the form, at once."""
    open_form(desk, call.actor, call.reply, call.trigger_id, lambda: _form_for(desk, call))


def exemptions_command(desk: Desk, call: Call) -> None:
    call.show(_page(desk, call.sight, call.scope(), 1))


def exempt_key(desk: Desk, actor: Actor, handle: str) -> Block | str:
    """The form for an open key."""
    return exempt_form(desk, actor, action_id(ONE_KEY, handle))


def exempt_form(desk: Desk, actor: Actor, metadata: str, scope: ExemptionScope | None = None) -> Block | str:
    offer = offered(desk, actor, metadata)
    if isinstance(offer, Declined):
        return offer.sentence
    if offer.renews is not None:
        return exempt(ExemptForm(metadata, offer, draft_of(offer.renews)))
    return exempt(ExemptForm(metadata, offer, draft_for(scope or ExemptionScope(), actor.user_id)))


def offered(desk: Desk, actor: Actor, metadata: str) -> ExemptionProposal | Declined:
    """Say what a form may offer by its metadata, which come back from the client."""
    kind, subject = read_action(metadata)
    match kind:
        case "key":
            arn = desk.arn_for(actor, subject)
            return Declined(UNKNOWN_KEY) if arn is None else desk.exempting.propose(arn)
        case "renewal" if subject:
            renewed = desk.exempting.get(subject)
            if renewed is not None and desk.sight(actor).hides_scope(renewed.scope):
                return Declined(OLD_BUTTON)
            return desk.exempting.propose(renews=subject)
        case "pattern":
            return desk.exempting.propose()
    return Declined(OLD_BUTTON)


def _form_for(desk: Desk, call: Call) -> Block | str:
    if not call.text or "=" in call.text:
        scope = parse_scope(call.text) if call.text else ExemptionScope()
        return exempt_form(desk, call.actor, action_id(PATTERN, ""), scope)
    try:
        found = desk.lookup.find(unquoted(call.text), call.sight)
    except UnknownKeyError as error:
        return str(error)
    return exempt_key(desk, call.actor, desk.lookup.handles.of([found.arn])[found.arn])


def _page(desk: Desk, sight: Sight, within: Filter, number: int) -> Rendered:
    active = [each for each in desk.exempting.active() if not sight.hides_scope(each.scope)]
    places = desk.lookup.places(each.scope.arn for each in active if each.scope.is_one_key)
    found = active if within.is_empty else [each for each in active if may_concern(within, each, _key(desk, each))]
    pending = desk.requests.in_state(RequestState.PENDING)
    waiting = [each for each in pending if each.kind is ChangeKind.EXEMPT and not sight.hides_request(each)]
    page = ExemptionsPage.of(found, str(within), number, len(waiting), places)
    return exemptions(page)


def _key(desk: Desk, exemption: Exemption) -> Finding | None:
    """The one key of an exemption, as it was last read."""
    return desk.lookup.known(exemption.scope.arn) if exemption.scope.is_one_key else None


def _turn(desk: Desk, actor: Actor, value: str, reply: Reply) -> None:
    try:
        scope, number = read_turn(value)
        sight = desk.sight(actor)
        page = _page(desk, sight, Filter.parse(scope).seen_by(sight), number)
    except (ValueError, BadFilterError):
        reply.say(OLD_BUTTON)
        return
    reply.show(with_unseen(page, sight), replace=True)


def _withdraw(desk: Desk, actor: Actor, exemption_id: str, reply: Reply) -> None:
    held = desk.exempting.get(exemption_id)
    if held is not None and desk.sight(actor).hides_scope(held.scope):
        reply.say(OLD_BUTTON)
        return
    came = desk.exempting.withdraw(actor, exemption_id)
    desk.settle()
    if isinstance(came, Exemption):
        reply.show(withdrawn(as_told(came, desk.sight(actor))))
        again(desk, actor.user_id)
    else:
        reply.say(came.sentence)
