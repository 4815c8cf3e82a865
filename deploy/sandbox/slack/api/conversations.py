"""conversations.*: what the bot may know of channels and DMs."""

from deploy.sandbox.slack.api.arguments import flag, page, require_scope, required
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.people import Channel
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json

SCOPES = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}


def info(state: State, args: Json) -> Json:
    channel = state.channel(required(args, "channel"))
    require_scope(state, SCOPES[_kind(channel)])
    return {"channel": conversation(state, channel)}


def list_(state: State, args: Json) -> Json:
    """Errors: `invalid_types`, and `missing_scope` for a type that the bot may not see."""
    kinds = str(args.get("types") or "public_channel").split(",")
    for kind in kinds:
        if kind not in SCOPES:
            raise SlackError("invalid_types")
        require_scope(state, SCOPES[kind])
    bot = state.workspace.app.bot_user
    seen = [
        conversation(state, channel)
        for channel in state.channels.values()
        if _kind(channel) in kinds
        and (bot in channel.members or not channel.is_private)
        and not (channel.is_archived and flag(args, "exclude_archived", default=False))
    ]
    channels, cursor = page(seen, args, default=100, most=1000)
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def members(state: State, args: Json) -> Json:
    channel = state.channel(required(args, "channel"))
    require_scope(state, SCOPES[_kind(channel)])
    found, cursor = page([{"id": member} for member in sorted(channel.members)], args, default=100, most=1000)
    return {"members": [member["id"] for member in found], "response_metadata": {"next_cursor": cursor}}


def open_(state: State, args: Json) -> Json:
    """A DM with one person. Errors: `users_list_not_supplied`, `user_not_found`, `user_disabled`."""
    users = [user for user in str(args.get("users") or "").split(",") if user]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        require_scope(state, "mpim:write")
        raise SlackError("method_not_supported_for_channel_type")
    person = state.person(users[0])
    if person.deleted:
        raise SlackError("user_disabled")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    channel = state.direct_channel(person.id)
    short = {"id": channel.id}
    return {"channel": conversation(state, channel) if flag(args, "return_im", default=False) else short}


def conversation(state: State, channel: Channel) -> Json:
    bot = state.workspace.app.bot_user
    body: Json = {
        "id": channel.id,
        "is_im": channel.is_im,
        "is_archived": channel.is_archived,
        "is_private": channel.is_private,
        "created": 1_700_000_000,
        "context_team_id": state.workspace.team_id,
    }
    if channel.is_im:
        return body | {"user": channel.im_user, "is_user_deleted": state.people[str(channel.im_user)].deleted}
    return body | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_mpim": False,
        "is_general": channel.name == "general",
        "is_member": bot in channel.members,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_read_only": channel.is_read_only,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"
