"""Our clock beside those of AWS and Slack."""

from datetime import timedelta

from bot.doctor.lines import Check, Line, Status, ok
from bot.rules.clocks import Pace, pace_of

_SYNCHRONISE = "Let the machine keep its clock by NTP (chrony, systemd-timesyncd; on AWS 169.254.169.123)."
_MEANS = {
    "AWS": "AWS refuses calls that are signed by a clock more than five minutes off",
    "Slack": "requests that Slack signs are refused over HTTP once the clocks are five minutes apart",
}


def clock_line(whose: str, ahead: timedelta | None) -> Line:
    """Say how far our clock is from theirs. The measurement is as good as the way there and back is short."""
    if ahead is None:
        return Line(Check.CLOCK, whose, Status.UNKNOWN, f"{whose} did not say what time it is.", _SYNCHRONISE)
    pace = pace_of(ahead)
    if pace is Pace.GOOD:
        return ok(Check.CLOCK, whose, "The clocks agree within a minute.")
    side = "ahead of" if ahead > timedelta() else "behind"
    seen = f"Our clock is {abs(ahead).total_seconds():.0f} seconds {side} that of {whose}: {_MEANS[whose]}."
    return Line(Check.CLOCK, whose, Status.FAILED if pace is Pace.TOO_FAR else Status.WARNING, seen, _SYNCHRONISE)
