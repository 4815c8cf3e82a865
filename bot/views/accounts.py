"""What the last scan covered, account by account."""

from collections.abc import Sequence
from itertools import groupby

from bot.models.messages import Rendered
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Scan
from bot.views.budget import message
from bot.views.parts import Inline, bold, bullets, context, counted, cut, date, fallback, mrkdwn, note, rich

MOST_ACCOUNTS = 40
MOST_REGIONS = 4
MARKS = {CoverageStatus.SCANNED: "✅", CoverageStatus.PARTIAL: "⚠️", CoverageStatus.FAILED: "❌"}


def accounts(scan: Scan, coverage: Sequence[Coverage]) -> Rendered:
    """One line an account, those with something unread first."""
    ordered = sorted(coverage, key=_account)
    groups = [(account, list(targets)) for account, targets in groupby(ordered, key=_account)]
    groups.sort(key=lambda each: (_is_read(each[1]), each[0]))
    title = _title([targets for (_, account), targets in groups if account != EVERYWHERE], len(groups))
    lines = [_line(name, account, targets) for (name, account), targets in groups[:MOST_ACCOUNTS]]
    read_at = scan.finished_at or scan.started_at
    foot = [mrkdwn(f"As of the scan of {date(read_at)}.")]
    if len(groups) > MOST_ACCOUNTS:
        foot.append(note(f"{counted(len(groups) - MOST_ACCOUNTS, 'more account')}: narrow it with account=…"))
    if not lines:
        sentence = "No account of the last scan matches."
        return message(sentence, [rich(sentence), context(*foot)])
    return message(fallback(f"{title}."), [rich(bold(title)), bullets(*lines), context(*foot)])


def _account(covered: Coverage) -> tuple[str, str]:
    return covered.account_name, covered.account


def _is_read(targets: Sequence[Coverage]) -> bool:
    return all(target.status is CoverageStatus.SCANNED for target in targets)


def _title(accounts: Sequence[Sequence[Coverage]], groups: int) -> str:
    """`groups` counts the organisation as well, where its accounts could not be listed."""
    if not accounts:
        return "The last scan reached no account"
    unread = sum(not _is_read(targets) for targets in accounts)
    title = f"{counted(len(accounts), 'account')} in the last scan"
    if unread:
        return f"{title}, {unread:,} not wholly read"
    return title if groups > len(accounts) else f"{title}, all read"


def _line(name: str, account: str, targets: Sequence[Coverage]) -> list[Inline]:
    worst = max(targets, key=lambda each: list(MARKS).index(each.status))
    shown = "All accounts" if account == EVERYWHERE else cut(name, 60)
    line: list[Inline] = [f"{MARKS[worst.status]} ", bold(shown)]
    if account not in {name, EVERYWHERE}:
        line.append(f" ({account})")
    line.append(_keys([each for each in targets if each.keys or each.status is not CoverageStatus.FAILED]))
    troubles = "; ".join(
        f"{'' if each.region == EVERYWHERE else each.region + ': '}{cut(each.error.rstrip('.'), 250)}"
        for each in targets
        if each.error
    )
    return [*line, f" – {cut(troubles, 600)}." if troubles else ""]


def _keys(targets: Sequence[Coverage]) -> str:
    """Say how many keys each Region has, or where there are many Regions all of them together."""
    if not targets:
        return ""
    if len(targets) > MOST_REGIONS:
        return f" – {counted(sum(each.keys for each in targets), 'key')} in {len(targets)} Regions"
    return f" – keys: {', '.join(f'{each.region} {each.keys:,}' for each in targets)}"
