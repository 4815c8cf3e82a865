"""How old what is shown is."""

from datetime import datetime

from bot.models.digests import DeltaKind, OpenKey
from bot.models.scans import Scan, ScanState
from bot.views.moments import date
from bot.views.parts import Element, mrkdwn
from bot.views.words import counted

_NEWS = {DeltaKind.NEW: "new", DeltaKind.REGRESSED: "open again"}


def as_of(scan: Scan) -> Element:
    """Name the scan that is shown by its time; nothing that is shown is older than that scan."""
    how = ", which was stopped before its end" if scan.state is ScanState.INTERRUPTED else ""
    return mrkdwn(f"As of the scan of {date(scan.finished_at or scan.started_at)}{how}.")


def age(key: OpenKey, at: datetime | None) -> str:
    """Say that a key is new or open again, or for how long it is open; nothing where nobody knows.

    `at` is the moment up to which it is told.
    """
    if key.news is not None:
        return _NEWS[key.news]
    return "" if key.open_since is None or at is None else f"open for {how_long(key.open_since, at)}"


def how_long(since: datetime, at: datetime) -> str:
    """Count whole days: “40 days”."""
    days = (at - since).days
    return counted(days, "day") if days > 0 else "less than a day"
