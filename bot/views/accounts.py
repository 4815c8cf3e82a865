"""What the last scan covered, account by account."""

from collections.abc import Sequence
from itertools import groupby

from bot.models.messages import Rendered
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Scan
from bot.views.parts import Inline, bold, bullets, context, counted, cut, date, fallback, mrkdwn, note, rich

MOST_ACCOUNTS = 40
MARKS = {CoverageStatus.SCANNED: "✅", CoverageStatus.PARTIAL: "⚠️", CoverageStatus.FAILED: "❌"}


def accounts(scan: Scan, coverage: Sequence[Coverage]) -> Rendered:
    """One line an account, those with something unread first."""
    groups = [
        (name, list(group)) for name, group in groupby(coverage, key=lambda each: (each.account_name, each.account))
    ]
    groups.sort(key=lambda each: (all(target.status is CoverageStatus.SCANNED for target in each[1]), each[0]))
    unread = sum(any(target.status is not CoverageStatus.SCANNED for target in targets) for _, targets in groups)
    title = f"{counted(len(groups), 'account')} in the last scan"
    title += f", {unread} not wholly read" if unread else ", all read"
    lines = [_line(name, account, targets) for (name, account), targets in groups[:MOST_ACCOUNTS]]
    read_at = scan.finished_at or scan.started_at
    foot = [mrkdwn(f"As of the scan of {date(read_at)}.")]
    if len(groups) > MOST_ACCOUNTS:
        foot.append(note(f"{counted(len(groups) - MOST_ACCOUNTS, 'more account')}: narrow it with account=…"))
    if not lines:
        return Rendered("No account matches.", (rich("No account of the last scan matches."), context(*foot)))
    return Rendered(fallback(f"{title}."), (rich(bold(title)), bullets(*lines), context(*foot)))


def _line(name: str, account: str, targets: Sequence[Coverage]) -> list[Inline]:
    worst = max(targets, key=lambda each: list(MARKS).index(each.status))
    regions = ", ".join(f"{each.region} {each.keys:,}" for each in targets if each.region != EVERYWHERE)
    shown = "The organisation" if account == EVERYWHERE else cut(name, 60)
    line: list[Inline] = [f"{MARKS[worst.status]} ", bold(shown)]
    if account not in {name, EVERYWHERE}:
        line.append(f" ({account})")
    line.append(f" – keys read: {regions}" if regions else "")
    troubles = "; ".join(
        f"{'' if each.region == EVERYWHERE else each.region + ': '}{cut(each.error, 150)}"
        for each in targets
        if each.error
    )
    return [*line, f" – {cut(troubles, 400)}" if troubles else ""]
