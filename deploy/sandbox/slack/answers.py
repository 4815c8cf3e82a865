"""What an ack does: a message that answers a command, the next step of a modal, or Slack's words for none."""

from collections.abc import Callable

from deploy.sandbox.slack import modals
from deploy.sandbox.slack.delivery import Delivery, Outcome
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.posting import content, from_bot
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json, View
from deploy.sandbox.slack.validation import view as checked

TROUBLE = "We had some trouble connecting. Try again?"


def settle(state: State, delivery: Delivery) -> None:
    """Called once for each delivery, with the lock held."""
    kind = delivery.payload.get("type", delivery.kind)
    if kind == "view_submission":
        _submission(state, delivery)
    elif delivery.kind == "slash_commands":
        _command(state, delivery)
    elif kind == "block_actions" and delivery.outcome is not Outcome.ACKED:
        state.notice(delivery.user, delivery.outcome, "This app did not respond. Try again?")


def _command(state: State, delivery: Delivery) -> None:
    payload = delivery.payload
    if delivery.outcome is not Outcome.ACKED:
        _command_failed(state, delivery, delivery.outcome)
    elif delivery.answer:
        try:
            answer(state, payload["channel_id"], delivery.user, delivery.answer)
        except SlackError:
            _command_failed(state, delivery, "invalid_command_response")


def _command_failed(state: State, delivery: Delivery, code: str) -> None:
    state.notice(delivery.user, code, f"{delivery.payload['command']} failed with the error “{code}”")


def answer(state: State, channel: str, user: str, body: Json) -> str:
    """A message as an answer: to the person alone, unless it says `in_channel`. Returns its ts."""
    text, blocks = content(state, body)
    visible_to = None if body.get("response_type") == "in_channel" else user
    thread_ts = body.get("thread_ts") or None
    return from_bot(state, channel, text, blocks, ephemeral_for=visible_to, thread_ts=thread_ts).ts


def _submission(state: State, delivery: Delivery) -> None:
    view = state.views.get(delivery.payload["view"]["id"])
    if view is None:
        return
    if delivery.outcome is not Outcome.ACKED:
        modals.tell(state, view, {}, TROUBLE)
        state.notice(delivery.user, delivery.outcome, TROUBLE)
        return
    body = delivery.answer or {}
    step = STEPS.get(str(body.get("response_action") or ""), _unknown) if body else _close
    try:
        step(state, view, body)
    except SlackError as error:
        modals.tell(state, view, {}, TROUBLE)
        state.notice(delivery.user, error.code, f"{TROUBLE} {' '.join(error.messages)}".strip())


def _unknown(_state: State, _view: View, body: Json) -> None:
    raise SlackError("invalid_response_action", [str(body.get("response_action"))])


def _close(state: State, view: View, _body: Json) -> None:
    modals.close(state, view)


def _errors(state: State, view: View, body: Json) -> None:
    """Errors: `invalid_errors` where one names a block that is no input block of this view."""
    errors = body.get("errors")
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors", [f"errors must name input blocks: {', '.join(sorted(inputs))}"])
    if not all(isinstance(sentence, str) and sentence for sentence in errors.values()):
        raise SlackError("invalid_errors", ["errors must be sentences"])
    modals.tell(state, view, errors)


def _update(state: State, view: View, body: Json) -> None:
    modals.replace_body(state, view, checked(body.get("view"), "modal"))


def _push(state: State, view: View, body: Json) -> None:
    modals.push(state, view.user, checked(body.get("view"), "modal"))


def _clear(state: State, view: View, _body: Json) -> None:
    modals.close_all(state, view.user)


STEPS: dict[str, Callable[[State, View, Json], None]] = {
    "errors": _errors, "update": _update, "push": _push, "clear": _clear,
}  # fmt: skip
