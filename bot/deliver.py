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
THREAD_OF = {
    MessageKind.DIGEST_REST: MessageKind.DIGEST,
    MessageKind.RESULT: MessageKind.REQUEST,
    MessageKind.REMINDER: MessageKind.REQUEST,
}

log = logging.getLogger(__name__)


class Owed(Protocol):
    """The messages that Slack does not show yet."""

    def due(self, now: datetime) -> list[Message]: ...

    def find(self, kind: MessageKind, subject: str, position: int = 0) -> Message | None: ...

    def mark_shown(self, message: Message, ts: str) -> None: ...

    def mark_failed(self, message: Message, retry_at: datetime) -> None: ...

    def mark_lost(self, message: Message, why: str, at: datetime) -> None: ...

    def post_anew(self, message: Message) -> None: ...


class Channels(Protocol):
    """Slack's channels."""

    def post(self, channel: str, message: Rendered, thread_ts: str | None = None) -> Posted | SlackFailure: ...

    def update(self, channel: str, ts: str, message: Rendered) -> SlackFailure | None: ...

    def attach(self, channel: str, file: Attachment, thread_ts: str) -> str | SlackFailure: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything that delivering needs. `render` makes a message of the stored state; None where there is nothing.

    What was posted and could not be written down, because the database was away, is remembered by the message's id: or
    it would be posted again and again until the database comes back.
    """

    owed: Owed
    channels: Channels
    render: Callable[[Message], Rendered | Attachment | None]
    clock: Callable[[], datetime]
    pause: Callable[[float], bool]
    _unrecorded: dict[str, str] = field(default_factory=dict, init=False)

    def deliver_due(self) -> None:
        """Show everything that is due.

        Between the pages of a thread there is a second, Slack's own pace, and a look at what else is due by then.
        https://docs.slack.dev/apis/web-api/rate-limits#posting_messages
        """
        while (page := self._deliver_until_page()) is not None and not self.pause(PAGE_SECONDS):
            log.debug("Page %s of digest %s is in its thread.", page.position, page.subject)

    def _deliver_until_page(self) -> Message | None:
        for message in self.owed.due(self.clock()):
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
        rendered = self.render(message)
        if rendered is None:
            self._lose(message, "There is nothing to show any more.")
            return False
        answer = self._show(replace(message, ts=self._unrecorded.get(message.id, message.ts)), rendered, parent)
        if isinstance(answer, SlackFailure):
            self._failed(message, answer)
            return False
        self._unrecorded[message.id] = answer
        self.owed.mark_shown(message, answer)
        del self._unrecorded[message.id]
        return True

    def _show(self, message: Message, rendered: Rendered | Attachment, parent: Message | None) -> str | SlackFailure:
        """Post or update; a reply goes where its parent is, which may be a channel of last week's settings."""
        channel, thread_ts = (message.channel, None) if parent is None else (parent.channel, parent.ts)
        if isinstance(rendered, Attachment):
            return message.ts or self.channels.attach(channel, rendered, thread_ts or "")
        if message.ts is None:
            posted = self.channels.post(channel, rendered, thread_ts)
            return posted.ts if isinstance(posted, Posted) else posted
        return self.channels.update(message.channel, message.ts, rendered) or message.ts

    def _failed(self, message: Message, failure: SlackFailure) -> None:
        if failure.kind is SlackFailureKind.MESSAGE_GONE:
            self._unrecorded.pop(message.id, None)
            if message.kind is MessageKind.REQUEST:
                log.warning("The message of request %s was deleted; it is posted anew.", message.subject)
                self.owed.post_anew(message)
            else:
                self._lose(message, failure.sentence)
        elif failure.kind is SlackFailureKind.REFUSED:
            log.error("Slack refused %s %s: %s %s", message.kind, message.subject, failure.code, failure.detail)
            self._lose(message, f"{failure.sentence} {failure.detail}".strip())
        else:
            log.warning("%s %s waits: %s", message.kind, message.subject, failure.sentence)
            self._wait(message)

    def _wait(self, message: Message) -> None:
        delay = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(message.attempts, 10))
        self.owed.mark_failed(message, self.clock() + delay)

    def _lose(self, message: Message, why: str) -> None:
        self.owed.mark_lost(message, why, self.clock())
