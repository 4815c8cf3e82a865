"""Snoozes: open keys that somebody, or a channel's digest, wants to hear of later."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.models.keys import Finding

LONGEST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Snooze:
    """`whose` is a Slack user id, or the name of an audience whose digest leaves the key out of its first rows.

    Verdicts, counts and percentages never know of it.
    """

    arn: str
    whose: str
    until: datetime
    set_by: str
    set_at: datetime


class Waking(StrEnum):
    """Why a snooze ended."""

    BY_HAND = "BY_HAND"
    TIME = "TIME_IS_OVER"
    FIXED = "FIXED"
    """The key was fixed: should it be open again, that is news."""


@dataclass(frozen=True, slots=True)
class SnoozeOffer:
    """What the modal offers for an open key: until when it is snoozed already, for the person and for the channel.

    `channel` is the one whose digest may have it snoozed, empty where no digest of this key goes to the channel that
    the person is in. Days count in `timezone`; `today` is the present one there.
    """

    handle: str
    finding: Finding
    channel: str
    today: date
    timezone: str
    mine_until: datetime | None = None
    channels_until: datetime | None = None


class SnoozeFor(StrEnum):
    """For whom a key is snoozed."""

    ME = "me"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class SnoozeWish:
    """A key by its ARN, None where the person may not see it, for whom, and on which day it wakes."""

    arn: str | None
    whose: SnoozeFor
    channel: str
    day: date


@dataclass(frozen=True, slots=True)
class Snoozed:
    """It was done."""

    name: str
    whose: SnoozeFor
    channel: str
    until: datetime
