"""Showing in Slack what is stored. State comes first; a message follows it, however long Slack is away.

A message is posted at least once: Slack has no way to ask whether a post whose answer was lost arrived. Of several
processes one delivers at a time, and looks before each message whether it still does. So a message is posted twice
where it was in Slack's hands while its process died, or lost the database or its turn, and no other one.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bot.errors import DatabaseAwayError
from bot.models.messages import Attachment, Message, MessageKind, Rendered
from bot.models.slack import Posted, SlackFailure, SlackFailureKind
from bot.tracing import about

PAGE_SECONDS = 1.0
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


class Channels(Protocol):
    """Slack's channels."""

    def post(self, channel: str, message: Rendered, thread_ts: str | None = None) -> Posted | SlackFailure: ...

    def update(self, channel: str, ts: str, message: Rendered) -> SlackFailure | None: ...

    def attach(self, channel: str, file: Attachment, thread_ts: str) -> str | SlackFailure: ...


class Pictures(Protocol):
    """The pictures that messages show."""

    def prepare(self, message: Message) -> None: ...


class Setbacks(Protocol):
    """What becomes of a message that Slack does not take."""

    @property
    def is_over(self) -> bool: ...

    def is_resting(self, channel: str) -> bool: ...

    def take(self, message: Message, failure: SlackFailure) -> None: ...

    def wait(self, message: Message) -> None: ...

    def lose(self, message: Message, why: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything that delivering needs. `render` makes a message of the stored state; None where there is nothing.

    `ensure` raises DatabaseAwayError where another process may be delivering by now.

    What was posted and could not be written down, because the database was away, is remembered by the message's id: or
    it would be posted again and again until the database comes back.
    """

    owed: Owed
    channels: Channels
    pictures: Pictures
    setbacks: Setbacks
    render: Callable[[Message], Rendered | Attachment | None]
    ensure: Callable[[], None]
    clock: Callable[[], datetime]
    pause: Callable[[float], bool]
    _unrecorded: dict[str, Posted] = field(default_factory=dict, init=False)

    def deliver_due(self) -> None:
        """Show everything that is due.

        Between the pages of a thread there is a second, Slack's own pace, and a look at what else is due by then.
        https://docs.slack.dev/apis/web-api/rate-limits#posting_messages
        """
        while (page := self._deliver_until_page()) is not None and not self.pause(PAGE_SECONDS):
            log.debug("Page %s of digest %s is in its thread.", page.position, page.subject)

    def _deliver_until_page(self) -> Message | None:
        for message in self.owed.due(self.clock()):
            if self.setbacks.is_over:
                return None
            if self._attempt(message) and message.kind is MessageKind.DIGEST_REST:
                return message
        return None

    def _attempt(self, message: Message) -> bool:
        """Try to show a message; one that cannot be made must not keep the others waiting."""
        with about(**_subjects(message)):
            try:
                return self._deliver(message)
            except DatabaseAwayError:
                raise
            except Exception:  # one message that cannot be made keeps no other waiting
                log.exception("%s %s could not be shown and is tried again later.", message.kind, message.subject)
                self.setbacks.wait(message)
                return False

    def _deliver(self, message: Message) -> bool:
        parent = None
        if message.kind in THREAD_OF:
            first = message.position if message.kind is MessageKind.TROUBLE_OVER else 0  # several may have been told
            parent = self.owed.find(THREAD_OF[message.kind], message.subject, first)
            if parent is None or (parent.ts is None and parent.lost is not None):
                self.setbacks.lose(message, "The message whose thread it belongs to was never posted.")
                return False
            if parent.ts is None:
                self.setbacks.wait(message)
                return False
            message = replace(message, channel=parent.channel)  # which may be a channel of last week's settings
        if self.setbacks.is_resting(message.channel):
            return False
        if message.kind is MessageKind.DIGEST and message.ts is None and message.id not in self._unrecorded:
            self.pictures.prepare(message)
        rendered = self.render(message)
        if rendered is None:
            self.setbacks.lose(message, "There is nothing to show any more.")
            return False
        self.ensure()
        if not self._is_still_owed(message):
            self._unrecorded.pop(message.id, None)
            return False
        answer = self._show(message, rendered, None if parent is None else parent.ts)
        if isinstance(answer, SlackFailure):
            if answer.kind is SlackFailureKind.MESSAGE_GONE:
                self._unrecorded.pop(message.id, None)
            self.setbacks.take(message, answer)
            return False
        self._unrecorded[message.id] = answer
        self.owed.mark_shown(message, answer.ts, self.clock(), answer.channel)
        del self._unrecorded[message.id]
        return True

    def _is_still_owed(self, message: Message) -> bool:
        """Look again: since the round began, whoever delivered before may have come to its end with it."""
        now = self.owed.find(message.kind, message.subject, message.position)
        return now is not None and now.shown < now.wanted and now.lost is None and now.ts == message.ts

    def _show(self, message: Message, rendered: Rendered | Attachment, thread_ts: str | None) -> Posted | SlackFailure:
        """Post or update."""
        there = self._unrecorded.get(message.id)
        if message.ts is not None:
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


def _subjects(message: Message) -> dict[str, str]:
    """Say what the log's lines about a message are about."""
    kind = THREAD_OF.get(message.kind, message.kind)
    named = _SUBJECTS.get(kind)
    return {"message_id": message.id, **({named: message.subject} if named else {})}


_SUBJECTS = {
    MessageKind.REQUEST: "request",
    MessageKind.BREAK_GLASS: "request",
    MessageKind.UNDONE: "change",
    MessageKind.DIGEST: "digest",
    MessageKind.SCAN_LOST: "scan",
}
