"""All that the server holds, behind one lock; whoever waits for a change is woken by it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import count
from threading import RLock
from typing import Any
from uuid import uuid4

from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.manifest import manifest
from deploy.sandbox.slack.people import Channel, Group, Person
from deploy.sandbox.slack.things import File, Json, Message, Notice, View
from deploy.sandbox.slack.wakeup import Wakeup
from deploy.sandbox.slack.workspace import Workspace

TRIGGER_SECONDS = 3.0


@dataclass
class Trigger:
    """Leave to open a modal: once, within 3 seconds, for the person who acted."""

    user: str
    made_at: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Leave to answer one act: 5 times in 30 minutes."""

    channel: str
    user: str
    made_at: float
    original: Message | None = None
    uses: int = 0


@dataclass(frozen=True)
class ApiCall:
    """One call of the Web API, as it came and as it was answered."""

    method: str
    args: Json
    answer: Json
    status: int
    at: float


@dataclass
class State:
    """Reads and writes happen inside `with state.lock:`; `change()` tells whoever waits.

    `is_revoked` says that the app was removed from the workspace. `trigger_seconds` is how long a trigger is good for,
    `file_seconds` how long Slack takes to look through what is uploaded. `read` says how far each person has read each
    channel. `run` names this one server: whoever hears another name has found one that was started anew.
    """

    workspace: Workspace
    clock: Clock
    free_plan: bool = False
    lock: RLock = field(default_factory=RLock)
    people: dict[str, Person] = field(init=False)
    groups: dict[str, Group] = field(init=False)
    channels: dict[str, Channel] = field(init=False)
    messages: dict[str, dict[str, Message]] = field(init=False)
    views: dict[str, View] = field(default_factory=dict)
    modals: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    trigger_seconds: float = TRIGGER_SECONDS
    file_seconds: float = 0.0
    is_revoked: bool = False
    tickets: set[str] = field(default_factory=set)
    address: str = ""
    manifest: Json = field(default_factory=lambda: deepcopy(manifest()))
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    run: str = field(default_factory=lambda: uuid4().hex)
    calls: list[ApiCall] = field(default_factory=list)
    _serial: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.people = {person.id: person for person in self.workspace.people}
        self.groups = {group.id: group for group in self.workspace.groups}
        self.channels = {channel.id: channel for channel in self.workspace.channels}
        self.messages = {channel: {} for channel in self.channels}
        self.wakeup = Wakeup(self.lock)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock, and wake whoever waits for a change once it is made."""
        with self.lock:
            yield
            self.wakeup.pulse()

    def new_id(self, prefix: str) -> str:
        with self.lock:
            return f"{prefix}{next(self._serial):07d}"

    def new_ts(self) -> str:
        """A message's time and identity in one. It ends in a zero, so that whoever makes a float of it loses it."""
        with self.lock:
            return f"{int(self.clock.now())}.{next(self._serial):05d}0"

    def new_trigger(self, user: str) -> str:
        with self.lock:
            name = f"{self.new_id('7')}.{self.new_id('9')}.trigger"
            self.triggers[name] = Trigger(user, self.clock.now())
            return name

    def use_trigger(self, name: str) -> Trigger:
        """Errors: `invalid_trigger_id`, `exchanged_trigger_id` on the second use, `expired_trigger_id` after 3 s."""
        trigger = self.triggers.get(name)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock.now() - trigger.made_at > self.trigger_seconds:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def channel(self, name: str) -> Channel:
        """By id, or by `#name`. Errors: `channel_not_found`."""
        found = self.channels.get(name) or next(
            (channel for channel in self.channels.values() if name.startswith("#") and channel.name == name[1:]), None
        )
        if found is None or (found.is_private and self.workspace.app.bot_user not in found.members):
            raise SlackError("channel_not_found")
        return found

    def person(self, user: str) -> Person:
        """Errors: `user_not_found`."""
        if user not in self.people:
            raise SlackError("user_not_found")
        return self.people[user]

    def change_person(self, user: str, **fields: Any) -> None:  # noqa: ANN401 - whatever Person has
        """Make them a guest, let them leave: `change_person("U0JONAS", deleted=True)`."""
        with self.change():
            self.people[user] = replace(self.people[user], **fields)

    def change_channel(self, channel: str, **fields: Any) -> None:  # noqa: ANN401 - whatever Channel has
        """Archive it, put the bot out of it: `change_channel("C0SECURITY", is_archived=True)`."""
        with self.change():
            self.channels[channel] = replace(self.channels[channel], **fields)

    def change_group(self, group: str, users: tuple[str, ...]) -> None:
        with self.change():
            self.groups[group] = replace(self.groups[group], users=users)

    def disable_group(self, group: str) -> None:
        with self.change():
            self.groups[group] = replace(self.groups[group], is_disabled=True)

    def direct_channel(self, user: str) -> Channel:
        """The DM between the app and this person, made when first needed."""
        with self.lock:
            for channel in self.channels.values():
                if channel.im_user == user:
                    return channel
            members = frozenset({user, self.workspace.app.bot_user})
            channel = Channel("D" + user[1:], "", members, is_private=True, im_user=user)
            self.channels[channel.id] = channel
            self.messages[channel.id] = {}
            return channel

    def put_message(self, message: Message) -> None:
        with self.change():
            self.messages[message.channel][message.ts] = message

    def drop_message(self, channel: str, ts: str) -> None:
        with self.change():
            del self.messages[channel][ts]

    def message(self, channel: str, ts: str) -> Message:
        """Errors: `message_not_found`."""
        found = self.messages.get(channel, {}).get(ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def notice(self, user: str, code: str, text: str) -> None:
        with self.change():
            self.notices.append(Notice(user, code, text))

    def stack(self, user: str) -> list[View]:
        """The open modals of one person, the topmost last."""
        return [self.views[view] for view in self.modals.get(user, [])]

    def home(self, user: str) -> View | None:
        return self.views.get(self.homes.get(user, ""))

    def wait_for(self, predicate: Callable[[], object], timeout: float, what: str, dump: Callable[[], str]) -> Any:  # noqa: ANN401 - what the predicate found
        """The predicate's first true answer, looked for after every change. Errors: AssertionError with `dump()`."""
        return self.wakeup.wait_for(predicate, timeout, what, dump)
