"""What came of a call to Slack."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class SlackFailureKind(StrEnum):
    """What to do about a failed call: wait, ask a person, do without, give up, or end.

    `PICTURE` is a message whose picture Slack does not have, or not yet; `SCOPE` a permission that was not granted.
    """

    UNAVAILABLE = "UNAVAILABLE"
    CHANNEL = "CHANNEL"
    MESSAGE_GONE = "MESSAGE_GONE"
    PICTURE = "PICTURE"
    SCOPE = "SCOPE"
    TOKEN = "TOKEN"  # noqa: S105 - a kind of failure, not a token
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class SlackFailure:
    """A failed call: Slack's error code and what else it said, which holds no secret.

    `retry_after` is how long Slack wants to be left alone; None where it does not say.
    """

    kind: SlackFailureKind
    code: str
    detail: str = ""
    retry_after: timedelta | None = None

    @property
    def sentence(self) -> str:
        needed = f": {self.detail}" if self.kind is SlackFailureKind.SCOPE and self.detail else ""
        return _SENTENCES[self.kind].format(code=self.code + needed)


_SENTENCES = {
    SlackFailureKind.UNAVAILABLE: "Slack does not answer as it should ({code}).",
    SlackFailureKind.CHANNEL: "The bot cannot write into that channel ({code}): invite it, or unarchive the channel.",
    SlackFailureKind.MESSAGE_GONE: "The message is not there any more ({code}).",
    SlackFailureKind.PICTURE: "Slack does not have the message's picture, or not yet ({code}).",
    SlackFailureKind.SCOPE: (
        "The app was not granted a permission ({code}): update it from deploy/slack/manifest.yml and install it again."
    ),
    SlackFailureKind.TOKEN: "Slack does not accept the bot's token ({code}): install the app again and set its token.",
    SlackFailureKind.REFUSED: "Slack refuses the message ({code}).",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands: its channel, and its ts, which is text and never a number."""

    channel: str
    ts: str
