"""The modal behind “Exempt …”: what it would cover, and its submission."""

from dataclasses import replace
from typing import Any

from bot.models.asking import Asked, Declined
from bot.models.exempting import AskAgain, ExemptionProposal, ExemptionWish, Flaw, WishField
from bot.models.people import Actor
from bot.models.requests import ChangeKind, RequestState
from bot.views.ask import asked, asking, declined
from bot.views.exempt import ExemptForm, exempt
from bot.views.exempt_draft import PLACES, BadFormError, read_draft, read_sure, scope_of, sure_of, wish_of
from bot.views.names import EXEMPT_MODAL, EXEMPT_PREVIEW
from bot.views.notice import say
from handlers.desk import NOT_OURS, Desk, Payload, actor_of
from handlers.exempting import offered
from handlers.home import again


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
        wish = wish_of(offer, draft, read_sure(view))
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
