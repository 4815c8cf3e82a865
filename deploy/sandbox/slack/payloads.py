"""Payloads in the shape in which Slack sends them. Source: docs.slack.dev/reference/interaction-payloads."""

from typing import Any

from deploy.sandbox.slack import modals
from deploy.sandbox.slack.form import KEYS
from deploy.sandbox.slack.people import Person
from deploy.sandbox.slack.state import ResponseUrl, State
from deploy.sandbox.slack.things import Json, Message, View


def slash_command(state: State, person: Person, command: str, text: str, channel: str) -> Json:
    name = state.channels[channel].name or "directmessage"
    return {
        "token": "sandbox-verification-token",
        "team_id": person.team_id,
        "team_domain": state.workspace.domain_of(person.team_id),
        "channel_id": channel,
        "channel_name": name,
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": state.workspace.app.id,
        "is_enterprise_install": "false",
        "response_url": new_response_url(state, person, channel, None),
        "trigger_id": state.new_trigger(person.id),
    }


def message_action(state: State, person: Person, message: Message, actions: list[Json]) -> Json:
    channel = state.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_for is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        "type": "block_actions",
        **_who(state, person),
        "container": container,
        "trigger_id": state.new_trigger(person.id),
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        "state": {"values": {block: dict(values) for block, values in message.values.items()}},
        "response_url": new_response_url(state, person, channel.id, message),
        "actions": actions,
    }
    if message.ephemeral_for is None:
        payload["message"] = message.as_slack(state.workspace.app.id, state.workspace.team_id)
    return payload


def view_action(state: State, person: Person, view: View, actions: list[Json]) -> Json:
    return {
        "type": "block_actions",
        **_who(state, person),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": state.new_trigger(person.id),
        "view": modals.as_slack(state, view),
        "actions": actions,
    }


def view_submission(state: State, person: Person, view: View) -> Json:
    return {
        "type": "view_submission",
        **_who(state, person),
        "trigger_id": state.new_trigger(person.id),
        "view": modals.as_slack(state, view),
        "response_urls": [],
    }


def view_closed(state: State, person: Person, view: View, *, is_cleared: bool) -> Json:
    return {
        "type": "view_closed",
        **_who(state, person),
        "view": modals.as_slack(state, view),
        "is_cleared": is_cleared,
    }


def home_opened(state: State, person: Person) -> Json:
    home = state.home(person.id)
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": state.direct_channel(person.id).id,
        "tab": "home",
        "event_ts": state.new_ts(),
    }
    if home is not None:
        event["view"] = modals.as_slack(state, home)
    return {
        "token": "sandbox-verification-token",
        "team_id": state.workspace.team_id,
        "api_app_id": state.workspace.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": state.new_id("Ev"),
        "event_time": int(state.clock.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": state.workspace.team_id,
                "user_id": state.workspace.app.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def action(state: State, block_id: str, element: Json, value: Any) -> Json:  # noqa: ANN401 - what a button carries, or what was entered
    """One entry of `actions`: the element, what was done to it, and when."""
    kind = element["type"]
    entry: Json = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": kind,
        "action_ts": state.new_ts(),
    }
    if kind == "button":
        entry["text"] = {"emoji": True, **element["text"]}
        if value is not None:
            entry["value"] = value
        if "style" in element:
            entry["style"] = element["style"]
        return entry
    key, initial = KEYS[kind]
    for extra in ("placeholder", initial):
        if extra and extra in element:
            entry[extra] = element[extra]
    return entry | {key: value[key]}


def new_response_url(state: State, person: Person, channel: str, original: Message | None) -> str:
    token = state.new_id("R")
    state.response_urls[token] = ResponseUrl(channel, person.id, state.clock.now(), original)
    return f"http://{state.address}/response/{token}"


def _who(state: State, person: Person) -> Json:
    return {
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": state.workspace.app.id,
        "token": "sandbox-verification-token",
        "team": {"id": person.team_id, "domain": state.workspace.domain_of(person.team_id)},
        "enterprise": None,
        "is_enterprise_install": False,
    }
