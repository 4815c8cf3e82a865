"""The modal behind “Exempt …”: what it would cover, and its submission."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.models.asking import Asked, Declined
from bot.models.exempting import AskAgain, ExemptionProposal, ExemptionWish, Flaw, WishField
from bot.models.messages import Block
from bot.models.people import Actor
from bot.models.requests import ChangeKind, RequestState
from bot.models.slack import SlackFailure
from bot.views.ask import asked, asking, declined
from bot.views.exempt import ExemptForm, exempt
from bot.views.exempt_draft import PLACES, BadFormError, read_draft, read_sure, scope_of, sure_of, wish_of
from bot.views.names import EXEMPT_MODAL, EXEMPT_PREVIEW
from bot.views.notice import say
from handlers.desk import NOT_OURS, Desk, Payload, Writer, actor_of
from handlers.exempting import offered
from handlers.home import again
from handlers.promptly import promptly


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


@dataclass(frozen=True, slots=True)
class _Judged:
    """How a form is acked, and where nothing is wrong with it, the wish to ask for and the form to ask again with."""

    answer: Payload
    wish: ExemptionWish | None = None
    form: ExemptForm | None = None


def _submitted(desk: Desk, ack: Any, actor: Actor, view: Payload) -> None:  # noqa: ANN401 - Bolt's
    """Say at once what is wrong with it; what is not, is asked for once the form is acked."""
    judge = partial(_judged, desk, actor, view)
    judged = promptly(desk.looking, "looking at the form of an exemption", judge)
    ack(**(_update(asking(ChangeKind.EXEMPT)) if judged is None else judged.answer))
    if judged is None or judged.wish is not None:
        _ask(desk, actor, view, judge if judged is None else lambda: judged)


def _judged(desk: Desk, actor: Actor, view: Payload) -> _Judged:
    metadata, draft = str(view.get("private_metadata", "")), read_draft(view)
    offer = offered(desk, actor, metadata) if desk.may_look(actor) else Declined(NOT_OURS)
    if isinstance(offer, Declined):
        return _Judged(_update(declined(offer.sentence, ChangeKind.EXEMPT)))
    try:
        wish = wish_of(offer, draft, read_sure(view))
    except BadFormError as error:
        return _Judged(_errors({error.block: str(error)}))
    wrong, form = desk.exempting.check(wish, desk.sight(actor)), ExemptForm(metadata, offer, draft)
    if isinstance(wrong, AskAgain):
        return _Judged(_update(exempt(replace(form, again=wrong, sure=sure_of(wish.scope)))))
    if wrong:
        return _Judged(_told(offer, wrong))
    return _Judged(_update(asking(ChangeKind.EXEMPT)), wish, form)


def _told(offer: ExemptionProposal, flaws: tuple[Flaw, ...]) -> Payload:
    """Beside the fields where there are such; a key that is not open any more has none."""
    has_parts = offer.finding is None and offer.renews is None
    beside = {PLACES[flaw.field]: flaw.sentence for flaw in flaws if has_parts or flaw.field is not WishField.SCOPE}
    if beside:
        return _errors(beside)
    return _update(declined("\n".join(flaw.sentence for flaw in flaws), ChangeKind.EXEMPT))


def _update(view: Block) -> Payload:
    return {"response_action": "update", "view": view}


def _errors(beside: Mapping[str, str]) -> Payload:
    return {"response_action": "errors", "errors": beside}


@dataclass(frozen=True, slots=True)
class _Acked:
    """A form that was acked, and what it turns into."""

    writer: Writer
    user_id: str
    view_id: str
    view_hash: str

    def show(self, view: Block) -> SlackFailure | None:
        return self.writer.update_submitted(self.view_id, self.view_hash, view)

    def decline(self, sentence: str) -> None:
        """Say so in the form, or where that was closed meanwhile in a direct message."""
        if self.show(declined(sentence, ChangeKind.EXEMPT)) is not None:
            self.writer.post(self.user_id, say(sentence))

    def show_late(self, answer: Payload) -> None:
        """Show what was to be the ack. What would have stood beside fields stands alone."""
        if "errors" in answer:
            self.decline("\n".join(answer["errors"].values()))
        else:
            self.show(answer["view"])


def _ask(desk: Desk, actor: Actor, view: Payload, judge: Callable[[], _Judged]) -> None:
    acked = _Acked(desk.writer, actor.user_id, str(view["id"]), str(view["hash"]))

    def task() -> None:
        judged = judge()
        if judged.wish is None or judged.form is None:
            acked.show_late(judged.answer)
        else:
            _ask_now(desk, actor, acked, judged.wish, judged.form)

    desk.looking.submit("asking for an exemption", task, acked.decline)


def _ask_now(desk: Desk, actor: Actor, acked: _Acked, wish: ExemptionWish, form: ExemptForm) -> None:
    came = desk.exempting.ask(actor, wish, desk.sight(actor))
    desk.settle()
    match came:
        case Asked(request=request):
            acked.show(asked(came))
            if request.state is RequestState.APPROVED:
                desk.carry_out(request)
            again(desk, actor.user_id)
        case AskAgain():
            acked.show(exempt(replace(form, again=came, sure=sure_of(wish.scope))))
        case Declined(sentence=sentence):
            acked.decline(sentence)
