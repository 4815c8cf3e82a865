"""A message in Slack that the bot owes: rendered from the stored state until what is shown equals what is wanted."""

from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is about, and so how it is rendered."""

    DIGEST = "DIGEST"
    DIGEST_REST = "DIGEST_REST"
    REQUEST = "REQUEST"
    RESULT = "RESULT"


@dataclass(frozen=True, slots=True)
class Message:
    """`subject` is a digest or request id; `position` counts several messages on one subject.

    `ts` is Slack's name of the posted message, None until it is posted. `wanted` counts the changes of the state
    behind it and `shown` is the count that Slack has.
    """

    id: str
    kind: MessageKind
    subject: str
    position: int
    channel: str
    ts: str | None
    wanted: int
    shown: int
    attempts: int
