"""chat.*: messages posted, changed, deleted."""

from deploy.sandbox.slack.api.arguments import as_json, flag, required
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.people import Channel
from deploy.sandbox.slack.posting import POST_TEXT, UPDATE_TEXT, content, edit, from_bot, require_open
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json, Message


def post_message(state: State, args: Json) -> Json:
    """A text over 40,000 characters is cut, as Slack cuts it. A person's id posts into their DM.

    Errors: `channel_not_found`, `not_in_channel`, `is_archived`, `no_text`, and those of the blocks.
    """
    channel = _target(state, required(args, "channel"))
    require_open(state, channel)
    text, blocks = content(state, args)
    message = from_bot(
        state,
        channel.id,
        text[:POST_TEXT],
        blocks,
        thread_ts=_thread(state, channel, args),
        metadata=_metadata(args),
        unfurl_links=flag(args, "unfurl_links", default=False),
        unfurl_media=flag(args, "unfurl_media", default=True),
    )
    return {"channel": channel.id, "ts": message.ts, "message": _told(state, message)}


def post_ephemeral(state: State, args: Json) -> Json:
    """Errors: those of `chat.postMessage`, and `user_not_in_channel`."""
    channel = _target(state, required(args, "channel"))
    user = required(args, "user")
    require_open(state, channel)
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = content(state, args)
    thread_ts = _thread(state, channel, args)
    message = from_bot(state, channel.id, text[:POST_TEXT], blocks, thread_ts=thread_ts, ephemeral_for=user)
    return {"message_ts": message.ts}


def update(state: State, args: Json) -> Json:
    """A text without blocks takes the blocks away; blocks without a text leave the text.

    Errors: `message_not_found`, `cant_update_message`, `msg_too_long` over 4000 characters.
    """
    message = _own(state, args, "cant_update_message")
    text, blocks = _changed(state, message, args)
    metadata = _metadata(args) or message.metadata
    changed = edit(state, message, text, blocks, metadata=metadata)
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": _told(state, changed)}


def delete(state: State, args: Json) -> Json:
    """Errors: `message_not_found`, `cant_delete_message`."""
    message = _own(state, args, "cant_delete_message")
    state.drop_message(message.channel, message.ts)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(state: State, args: Json) -> Json:
    channel = state.channel(required(args, "channel"))
    message = state.message(channel.id, required(args, "message_ts"))
    link = f"https://{state.workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _target(state: State, name: str) -> Channel:
    if name in state.people:
        if name == state.workspace.app.bot_user or state.people[name].deleted:
            raise SlackError("channel_not_found")
        return state.direct_channel(name)
    return state.channel(name)


def _thread(state: State, channel: Channel, args: Json) -> str | None:
    ts = args.get("thread_ts")
    if not ts:
        return None
    parent = state.messages[channel.id].get(str(ts))
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _metadata(args: Json) -> Json | None:
    """Errors: `invalid_metadata_format` where it is no event_type with an event_payload."""
    metadata = as_json(args.get("metadata"))
    if metadata in (None, "", {}):
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return metadata


def _own(state: State, args: Json, error: str) -> Message:
    channel = state.channel(required(args, "channel"))
    message = state.message(channel.id, required(args, "ts"))
    if message.ephemeral_for:
        raise SlackError("message_not_found")
    if message.bot_id != state.workspace.app.bot_id:
        raise SlackError(error)
    if channel.is_archived:
        raise SlackError("is_archived")
    return message


def _changed(state: State, message: Message, args: Json) -> tuple[str, tuple[Json, ...]]:
    text, blocks = content(state, args)
    if len(text) > UPDATE_TEXT:
        raise SlackError("msg_too_long")
    return text or message.text, blocks


def _told(state: State, message: Message) -> Json:
    return message.as_slack(state.workspace.app.id, state.workspace.team_id)
