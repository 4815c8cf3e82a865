"""A channel that takes no messages of the bot: left, archived, deleted, or locked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.models.messages import MessageKind

GIVEN_UP_AFTER = timedelta(days=30)
"""So long messages wait for a channel: no request waits longer for its approvals, and digests are old by then."""


class Refusal(StrEnum):
    """What a channel's refusal came to: the first one of a trouble, one more, or one too many."""

    FIRST = "FIRST"
    AGAIN = "AGAIN"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` is Slack's word for what is wrong; `waiting` counts the messages that are owed to the channel by now.

    `ended_at` is None for as long as it lasts. Since `given_up_at`, each message is tried once, and waits no more.
    """

    id: str
    channel: str
    code: str
    since: datetime
    ended_at: datetime | None = None
    given_up_at: datetime | None = None
    waiting: Mapping[MessageKind, int] = field(default_factory=dict)
