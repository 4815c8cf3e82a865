"""How many, and how much: each number has its range."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from bot.rules.period import LONGEST_PERIOD_DAYS, SHORTEST_PERIOD_DAYS
from bot.settings.mistakes import mistake

SMALLEST_SHARE = 0.01


def _between(allowed: range, unit: str = "") -> Callable[[int], int]:
    def check(number: int) -> int:
        if number in allowed:
            return number
        raise mistake(f"{number} is out of range.", f"Write a whole number from {allowed[0]} to {allowed[-1]}{unit}.")

    return check


def _share(share: float) -> float:
    if SMALLEST_SHARE <= share <= 1:
        return share
    raise mistake(
        f"A share of {share:g} of AWS's quotas is out of range.",
        f"Write a number from {SMALLEST_SHARE} to 1.0; 0.5 is half of each quota.",
    )


PeriodDays = Annotated[int, AfterValidator(_between(range(SHORTEST_PERIOD_DAYS, LONGEST_PERIOD_DAYS + 1), " days"))]
Top = Annotated[int, AfterValidator(_between(range(1, 16)))]
QuotaShare = Annotated[float, AfterValidator(_share)]
Processes = Annotated[int, AfterValidator(_between(range(1, 65)))]
Approvals = Annotated[int, AfterValidator(_between(range(11)))]
DailyCap = Annotated[int, AfterValidator(_between(range(1, 1001), " keys"))]
