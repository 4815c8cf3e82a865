"""Showing in Slack what is stored. State comes first; a message follows it, however long Slack is away.

A message is posted at least once: Slack has no way to ask whether a post whose answer was lost arrived.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.models.messages import Attachment, Message, MessageKind, Rendered
from bot.models.slack import Posted, SlackFailure, SlackFailureKind

FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)
PAGE_SECONDS = 1.0
PICTURE_TRIES = 4
"""So often a message is posted with a picture that Slack does not have yet: for some fifteen seconds."""

THREAD_OF = {
    MessageKind.DIGEST_REST: MessageKind.DIGEST,
    MessageKind.DIGEST_OWNERS: MessageKind.DIGEST,
    MessageKind.RESULT: MessageKind.REQUEST,
    MessageKind.REMINDER: MessageKind.REQUEST,
    MessageKind.LAPSED: MessageKind.REQUEST,
    MessageKind.TROUBLE_OVER: MessageKind.TROUBLE,
}

log = logging.getLogger(__name__)


class Owed(Protocol):
    """The messages that Slack does not show yet."""

    def due(self, now: datetime) -> list[Message]: ...

    def find(self, kind: MessageKind, subject: str, position: int = 0) -> Message | None: ...

    def mark_shown(self, message: Message, ts: str, at: datetime, channel: str | None = None) -> None: ...

    def mark_failed(self, message: Message, retry_at: datetime) -> None: ...

    def mark_refused(
        self, message: Message, failure: SlackFailure, retry_at: datetime, at: datetime, tell: str | None
    ) -> bool: ...

    def mark_lost(self, message: Message, why: str, at: datetime) -> None: ...

    def post_anew(self, message: Message) -> None: ...


class Channels(Protocol):
    """Slack's channels."""

    def post(self, channel: str, message: Rendered, thread_ts: str | None = None) -> Posted | SlackFailure: ...

    def update(self, channel: str, ts: str, message: Rendered) -> SlackFailure | None: ...

    def attach(self, channel: str, file: Attachment, thread_ts: str) -> str | SlackFailure: ...


class Pictures(Protocol):
    """The pictures that messages show."""

    def prepare(self, message: Message) -> None: ...

    def do_without(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything that delivering needs. `render` makes a message of the stored state; None where there is nothing.

    `fallback` is who is told of a channel that takes no messages. `doubt` is asked where Slack did not accept the bot's
    token, and answers whether that is certain; then nothing more is tried.

    What was posted and could not be written down, because the database was away, is remembered by the message's id: or
    it would be posted again and again until the database comes back.
    """

    owed: Owed
    channels: Channels
    pictures: Pictures
    render: Callable[[Message], Rendered | Attachment | None]
    clock: Callable[[], datetime]
    pause: Callable[[float], bool]
    doubt: Callable[[SlackFailure], bool]
    fallback: str | None = None
    _unrecorded: dict[str, Posted] = field(default_factory=dict, init=False)
    _resting: dict[str, datetime] = field(default_factory=dict, init=False)
    _ended: list[SlackFailure] = field(default_factory=list, init=False)

    def deliver_due(self) -> None:
        """Show everything that is due.

        Between the pages of a thread there is a second, Slack's own pace, and a look at what else is due by then.
        https://docs.slack.dev/apis/web-api/rate-limits#posting_messages
        """
        while (page := self._deliver_until_page()) is not None and not self.pause(PAGE_SECONDS):
            log.debug("Page %s of digest %s is in its thread.", page.position, page.subject)

    def _deliver_until_page(self) -> Message | None:
        for message in self.owed.due(self.clock()):
            if self._ended:
                return None
            if self._attempt(message) and message.kind is MessageKind.DIGEST_REST:
                return message
        return None

    def _attempt(self, message: Message) -> bool:
        """Try to show a message; one that cannot be made must not keep the others waiting."""
        try:
            return self._deliver(message)
        except Exception:  # one message that cannot be made keeps no other waiting
            log.exception("%s %s could not be shown and is tried again later.", message.kind, message.subject)
            self._wait(message)
            return False

    def _deliver(self, message: Message) -> bool:
        parent = None
        if message.kind in THREAD_OF:
            parent = self.owed.find(THREAD_OF[message.kind], message.subject)
            if parent is None or (parent.ts is None and parent.lost is not None):
                self._lose(message, "The message whose thread it belongs to was never posted.")
                return False
            if parent.ts is None:
                self._wait(message)
                return False
            message = replace(message, channel=parent.channel)  # which may be a channel of last week's settings
        if self._is_resting(message.channel):
            return False
        if message.kind is MessageKind.DIGEST and message.ts is None and message.id not in self._unrecorded:
            self.pictures.prepare(message)
        rendered = self.render(message)
        if rendered is None:
            self._lose(message, "There is nothing to show any more.")
            return False
        answer = self._show(message, rendered, None if parent is None else parent.ts)
        if isinstance(answer, SlackFailure):
            self._failed(message, answer)
            return False
        self._unrecorded[message.id] = answer
        self.owed.mark_shown(message, answer.ts, self.clock(), answer.channel)
        del self._unrecorded[message.id]
        return True

    def _show(self, message: Message, rendered: Rendered | Attachment, thread_ts: str | None) -> Posted | SlackFailure:
        """Post or update."""
        there = self._unrecorded.get(message.id)
        if there is None and message.ts is not None:
            there = Posted(message.channel, message.ts)
        if isinstance(rendered, Attachment):
            return there or self._attach(message.channel, rendered, thread_ts or "")
        if there is None:
            return self.channels.post(message.channel, rendered, thread_ts)
        return self.channels.update(there.channel, there.ts, rendered) or there

    def _attach(self, channel: str, file: Attachment, thread_ts: str) -> Posted | SlackFailure:
        """Upload a file; where the app may not, say so in its place."""
        file_id = self.channels.attach(channel, file, thread_ts)
        if not isinstance(file_id, SlackFailure):
            return Posted(channel, file_id)
        if file_id.kind is not SlackFailureKind.SCOPE or file.instead is None:
            return file_id
        log.error("A file cannot be uploaded. %s", file_id.sentence)
        return self.channels.post(channel, file.instead, thread_ts)

    def _failed(self, message: Message, failure: SlackFailure) -> None:
        match failure.kind:
            case SlackFailureKind.MESSAGE_GONE:
                self._gone(message, failure)
            case SlackFailureKind.REFUSED:
                log.error("Slack refused %s %s: %s %s", message.kind, message.subject, failure.code, failure.detail)
                self._lose(message, f"{failure.sentence} {failure.detail}".strip())
            case SlackFailureKind.PICTURE if message.attempts + 1 >= PICTURE_TRIES:
                log.warning("%s %s goes without its picture: %s", message.kind, message.subject, failure.detail)
                self.pictures.do_without(message)
                self.owed.mark_failed(message, self.clock())
            case SlackFailureKind.CHANNEL if message.kind is MessageKind.UNDONE:
                self._lose(message, f"Slack takes no message for that person any more ({failure.code}).")
            case SlackFailureKind.CHANNEL:
                self._shut_out(message, failure)
            case _:
                log.warning("%s %s waits: %s", message.kind, message.subject, failure.sentence)
                self._wait(message, failure.retry_after)
                if failure.kind is SlackFailureKind.TOKEN and self.doubt(failure):
                    self._ended.append(failure)

    def _gone(self, message: Message, failure: SlackFailure) -> None:
        self._unrecorded.pop(message.id, None)
        if message.kind is MessageKind.REQUEST:
            log.warning("The message of request %s was deleted; it is posted anew.", message.subject)
            self.owed.post_anew(message)
        else:
            self._lose(message, failure.sentence)

    def _shut_out(self, message: Message, failure: SlackFailure) -> None:
        """Try again later, and have word sent to whoever can mend it: once, and not at each try."""
        now = self.clock()
        if self.owed.mark_refused(message, failure, now + _delay(message), now, self.fallback):
            log.error("Messages for %s wait: %s", message.channel, failure.sentence)

    def _is_resting(self, channel: str) -> bool:
        """Whether Slack wants no messages for a channel yet. They stay due, and those of other channels go on."""
        return channel in self._resting and self.clock() < self._resting[channel]

    def _wait(self, message: Message, at_least: timedelta | None = None) -> None:
        now, rest = self.clock(), at_least or timedelta(0)
        if rest:
            self._resting[message.channel] = now + rest
        self.owed.mark_failed(message, now + max(rest, _delay(message)))

    def _lose(self, message: Message, why: str) -> None:
        self.owed.mark_lost(message, why, self.clock())


def _delay(message: Message) -> timedelta:
    """How long until a message is tried again: twice as long each time, five minutes at most."""
    return min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(message.attempts, 10))
