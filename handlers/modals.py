"""The modal behind “Enable rotation”, submitted."""

from typing import Any

from bot.models.asking import Asked
from bot.rules.period import BadPeriodError, read_period
from bot.views.ask import asked, asking, declined
from bot.views.names import ASK_MODAL, PERIOD_BLOCK, PERIOD_INPUT, REASON_BLOCK, REASON_INPUT
from bot.views.notice import say
from handlers.desk import Desk, Payload, actor_of


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.view(ASK_MODAL)  # type: ignore[untyped-decorator]
    def submitted(ack: Any, body: Payload, view: Payload) -> None:  # noqa: ANN401 - Bolt's
        values = view["state"]["values"]
        try:
            days = read_period(values[PERIOD_BLOCK][PERIOD_INPUT]["value"], desk.asking.policy.max_rotation_period_days)
        except BadPeriodError as error:
            ack(response_action="errors", errors={PERIOD_BLOCK: str(error)})
            return
        ack(response_action="update", view=asking())
        reason = str(values[REASON_BLOCK][REASON_INPUT].get("value") or "").strip()
        view_id, view_hash, handle = str(view["id"]), str(view["hash"]), str(view.get("private_metadata", ""))

        def decline(sentence: str) -> None:
            """Say so in the modal, or where that was closed meanwhile in a direct message."""
            if desk.writer.update_submitted(view_id, view_hash, declined(sentence)) is not None:
                desk.writer.post(actor_of(body).user_id, say(sentence))

        def task() -> None:
            came = desk.asking.ask(actor_of(body), desk.handles.arn(handle), days, reason)
            desk.settle()
            if isinstance(came, Asked):
                desk.writer.update_submitted(view_id, view_hash, asked(came))
            else:
                decline(came.sentence)

        desk.looking.submit("asking", task, decline)
