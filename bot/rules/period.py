"""The days between two rotations.

https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
"""

SHORTEST_PERIOD_DAYS = 90
LONGEST_PERIOD_DAYS = 2560


class BadPeriodError(ValueError):
    """Not a period that may be set; the message is a sentence."""


def read_period(text: str | None, longest: int) -> int:
    """Read a period as a person typed it, in days; `longest` is what the policy allows. Raises BadPeriodError."""
    try:
        days = int(text or "")
    except ValueError:
        days = 0
    if SHORTEST_PERIOD_DAYS <= days <= longest:
        return days
    raise BadPeriodError(
        f"Enter a whole number of days from {SHORTEST_PERIOD_DAYS}, the shortest that AWS allows, "
        f"to {longest}, the longest that the policy allows."
    )
