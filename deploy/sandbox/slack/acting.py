"""What a person does in Slack, as far as Slack's client lets them, and the payload that comes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from deploy.sandbox.slack import modals, payloads
from deploy.sandbox.slack.delivery import Delivery
from deploy.sandbox.slack.errors import CannotDoThatError
from deploy.sandbox.slack.form import complaint, entered
from deploy.sandbox.slack.people import Person
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json, Message, View, interactive


@dataclass(frozen=True)
class Wanted:
    """Which element is meant. `action_id` may be a shell wildcard; `text` is a button's label."""

    action_id: str | None = None
    text: str | None = None
    value: str | None = None
    block_id: str | None = None

    def means(self, block: Json, element: Json) -> bool:
        label = (element.get("text") or element.get("placeholder") or {}).get("text")
        return (
            (self.action_id is None or fnmatchcase(element["action_id"], self.action_id))
            and (self.text is None or label == self.text)
            and (self.value is None or element.get("value") == self.value)
            and (self.block_id is None or block["block_id"] == self.block_id)
        )


@dataclass(frozen=True)
class Found:
    block: Json
    element: Json

    def __str__(self) -> str:
        label = self.element.get("text", {}).get("text", "")
        return f"{self.element['type']} {self.element['action_id']} {label!r} {self.element.get('value', '')}".strip()


def present(state: State, user: str) -> Person:
    """Errors: CannotDoThatError for somebody who has left, or a bot."""
    person = state.people[user]
    if person.deleted or person.is_bot:
        raise CannotDoThatError(f"{person.real_name} cannot use Slack any more")
    return person


def _require_membership(state: State, user: str, channel: str) -> None:
    if channel not in state.channels or user not in state.channels[channel].members:
        raise CannotDoThatError(f"{user} is not in {channel}")


def can_see(state: State, user: str, message: Message) -> bool:
    channel = state.channels[message.channel]
    return user in channel.members and message.ephemeral_for in (None, user)


def visible_message(state: State, user: str, ts: str, channel: str | None) -> Message:
    """Errors: CannotDoThatError where this person is shown no such message."""
    for room in (channel,) if channel else tuple(state.messages):
        message = state.messages.get(room, {}).get(ts)
        if message is not None and can_see(state, user, message):
            return message
    raise CannotDoThatError(f"{user} sees no message {ts} in {channel or 'any channel'}")


def open_view(state: State, user: str, view_id: str) -> View:
    """The topmost modal, or the Home tab. Errors: CannotDoThatError for any other view."""
    stack = state.modals.get(user, [])
    if view_id == state.homes.get(user) or stack[-1:] == [view_id]:
        return state.views[view_id]
    raise CannotDoThatError(f"{user} has no view {view_id} in front of them; open: {stack}")


def find_element(blocks: tuple[Json, ...], wanted: Wanted) -> Found:
    """Errors: CannotDoThatError where there is none, or more than one."""
    everything = [Found(block, element) for block in blocks for _, element in interactive(block)]
    fitting = [found for found in everything if wanted.means(found.block, found.element)]
    if len(fitting) != 1:
        offered = "\n  ".join(map(str, everything)) or "nothing to act on"
        raise CannotDoThatError(f"{len(fitting)} elements fit {wanted}; there are:\n  {offered}")
    return fitting[0]


def slash(state: State, user: str, line: str, channel: str) -> Delivery:
    """Errors: CannotDoThatError for a command that no app has, or a stranger, or a channel they are not in."""
    person = present(state, user)
    command, _, text = line.partition(" ")
    _require_membership(state, user, channel)
    if command not in state.workspace.app.commands:
        raise CannotDoThatError(f"{command} is not a valid command")
    if person.team_id != state.workspace.team_id:
        raise CannotDoThatError(f"{person.real_name} is of another workspace, where the app is not installed")
    with state.change():
        return Delivery(
            "slash_commands", payloads.slash_command(state, person, command, text.strip(), channel), person.id
        )


def say(state: State, user: str, channel: str, text: str) -> Message:
    """A person's own message. The app hears nothing of it: it has no history scopes."""
    present(state, user)
    _require_membership(state, user, channel)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    message = Message(channel, state.new_ts(), user, escaped)
    state.put_message(message)
    return message


def on_message(state: State, user: str, message: Message, found: Found, value: Any) -> Delivery:  # noqa: ANN401 - what a button carries, or what was chosen
    person = present(state, user)
    with state.change():
        given = _given(found, value)
        if found.element["type"] not in {"button", "overflow"}:
            kept = _with(message.values, found, given)
            message = replace(message, values=kept)
            if state.messages[message.channel].get(message.ts):
                state.messages[message.channel][message.ts] = replace(
                    state.messages[message.channel][message.ts], values=kept
                )
        action = payloads.action(state, found.block["block_id"], found.element, given)
        payload = payloads.message_action(state, person, message, [action])
        return Delivery("interactive", payload, user, found.element.get("confirm"))


def on_view(state: State, user: str, view: View, found: Found, value: Any) -> Delivery | None:  # noqa: ANN401 - as above
    """None where the element is an input that only the submission sends."""
    person = present(state, user)
    with state.change():
        given = _given(found, value)
        if found.element["type"] not in {"button", "overflow"}:
            view = modals.fill(state, view, _with(view.values, found, given))
        if found.block["type"] == "input" and not found.block.get("dispatch_action"):
            return None
        action = payloads.action(state, found.block["block_id"], found.element, given)
        payload = payloads.view_action(state, person, view, [action])
        return Delivery("interactive", payload, user, found.element.get("confirm"))


def submit(state: State, user: str, view_id: str, values: Mapping[str, Mapping[str, Any]]) -> Delivery | None:
    """None where Slack's client finds the form incomplete: it says so beside the input and sends nothing.

    Errors: CannotDoThatError for a modal without a submit button, or an input or option that it does not have.
    """
    person = present(state, user)
    with state.change():
        view = open_view(state, user, view_id)
        if not view.body.get("submit"):
            raise CannotDoThatError(f"{view.title!r} has nothing to submit")
        view = _filled(state, view, values)
        complaints = _complaints(view)
        modals.tell(state, view, complaints)
        if complaints:
            return None
        return Delivery("interactive", payloads.view_submission(state, person, view), user)


def fill(state: State, user: str, view_id: str, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Enter something without sending it; the next payload of this view carries it."""
    present(state, user)
    with state.change():
        _filled(state, open_view(state, user, view_id), values)


def close(state: State, user: str, view_id: str, *, all_of_them: bool) -> Delivery | None:
    """The bot is told only where the view asked for it with `notify_on_close`."""
    person = present(state, user)
    with state.change():
        view = open_view(state, user, view_id)
        clears = all_of_them or bool(view.body.get("clear_on_close"))
        payload = payloads.view_closed(state, person, view, is_cleared=clears)
        if clears:
            modals.close_all(state, user)
        else:
            modals.close(state, view)
        return Delivery("interactive", payload, user) if view.body.get("notify_on_close") else None


def open_home(state: State, user: str) -> Delivery:
    """Errors: CannotDoThatError for a stranger, who has no such app."""
    person = present(state, user)
    if person.team_id != state.workspace.team_id:
        raise CannotDoThatError(f"{person.real_name} is of another workspace, where the app is not installed")
    with state.change():
        return Delivery("events_api", payloads.home_opened(state, person), user)


def _given(found: Found, value: Any) -> Any:  # noqa: ANN401 - what a button carries, or what was chosen
    if found.element["type"] == "button":
        return found.element.get("value") if value is None else value
    return entered(found.element, value)


def _with(values: Mapping[str, Json], found: Found, given: Json) -> dict[str, Json]:
    block_id = found.block["block_id"]
    return {**values, block_id: {**values.get(block_id, {}), found.element["action_id"]: given}}


def _filled(state: State, view: View, values: Mapping[str, Mapping[str, Any]]) -> View:
    """Errors: CannotDoThatError for an input or option that the view does not have."""
    for block_id, action_id, value in _flat(values):
        found = find_element(view.blocks, Wanted(action_id=action_id, block_id=block_id))
        view = modals.fill(state, view, _with(view.values, found, entered(found.element, value)))
    return view


def _flat(values: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    for block_id, actions in values.items():
        for action_id, value in actions.items():
            yield block_id, action_id, value


def _complaints(view: View) -> dict[str, str]:
    found = {
        block["block_id"]: complaint(block, view.values[block["block_id"]][block["element"]["action_id"]])
        for block in view.blocks
        if block["type"] == "input"
    }
    return {block_id: sentence for block_id, sentence in found.items() if sentence}
