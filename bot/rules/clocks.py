"""How far our clock is from a server's, by the Date header of its answer."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

REFUSED = timedelta(minutes=5)
"""AWS refuses signatures that are older, and so do we with Slack's over HTTP, as Slack advises.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

NOTICED = timedelta(minutes=1)

_HALF_A_SECOND = timedelta(milliseconds=500)
"""The header counts whole seconds."""


class Pace(StrEnum):
    """What a clock's distance means."""

    GOOD = "GOOD"
    OFF = "OFF"
    TOO_FAR = "TOO_FAR"


def ahead_by(header: str | None, asked_at: datetime, answered_at: datetime) -> timedelta | None:
    """Say how far our clock is ahead of the server's; None where its answer holds no date."""
    if not header:
        return None
    try:
        theirs = parsedate_to_datetime(header)
    except ValueError:
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    return asked_at + (answered_at - asked_at) / 2 - (theirs + _HALF_A_SECOND)


def pace_of(ahead: timedelta) -> Pace:
    distance = abs(ahead)
    if distance >= REFUSED:
        return Pace.TOO_FAR
    return Pace.OFF if distance >= NOTICED else Pace.GOOD
