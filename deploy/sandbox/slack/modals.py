"""The stack of modals and the Home tab of each person."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.form import initial_values
from deploy.sandbox.slack.posting import with_ids
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json, View

DEPTH = 3


def open_root(state: State, user: str, body: Json) -> View:
    with state.change():
        _forget(state, user)
        view = _new(state, user, body, None)
        state.modals[user] = [view.id]
        return view


def push(state: State, user: str, body: Json) -> View:
    """Errors: `push_limit_reached`: the root and two more are all."""
    with state.change():
        stack = state.stack(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= DEPTH:
            raise SlackError("push_limit_reached")
        view = _new(state, user, body, stack[-1])
        state.modals[user].append(view.id)
        return view


def find(state: State, view_id: str | None, external_id: str | None) -> View:
    """Errors: `not_found`: closed views are gone."""
    for view in state.views.values():
        if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
            return view
    raise SlackError("not_found")


def replace_body(state: State, view: View, body: Json) -> View:
    """A new version of the view; what was typed into blocks that keep their names is kept."""
    with state.change():
        named = _named(state, body)
        values = _kept(view.values, named)
        new = replace(view, body=named, hash=_hash(state), values=values, errors={}, trouble="")
        state.views[view.id] = new
        return new


def publish(state: State, user: str, body: Json) -> View:
    with state.change():
        old = state.home(user)
        view = _new(state, user, body, None, view_id=old.id if old else None)
        state.homes[user] = view.id
        return view


def close(state: State, view: View) -> None:
    """Close the topmost view; the one below is shown again."""
    with state.change():
        stack = state.modals.get(view.user, [])
        if view.id in stack:
            stack.remove(view.id)
        state.views.pop(view.id, None)


def close_all(state: State, user: str) -> None:
    with state.change():
        _forget(state, user)


def tell(state: State, view: View, errors: Mapping[str, str], trouble: str = "") -> None:
    """Show errors beside the inputs, or one sentence of trouble, in a modal that stays open."""
    with state.change():
        if view.id in state.views:
            state.views[view.id] = replace(state.views[view.id], errors=errors, trouble=trouble)


def fill(state: State, view: View, values: Mapping[str, Json]) -> View:
    """What the person has entered so far."""
    with state.change():
        state.views[view.id] = replace(view, values=values)
        return state.views[view.id]


def as_slack(state: State, view: View) -> Json:
    body = view.body
    app = state.workspace.app
    return {
        "id": view.id,
        "team_id": state.workspace.team_id,
        "type": view.type,
        "blocks": list(view.blocks),
        "private_metadata": view.private_metadata,
        "callback_id": view.callback_id,
        "state": {"values": {block: dict(actions) for block, actions in view.values.items()}},
        "hash": view.hash,
        "title": body.get("title"),
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": app.id,
        "external_id": body.get("external_id") or "",
        "app_installed_team_id": state.workspace.team_id,
        "bot_id": app.bot_id,
    }


def _new(state: State, user: str, body: Json, below: View | None, view_id: str | None = None) -> View:
    external = body.get("external_id")
    if external and any(v.body.get("external_id") == external and v.id != view_id for v in state.views.values()):
        raise SlackError("duplicate_external_id")
    identity = view_id or state.new_id("V")
    named = _named(state, body)
    root = below.root_view_id if below else identity
    view = View(
        identity,
        user,
        _hash(state),
        named,
        root,
        below.id if below else None,
        {block: actions for block, actions in initial_values(named["blocks"]).items() if actions},
    )
    state.views[identity] = view
    return view


def _named(state: State, body: Json) -> Json:
    return {**body, "blocks": list(with_ids(state, body["blocks"]))}


def _kept(values: Mapping[str, Json], body: Json) -> dict[str, Any]:
    fresh = initial_values(body["blocks"])
    for block, actions in fresh.items():
        for action in actions:
            if action in values.get(block, {}):
                actions[action] = values[block][action]
    return fresh


def _hash(state: State) -> str:
    return f"{int(state.clock.now())}.{state.new_id('h')}"


def _forget(state: State, user: str) -> None:
    for view_id in state.modals.pop(user, []):
        state.views.pop(view_id, None)
