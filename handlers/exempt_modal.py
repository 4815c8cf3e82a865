"""The modal behind “Exempt …”: what it would cover, and its submission."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

from bot.models.asking import Asked, Declined
from bot.models.exempting import AskAgain, ExemptionProposal, ExemptionWish, Flaw, WishField
from bot.models.exemptions import ExemptionScope
from bot.models.people import Actor
from bot.models.requests import ChangeKind, RequestState
from bot.rules.exemptions import tidy
from bot.rules.filters import BadFilterError
from bot.views.ask import asked, asking, declined
from bot.views.exempt import Draft, ExemptForm, exempt
from bot.views.names import (
    ACCOUNT_BLOCK,
    ALIAS_BLOCK,
    EXEMPT_MODAL,
    EXEMPT_PREVIEW,
    PATTERN_INPUT,
    PERSON_BLOCK,
    PERSON_INPUT,
    REASON_BLOCK,
    REASON_INPUT,
    REGION_BLOCK,
    SURE,
    SURE_BLOCK,
    SURE_INPUT,
    TAG_BLOCK,
    TICKET_BLOCK,
    TICKET_INPUT,
    UNTIL_BLOCK,
    UNTIL_INPUT,
    action_id,
)
from bot.views.notice import say
from handlers.desk import NOT_OURS, Desk, Payload, actor_of
from handlers.exempting import offered
from handlers.home import again

CHOOSE_A_DAY = "Choose the last day on which it is to hold."
NOTHING_NAMED = "Fill in one of these fields at least."
WRITE_A_TAG = "Write a tag as a name and a pattern of its value: stage=test*"
PLACES = {
    WishField.SCOPE: ACCOUNT_BLOCK,
    WishField.UNTIL: UNTIL_BLOCK,
    WishField.REASON: REASON_BLOCK,
    WishField.TICKET: TICKET_BLOCK,
    WishField.OWNER: PERSON_BLOCK,
}
"""The block below which each flaw is told."""


class BadFormError(ValueError):
    """What was entered is not what the form asks for; `block` is where, and the message says what would be."""

    def __init__(self, block: str, sentence: str) -> None:
        super().__init__(sentence)
        self.block = block


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(EXEMPT_PREVIEW)  # type: ignore[untyped-decorator]
    def preview(ack: Any, body: Payload) -> None:  # noqa: ANN401 - Bolt's
        ack()
        if desk.may_look(actor_of(body)):
            desk.looking.submit("what an exemption would cover", lambda: _preview(desk, body))

    @app.view(EXEMPT_MODAL)  # type: ignore[untyped-decorator]
    def submitted(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        _submitted(desk, ack, actor_of(body), view)


def _preview(desk: Desk, body: Payload) -> None:
    """Answer in the form, with all that was entered so far left as it is."""
    view, actor = body["view"], actor_of(body)
    metadata, draft = str(view.get("private_metadata", "")), read_draft(view)
    offer = offered(desk, actor, metadata)
    if isinstance(offer, Declined):
        return
    try:
        told = desk.exempting.preview(scope_of(draft), desk.sight(actor))
    except BadFormError as error:
        told = Declined(str(error))
    form = exempt(ExemptForm(metadata, offer, draft, told))
    desk.writer.update_modal(str(view["id"]), form, str(view["hash"]))


def _submitted(desk: Desk, ack: Any, actor: Actor, view: Payload) -> None:  # noqa: ANN401 - Bolt's
    """Say at once what is wrong with it; what is not, is asked for once the form is acked."""
    metadata, draft = str(view.get("private_metadata", "")), read_draft(view)
    offer = offered(desk, actor, metadata) if desk.may_look(actor) else Declined(NOT_OURS)
    if isinstance(offer, Declined):
        ack(response_action="update", view=declined(offer.sentence, ChangeKind.EXEMPT))
        return
    try:
        wish = _wish(offer, draft, _chosen(view))
    except BadFormError as error:
        ack(response_action="errors", errors={error.block: str(error)})
        return
    wrong = desk.exempting.check(wish, desk.sight(actor))
    if isinstance(wrong, AskAgain):
        form = ExemptForm(metadata, offer, draft, again=wrong, sure=sure_of(wish.scope))
        ack(response_action="update", view=exempt(form))
    elif wrong:
        _say_flaws(ack, offer, wrong)
    else:
        ack(response_action="update", view=asking(ChangeKind.EXEMPT))
        _ask(desk, actor, view, wish, ExemptForm(metadata, offer, draft))


def _say_flaws(ack: Any, offer: ExemptionProposal, flaws: tuple[Flaw, ...]) -> None:  # noqa: ANN401 - Bolt's
    """Beside the fields where there are such; a key that is not open any more has none."""
    has_parts = offer.finding is None and offer.renews is None
    beside = {PLACES[flaw.field]: flaw.sentence for flaw in flaws if has_parts or flaw.field is not WishField.SCOPE}
    if beside:
        ack(response_action="errors", errors=beside)
    else:
        told = "\n".join(flaw.sentence for flaw in flaws)
        ack(response_action="update", view=declined(told, ChangeKind.EXEMPT))


def _ask(desk: Desk, actor: Actor, view: Payload, wish: ExemptionWish, form: ExemptForm) -> None:
    view_id, view_hash = str(view["id"]), str(view["hash"])

    def decline(sentence: str) -> None:
        """Say so in the modal, or where that was closed meanwhile in a direct message."""
        if desk.writer.update_submitted(view_id, view_hash, declined(sentence, ChangeKind.EXEMPT)) is not None:
            desk.writer.post(actor.user_id, say(sentence))

    def task() -> None:
        came = desk.exempting.ask(actor, wish, desk.sight(actor))
        desk.settle()
        match came:
            case Asked(request=request):
                desk.writer.update_submitted(view_id, view_hash, asked(came))
                if request.state is RequestState.APPROVED:
                    desk.carry_out(request)
                again(desk, actor.user_id)
            case AskAgain():
                once_more = replace(form, again=came, sure=sure_of(wish.scope))
                desk.writer.update_submitted(view_id, view_hash, exempt(once_more))
            case Declined(sentence=sentence):
                decline(sentence)

    desk.looking.submit("asking for an exemption", task, decline)


def read_draft(view: Payload) -> Draft:
    """What was entered; a part that the form does not have, or that a client left out, is empty."""
    return Draft(
        account=_pattern(view, ACCOUNT_BLOCK),
        alias=_pattern(view, ALIAS_BLOCK),
        region=_pattern(view, REGION_BLOCK),
        tag=_pattern(view, TAG_BLOCK),
        reason=_typed(view, REASON_BLOCK, REASON_INPUT),
        until=_typed(view, UNTIL_BLOCK, UNTIL_INPUT, "selected_date"),
        owner=_typed(view, PERSON_BLOCK, PERSON_INPUT, "selected_user"),
        ticket=_typed(view, TICKET_BLOCK, TICKET_INPUT),
    )


def _pattern(view: Payload, block: str) -> str:
    return _typed(view, block, action_id(PATTERN_INPUT, block))


def _typed(view: Payload, block: str, element: str, key: str = "value") -> str:
    entered = view["state"]["values"].get(block, {}).get(element, {}).get(key)
    return str(entered or "").strip()


def _chosen(view: Payload) -> str:
    """The option of “Is that meant?” that was ticked, if one was."""
    ticked = view["state"]["values"].get(SURE_BLOCK, {}).get(SURE_INPUT, {}).get("selected_options") or ()
    return str(ticked[0]["value"]) if ticked else ""


def scope_of(draft: Draft) -> ExemptionScope:
    """The pattern that was entered. Raises BadFormError where it is none."""
    parts = {
        ACCOUNT_BLOCK: ExemptionScope(account=draft.account),
        ALIAS_BLOCK: ExemptionScope(alias=draft.alias),
        REGION_BLOCK: ExemptionScope(region=draft.region),
        TAG_BLOCK: ExemptionScope(tag=_tag(draft.tag)),
    }
    given = {block: part for block, part in parts.items() if part != ExemptionScope()}
    if not given:
        raise BadFormError(ACCOUNT_BLOCK, NOTHING_NAMED)
    for block, part in given.items():
        _tidied(block, part)
    whole = ExemptionScope(account=draft.account, region=draft.region, alias=draft.alias, tag=_tag(draft.tag))
    return _tidied(ACCOUNT_BLOCK, whole)


def sure_of(scope: ExemptionScope) -> str:
    """What “Yes, all of them” is said to: no other pattern."""
    return f"{SURE}:{sha256(str(scope).encode()).hexdigest()[:16]}"


def _tidied(block: str, scope: ExemptionScope) -> ExemptionScope:
    try:
        return tidy(scope)
    except BadFilterError as error:
        raise BadFormError(block, str(error)) from error


def _tag(typed: str) -> tuple[str, str] | None:
    if not typed:
        return None
    name, _, value = typed.removeprefix("tag:").partition("=")
    if not (name.strip() and value.strip()):
        raise BadFormError(TAG_BLOCK, WRITE_A_TAG)
    return name.strip(), value.strip()


def _wanted(offer: ExemptionProposal, draft: Draft) -> ExemptionScope:
    if offer.finding is not None:
        return ExemptionScope(arn=offer.finding.arn)
    return scope_of(draft) if offer.renews is None else offer.renews.scope


def _wish(offer: ExemptionProposal, draft: Draft, ticked: str) -> ExemptionWish:
    scope = _wanted(offer, draft)
    try:
        until = date.fromisoformat(draft.until)
    except ValueError as error:
        raise BadFormError(UNTIL_BLOCK, CHOOSE_A_DAY) from error
    return ExemptionWish(
        scope=scope,
        until=until,
        reason=draft.reason,
        ticket=draft.ticket,
        owner=draft.owner,
        renews="" if offer.renews is None else offer.renews.id,
        is_sure=bool(ticked) and ticked == sure_of(scope),
    )
