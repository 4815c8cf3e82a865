"""What becomes of a message that Slack does not take: it waits, somebody is told, it goes without its picture, it is
given up; or the bot ends.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.models.messages import TO_ONE_PERSON, Message, MessageKind
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.troubles import Refusal

FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)
PICTURE_TRIES = 4
"""So often a message is posted with a picture that Slack does not have yet: for some fifteen seconds."""

log = logging.getLogger(__name__)


class Owed(Protocol):
    """The messages that Slack does not show yet."""

    def mark_failed(self, message: Message, retry_at: datetime) -> None: ...

    def mark_refused(
        self, message: Message, failure: SlackFailure, retry_at: datetime, at: datetime, tell: str | None
    ) -> Refusal: ...

    def mark_lost(self, message: Message, why: str, at: datetime) -> None: ...

    def post_anew(self, message: Message) -> None: ...


class Pictures(Protocol):
    """The pictures that messages show."""

    def do_without(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True)
class Setbacks:
    """`fallback` is who is told of a channel that takes no messages.

    `doubt` is asked where Slack did not accept the bot's token, and answers whether that is certain.
    """

    owed: Owed
    pictures: Pictures
    clock: Callable[[], datetime]
    doubt: Callable[[SlackFailure], bool]
    fallback: str | None = None
    _resting: dict[str, datetime] = field(default_factory=dict, init=False)
    _final: list[SlackFailure] = field(default_factory=list, init=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be posted, as Slack accepts the token no more."""
        return bool(self._final)

    def is_resting(self, channel: str) -> bool:
        """Whether Slack wants no messages for a channel yet. They stay due, and those of other channels go on."""
        return channel in self._resting and self.clock() < self._resting[channel]

    def take(self, message: Message, failure: SlackFailure) -> None:
        """Do what is to be done about a message that was not taken."""
        match failure.kind:
            case SlackFailureKind.MESSAGE_GONE if message.kind is MessageKind.REQUEST:
                log.warning("The message of request %s was deleted; it is posted anew.", message.subject)
                self.owed.post_anew(message)
            case SlackFailureKind.MESSAGE_GONE:
                self.lose(message, failure.sentence)
            case SlackFailureKind.REFUSED:
                log.error("Slack refused %s %s: %s %s", message.kind, message.subject, failure.code, failure.detail)
                self.lose(message, f"{failure.sentence} {failure.detail}".strip())
            case SlackFailureKind.PICTURE if message.attempts + 1 >= PICTURE_TRIES:
                log.warning("%s %s goes without its picture: %s", message.kind, message.subject, failure.detail)
                self.pictures.do_without(message)
                self.owed.mark_failed(message, self.clock())
            case SlackFailureKind.CHANNEL if message.kind in TO_ONE_PERSON:
                self.lose(message, f"Slack takes no message for that person any more ({failure.code}).")
            case SlackFailureKind.CHANNEL:
                self._shut_out(message, failure)
            case _:
                log.warning("%s %s waits: %s", message.kind, message.subject, failure.sentence)
                self._rest(message.channel, failure)
                self.wait(message, failure.retry_after)
                if failure.kind is SlackFailureKind.TOKEN and self.doubt(failure):
                    self._final.append(failure)

    def wait(self, message: Message, at_least: timedelta | None = None) -> None:
        """Try it again: after twice as long each time, five minutes at most, unless Slack asks for longer."""
        self.owed.mark_failed(message, self.clock() + max(_delay(message), at_least or timedelta(0)))

    def lose(self, message: Message, why: str) -> None:
        self.owed.mark_lost(message, why, self.clock())

    def _shut_out(self, message: Message, failure: SlackFailure) -> None:
        """Try again later, for a month, and have word sent to whoever can mend it: once, and not at each try."""
        now = self.clock()
        match self.owed.mark_refused(message, failure, now + _delay(message), now, self.fallback):
            case Refusal.FIRST:
                log.error("Messages for %s wait: %s", message.channel, failure.sentence)
            case Refusal.GIVEN_UP:
                log.error(
                    "%s %s for %s was given up: %s", message.kind, message.subject, message.channel, failure.sentence
                )

    def _rest(self, channel: str, failure: SlackFailure) -> None:
        if failure.retry_after:
            self._resting[channel] = self.clock() + failure.retry_after


def _delay(message: Message) -> timedelta:
    return min(LONGEST_RETRY, FIRST_RETRY * (1 << min(message.attempts, 10)))
