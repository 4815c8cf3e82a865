"""How old what is shown is."""

from bot.models.scans import Scan, ScanState
from bot.views.parts import Element, date, mrkdwn


def as_of(scan: Scan) -> Element:
    """Name the scan that is shown by its time; nothing that is shown is older than that scan."""
    how = ", which was stopped before its end" if scan.state is ScanState.INTERRUPTED else ""
    return mrkdwn(f"As of the scan of {date(scan.finished_at or scan.started_at)}{how}.")
