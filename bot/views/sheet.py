"""Open keys as a spreadsheet."""

import csv
import io
from collections.abc import Iterable

from bot.models.keys import Finding
from bot.models.owners import UNKNOWN

COLUMNS = ("arn", "name", "account", "account_name", "region", "reason", "message", "team", "managed_by", "owner")
"""New ones come at the end, for those who read them by their place."""

NOT_KNOWN = "?"
"""The owner of a key of which nobody can say whose it is; a key that nobody owns has an empty one."""


def sheet(findings: Iterable[Finding]) -> str:
    """Write comma-separated values, a line a key."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in findings:
        row = (
            each.arn, each.name, each.account, each.account_name, each.region, each.reason, each.message,
            each.team or "", each.managed_by or "", NOT_KNOWN if each.owner == UNKNOWN else each.owner or "",
        )  # fmt: skip
        writer.writerow(_harmless(str(cell)) for cell in row)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Keep spreadsheets from taking what somebody wrote for a formula.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
