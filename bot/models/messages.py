"""A message in Slack that the bot owes: rendered from the stored state until what is shown equals what is wanted."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class MessageKind(StrEnum):
    """What a message is about, and so how it is rendered."""

    DIGEST = "DIGEST"
    DIGEST_REST = "DIGEST_REST"
    REQUEST = "REQUEST"
    RESULT = "RESULT"
    REMINDER = "REMINDER"
    BREAK_GLASS = "BREAK_GLASS"
    DIGEST_OWNERS = "DIGEST_OWNERS"
    """In a digest's thread: whose the open keys are."""
    LAPSED = "LAPSED"
    """In the thread of its request: an exemption has ended, and the keys are open again."""
    UNDONE = "UNDONE"
    """To whoever approved it: a key that was mended does not rotate any more."""
    TROUBLE = "TROUBLE"
    """In the fallback channel: another channel takes no messages, and what waits for it."""
    TROUBLE_OVER = "TROUBLE_OVER"
    """In the thread of that: the channel takes messages again."""
    SETTINGS = "SETTINGS"
    """To whoever looks after the bot: processes that share a database have different settings."""
    SCAN_LOST = "SCAN_LOST"
    """To whoever began it: a scan that nobody goes on with."""


TO_ONE_PERSON = frozenset({MessageKind.UNDONE, MessageKind.SCAN_LOST})
"""These stand in somebody's direct messages, and matter to nobody else."""


@dataclass(frozen=True, slots=True)
class Message:
    """`subject` is a digest or request id; `position` counts several messages on one subject.

    `ts` is Slack's name of the posted message, None until it is posted. `wanted` counts the changes of the state
    behind it and `shown` is the count that Slack has. `lost` says why it was given up.
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
    lost: str | None = None


Block = dict[str, Any]
"""A block as Slack takes it. Plain dicts: the SDK's own classes drop what they do not know."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as Slack takes it. `text` is a whole sentence: screen readers, notifications and search use it."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file for a thread, where there is more to list than messages can hold.

    `instead` is what is said where the app may not upload files.
    """

    name: str
    title: str
    comment: str
    content: str
    instead: Rendered | None = None
