"""Until when a key may be snoozed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.models.snoozes import LONGEST_DAYS


def fault_of(day: date, today: date) -> str | None:
    """Say what is wrong with the day on which a key is to wake; None where nothing is."""
    if day <= today:
        return "That day has begun: choose a later one."
    if day > latest(today):
        return f"A key can be snoozed for {LONGEST_DAYS} days at most; for longer, others have to approve an exemption."
    return None


def latest(today: date) -> date:
    return today + timedelta(days=LONGEST_DAYS)


def waking(day: date, timezone: str) -> datetime:
    """Return the first moment of a day, so that the digest of that day tells of the key again.

    Where the clocks skip midnight, the day begins at the first moment that there is.
    """
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
