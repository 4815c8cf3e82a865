"""Putting messages into channels: what chat.*, an ack with a payload and a response_url have in common."""

from dataclasses import replace
from typing import Any

from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.people import Channel
from deploy.sandbox.slack.pictures import require_pictures
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json, Message
from deploy.sandbox.slack.validation import blocks_for_message

POST_TEXT = 40_000
UPDATE_TEXT = 4_000


def content(state: State, args: Json) -> tuple[str, tuple[Json, ...]]:
    """The text and the checked blocks. Errors: `no_text`, `invalid_blocks`, `msg_blocks_too_long`."""
    text, raw = args.get("text") or "", args.get("blocks")
    if not isinstance(text, str):
        raise SlackError("invalid_arguments", ["[ERROR] must be a string [json-pointer:/text]"])
    checked = blocks_for_message(raw) if raw else []
    require_pictures(state, checked, "/blocks", "invalid_blocks")
    blocks = with_ids(state, checked)
    if not text and not blocks:
        raise SlackError("no_text")
    return text, blocks


def with_ids(state: State, blocks: list[Json]) -> tuple[Json, ...]:
    """Slack names every block and every element that came without a name."""
    return tuple(_with_ids(state, block) for block in blocks)


def _with_ids(state: State, block: Json) -> Json:
    named = {**block, "block_id": block.get("block_id") or state.new_id("b")}
    for place in ("accessory", "element"):
        if place in named:
            named[place] = _with_action_id(state, named[place])
    if named["type"] == "actions":
        named["elements"] = [_with_action_id(state, element) for element in named["elements"]]
    return named


def _with_action_id(state: State, element: Json) -> Json:
    if element["type"] == "image":
        return element
    return {**element, "action_id": element.get("action_id") or state.new_id("a")}


def from_bot(state: State, channel: str, text: str, blocks: tuple[Json, ...], **more: Any) -> Message:  # noqa: ANN401 - whatever Message has
    app = state.workspace.app
    message = Message(channel, state.new_ts(), app.bot_user, text, blocks, bot_id=app.bot_id, **more)
    state.put_message(message)
    return message


def edit(state: State, message: Message, text: str, blocks: tuple[Json, ...], **more: Any) -> Message:  # noqa: ANN401 - whatever Message has
    changed = replace(message, text=text, blocks=blocks, edited=state.new_ts(), values={}, **more)
    state.put_message(changed)
    return changed


def require_open(state: State, channel: Channel) -> None:
    """Errors: `is_archived`, `not_in_channel`, `restricted_action_read_only_channel`."""
    if channel.is_archived:
        raise SlackError("is_archived")
    if state.workspace.app.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    if channel.is_read_only:
        raise SlackError("restricted_action_read_only_channel")
