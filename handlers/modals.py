"""The modals behind “Enable rotation”, “Enable several …”, “Rotate now …” and “Break glass …”, submitted."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.models.approval import Wish
from bot.models.asking import Asked, Terms
from bot.models.requests import ChangeKind, RequestState
from bot.rules.filters import BadFilterError, Filter
from bot.rules.period import BadPeriodError, read_period
from bot.views.ask import MOST_AT_ONCE, asked, asking, declined
from bot.views.glass import FEWEST_CHARACTERS
from bot.views.names import (
    ALL_BLOCK,
    ALL_INPUT,
    ASK_MODAL,
    GLASS_MODAL,
    KEYS_BLOCK,
    KEYS_INPUT,
    PERIOD_BLOCK,
    PERIOD_INPUT,
    REASON_BLOCK,
    REASON_INPUT,
    ROTATE_MODAL,
    SEVERAL_MODAL,
)
from bot.views.notice import say
from bot.views.pages import read_turn
from bot.views.rotate import FEWEST_CHARACTERS as FEWEST_TO_ROTATE
from handlers import home
from handlers.actions import MOST_CHOICES, decide
from handlers.desk import Desk, Payload, actor_of

Keys = Callable[[], Sequence[str | None]]
"""Looks up the keys that a form is about, once it is acked: the database may take longer than Slack waits."""

WHY = f"Say why it cannot wait, in {FEWEST_CHARACTERS} characters or more."
WHY_NOW = f"Say why it is to be rotated now, in {FEWEST_TO_ROTATE} characters or more."
CHOOSE = "Choose at least one key, or tick “all of them” below."


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.view(ASK_MODAL)  # type: ignore[untyped-decorator]
    def submitted(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        _submitted(desk, ack, body, view, lambda: [_key(desk, body, view)])

    @app.view(SEVERAL_MODAL)  # type: ignore[untyped-decorator]
    def several_submitted(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        if _handles(view) or _is_all(view):
            _submitted(desk, ack, body, view, lambda: _chosen(desk, body, view))
        else:
            ack(response_action="errors", errors={KEYS_BLOCK: CHOOSE})

    @app.view(ROTATE_MODAL)  # type: ignore[untyped-decorator]
    def rotation_submitted(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        reason = _reason(view)
        if len(reason) < FEWEST_TO_ROTATE:
            ack(response_action="errors", errors={REASON_BLOCK: WHY_NOW})
            return
        terms = Terms(reason=reason, kind=ChangeKind.ROTATE_ON_DEMAND)
        _ask(desk, ack, body, view, lambda: [_key(desk, body, view)], terms=terms)

    @app.view(GLASS_MODAL)  # type: ignore[untyped-decorator]
    def glass_broken(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        reason = _reason(view)
        if len(reason) < FEWEST_CHARACTERS:
            ack(response_action="errors", errors={REASON_BLOCK: WHY})
            return
        ack()
        actor, request_id = actor_of(body), str(view.get("private_metadata", ""))

        def tell(sentence: str) -> None:
            desk.writer.post(actor.user_id, say(sentence))

        desk.deciding_crew.submit(
            "breaking the glass",
            lambda: decide(desk, actor, request_id, Wish.BREAK_GLASS, tell=tell, note=reason),
            tell,
        )


def _key(desk: Desk, body: Payload, view: Payload) -> str | None:
    return desk.arn_for(actor_of(body), str(view.get("private_metadata", "")))


def _handles(view: Payload) -> list[str]:
    """The handles of the keys that were chosen."""
    chosen = view["state"]["values"][KEYS_BLOCK][KEYS_INPUT].get("selected_options") or ()
    return [str(option["value"]) for option in chosen]


def _is_all(view: Payload) -> bool:
    return bool(view["state"]["values"][ALL_BLOCK][ALL_INPUT].get("selected_options"))


def _chosen(desk: Desk, body: Payload, view: Payload) -> list[str | None]:
    """The keys that were chosen, all that were offered, or all that the list holds by now."""
    offered = str(view.get("private_metadata", ""))
    if _is_all(view) and offered.startswith("{"):
        return _whole_list(desk, body, offered)
    handles = offered.split()[:MOST_CHOICES] if _is_all(view) else _handles(view)
    return [desk.arn_for(actor_of(body), each) for each in handles]


def _whole_list(desk: Desk, body: Payload, value: str) -> list[str | None]:
    sight = desk.sight(actor_of(body))
    try:
        page = desk.listing.page(Filter.parse(read_turn(value)[0]).seen_by(sight), 1, MOST_AT_ONCE)
    except (ValueError, BadFilterError):
        return []
    return [] if page is None else [key.arn for key in page.keys if key.arn not in page.requests]


def _submitted(desk: Desk, ack: Any, body: Payload, view: Payload, keys: Keys) -> None:  # noqa: ANN401 - Bolt's
    values = view["state"]["values"]
    try:
        days = read_period(values[PERIOD_BLOCK][PERIOD_INPUT]["value"], desk.asking.policy.max_rotation_period_days)
    except BadPeriodError as error:
        ack(response_action="errors", errors={PERIOD_BLOCK: str(error)})
        return
    _ask(desk, ack, body, view, keys, terms=Terms(days, _reason(view)))


def _reason(view: Payload) -> str:
    return str(view["state"]["values"][REASON_BLOCK][REASON_INPUT].get("value") or "").strip()


def _ask(desk: Desk, ack: Any, body: Payload, view: Payload, keys: Keys, *, terms: Terms) -> None:  # noqa: ANN401 - Bolt's
    """Ack at once, look the keys up, read them and ask; tell in the modal what came of it."""
    ack(response_action="update", view=asking(terms.kind))
    view_id, view_hash = str(view["id"]), str(view["hash"])

    def decline(sentence: str) -> None:
        """Say so in the modal, or where that was closed meanwhile in a direct message."""
        if desk.writer.update_submitted(view_id, view_hash, declined(sentence, terms.kind)) is not None:
            desk.writer.post(actor_of(body).user_id, say(sentence))

    def task() -> None:
        came = desk.asking.ask(actor_of(body), tuple(keys()), terms)
        desk.settle()
        home.again(desk, actor_of(body).user_id)
        if isinstance(came, Asked):
            desk.writer.update_submitted(view_id, view_hash, asked(came))
            if came.request.state is RequestState.APPROVED:
                desk.carry_out(came.request)
        else:
            decline(came.sentence)

    desk.looking.submit("asking", task, decline)
