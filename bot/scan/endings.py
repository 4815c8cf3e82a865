"""What is said of what a scan did not read because it ended before its time."""

from enum import StrEnum

from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Target


class End(StrEnum):
    """How a scan ended early, as a part of a sentence."""

    STOPPED = "was stopped"
    BROKE_OFF = "broke off"
    KILLED = "was cut off by the end of the bot"


def cut_short(end: End, read: int, known: int) -> str:
    """Say how far one target was read: so many of the keys that were known by then."""
    if not known:
        return f"The scan {end} before this Region was read."
    keys = "key was" if read == 1 else "keys were"
    return f"The scan {end} when {read:,} of {known:,} known {keys} read."


def cut_short_somewhere(read: int) -> str:
    """Say the same of a target of which nobody remembers how many keys were known."""
    keys = "key was" if read == 1 else "keys were"
    return f"The scan {End.KILLED} when {read:,} {keys} read, and it is not known how many there are."


def plan_unknown(end: End) -> Coverage:
    """Say that nothing was read, because the scan ended before it knew what there is to read."""
    return _everywhere(f"The scan {end} before its accounts and Regions were known, so nothing was read.")


def not_begun(target: Target) -> Coverage:
    """Say that nothing was read of a target of which it is known that it was to be read."""
    error = cut_short(End.KILLED, 0, 0)
    return Coverage(target.account.id, target.account.name, target.region, CoverageStatus.FAILED, error=error)


def plan_lost() -> Coverage:
    """Say that nobody remembers what a scan had still to read."""
    return _everywhere(f"The scan {End.KILLED}: accounts and Regions without a line of their own were not read.")


def _everywhere(error: str) -> Coverage:
    return Coverage(EVERYWHERE, EVERYWHERE, EVERYWHERE, CoverageStatus.FAILED, error=error)
