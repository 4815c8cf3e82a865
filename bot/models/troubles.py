"""A channel that takes no messages of the bot: left, archived, deleted, or locked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.models.messages import MessageKind


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` is Slack's word for what is wrong; `waiting` counts the messages that are owed to the channel by now.

    `ended_at` is None for as long as it lasts.
    """

    id: str
    channel: str
    code: str
    since: datetime
    ended_at: datetime | None = None
    waiting: Mapping[MessageKind, int] = field(default_factory=dict)
