"""People and channels for tests: `server.person("U0MARA").slash("/kms-rotation status", channel="C0SECURITY")`."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from deploy.sandbox.slack import acting
from deploy.sandbox.slack.acting import Wanted
from deploy.sandbox.slack.delivery import Delivery
from deploy.sandbox.slack.errors import CannotDoThatError
from deploy.sandbox.slack.people import Person
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json, Message, Notice, View


class Room:
    """A channel or DM, as it is now."""

    def __init__(self, state: State, channel: str) -> None:
        self._state = state
        self.id = channel

    @property
    def messages(self) -> list[Message]:
        """Everything that all members see, replies among it, the oldest first."""
        with self._state.lock:
            return [m for m in _in_order(self._state, self.id) if m.ephemeral_for is None]

    @property
    def roots(self) -> list[Message]:
        return [message for message in self.messages if message.thread_ts is None]

    def thread(self, ts: str) -> list[Message]:
        """The replies to a message."""
        return [message for message in self.messages if message.thread_ts == ts]

    def message(self, ts: str) -> Message:
        """Errors: KeyError where it is not there any more."""
        with self._state.lock:
            return self._state.messages[self.id][ts]


class Actor:
    """One person at their Slack. Acts wait for the bot's ack (or Slack's giving up) unless `wait=False`.

    `where` is a message, its ts, a view or its id. What Slack's client would not offer raises CannotDoThatError.
    """

    def __init__(self, state: State, user: str, send: Callable[[Delivery, bool], Delivery]) -> None:
        if user not in state.people:
            raise KeyError(user)
        self._state = state
        self._send = send
        self.id = user

    @property
    def profile(self) -> Person:
        return self._state.people[self.id]

    def slash(self, line: str, channel: str, *, wait: bool = True) -> Delivery:
        return self._send(acting.slash(self._state, self.id, line, channel), wait)

    def click(
        self,
        where: str | Message | View,
        *,
        action_id: str | None = None,
        text: str | None = None,
        value: str | None = None,
        block_id: str | None = None,
        channel: str | None = None,
        forged_value: str | None = None,
        deny: bool = False,
        wait: bool = True,
    ) -> Delivery | None:
        """Click a button, and confirm where it asks. `deny` answers the question with no: nothing is sent.

        `forged_value` sends another value than the button has, as a tampered client could.
        """
        wanted = Wanted(action_id, text, value, block_id)
        return self._act(where, wanted, channel, forged_value, deny=deny, wait=wait)

    def choose(
        self,
        where: str | Message | View,
        option: Any,  # noqa: ANN401 - an option's value or label, an id, a date, or a list of them
        *,
        action_id: str | None = None,
        block_id: str | None = None,
        channel: str | None = None,
        deny: bool = False,
        wait: bool = True,
    ) -> Delivery | None:
        """Choose from a select, an overflow menu, a date picker. None where only the submission sends it."""
        return self._act(where, Wanted(action_id, block_id=block_id), channel, option, deny=deny, wait=wait)

    def click_stale(
        self, old: Message, *, action_id: str | None = None, text: str | None = None, wait: bool = True
    ) -> Delivery:
        """Click in a message as it once was, as a client does that has not caught up."""
        found = acting.find_element(old.blocks, Wanted(action_id, text))
        return self._send(acting.on_message(self._state, self.id, old, found, None), wait)

    def replay(self, payload: Json, *, kind: str = "interactive", wait: bool = True) -> Delivery:
        """Send a payload once more, or one that was made up, letter for letter."""
        return self._send(Delivery(kind, deepcopy(payload), self.id), wait)

    def submit(
        self, view: str | View, values: Mapping[str, Mapping[str, Any]] | None = None, *, wait: bool = True
    ) -> Delivery | None:
        """Fill in and submit. None where Slack's client refuses the form; its complaints are in `modal.errors`."""
        view_id = view if isinstance(view, str) else view.id
        delivery = acting.submit(self._state, self.id, view_id, values or {})
        return self._send(delivery, wait) if delivery else None

    def close(self, view: str | View, *, all_of_them: bool = False, wait: bool = True) -> Delivery | None:
        """Cancel the topmost modal, or with `all_of_them` the whole stack."""
        view_id = view if isinstance(view, str) else view.id
        delivery = acting.close(self._state, self.id, view_id, all_of_them=all_of_them)
        return self._send(delivery, wait) if delivery else None

    def open_home(self, *, wait: bool = True) -> Delivery:
        return self._send(acting.open_home(self._state, self.id), wait)

    @property
    def home(self) -> View | None:
        with self._state.lock:
            return self._state.home(self.id)

    @property
    def modals(self) -> list[View]:
        """The open modals, the topmost last."""
        with self._state.lock:
            return self._state.stack(self.id)

    @property
    def modal(self) -> View:
        """The topmost modal. Errors: CannotDoThatError where none is open."""
        stack = self.modals
        if not stack:
            raise CannotDoThatError(f"{self.id} has no modal open")
        return stack[-1]

    @property
    def ephemerals(self) -> list[Message]:
        """What only this person is shown, in all channels, the oldest first."""
        with self._state.lock:
            mine = [m for room in self._state.messages.values() for m in room.values() if m.ephemeral_for == self.id]
        return sorted(mine, key=lambda message: message.ts)

    @property
    def direct_messages(self) -> list[Message]:
        with self._state.lock:
            rooms = [channel.id for channel in self._state.channels.values() if channel.im_user == self.id]
            return [message for room in rooms for message in _in_order(self._state, room)]

    @property
    def notices(self) -> list[Notice]:
        """What Slack itself told this person, such as `operation_timeout`."""
        with self._state.lock:
            return [notice for notice in self._state.notices if notice.user == self.id]

    def _act(
        self,
        where: str | Message | View,
        wanted: Wanted,
        channel: str | None,
        value: Any,  # noqa: ANN401 - as in `choose`
        *,
        deny: bool,
        wait: bool,
    ) -> Delivery | None:
        with self._state.lock:
            name = where if isinstance(where, str) else where.ts if isinstance(where, Message) else where.id
            delivery: Delivery | None
            if isinstance(where, View) or name in self._state.views:
                view = acting.open_view(self._state, self.id, name)
                found = acting.find_element(view.blocks, wanted)
                if deny and "confirm" in found.element:
                    return None
                delivery = acting.on_view(self._state, self.id, view, found, value)
            else:
                room = where.channel if isinstance(where, Message) else channel
                message = acting.visible_message(self._state, self.id, name, room)
                found = acting.find_element(message.blocks, wanted)
                if deny and "confirm" in found.element:
                    return None
                delivery = acting.on_message(self._state, self.id, message, found, value)
        return self._send(delivery, wait) if delivery else None


def _in_order(state: State, channel: str) -> list[Message]:
    return sorted(state.messages.get(channel, {}).values(), key=lambda message: message.ts)
