"""What came of a call to Slack."""

from dataclasses import dataclass
from enum import StrEnum


class SlackFailureKind(StrEnum):
    """What to do about a failed call: wait, ask a person, or give up."""

    UNAVAILABLE = "UNAVAILABLE"
    CHANNEL = "CHANNEL"
    MESSAGE_GONE = "MESSAGE_GONE"
    TOKEN = "TOKEN"  # noqa: S105 - a kind of failure, not a token
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class SlackFailure:
    """A failed call: Slack's error code and what else it said, which holds no secret."""

    kind: SlackFailureKind
    code: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        return _SENTENCES[self.kind].format(code=self.code)


_SENTENCES = {
    SlackFailureKind.UNAVAILABLE: "Slack does not answer as it should ({code}).",
    SlackFailureKind.CHANNEL: "The bot cannot write into that channel ({code}): invite it, or unarchive the channel.",
    SlackFailureKind.MESSAGE_GONE: "The message is not there any more ({code}).",
    SlackFailureKind.TOKEN: "Slack does not accept the bot's token ({code}): install the app again and set its token.",
    SlackFailureKind.REFUSED: "Slack refuses the message ({code}).",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands: its channel, and its ts, which is text and never a number."""

    channel: str
    ts: str
