"""What the last scan covered, account by account, and which accounts it leaves out."""

from collections.abc import Sequence
from itertools import groupby

from bot.models.messages import Rendered
from bot.models.posture import MOST_ACCOUNTS, AccountsCovered
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus
from bot.views.age import as_of
from bot.views.budget import message
from bot.views.left_out import left_out_blocks, left_out_title
from bot.views.parts import context, note
from bot.views.rich import Inline, bold, bullets, rich
from bot.views.sentences import fallback
from bot.views.words import counted, cut

MOST_REGIONS = 4
MARKS = {CoverageStatus.SCANNED: "✅", CoverageStatus.PARTIAL: "⚠️", CoverageStatus.FAILED: "❌"}


def accounts(covered: AccountsCovered) -> Rendered:
    """One line an account, those with something unread first; then a line for each cause of being left out."""
    ordered = sorted(covered.shown, key=_account)
    groups = [(account, list(targets)) for account, targets in groupby(ordered, key=_account)]
    groups.sort(key=lambda each: (_is_read(each[1]), each[0]))
    title = _title(covered)
    lines = [_line(name, account, targets) for (name, account), targets in groups[:MOST_ACCOUNTS]]
    foot = [as_of(covered.scan)]
    if untold := covered.accounts + (not covered.is_listed) - len(lines):
        foot.append(note(f"{counted(untold, 'more account')}: narrow it with account=…"))
    if not (lines or covered.left_out):
        sentence = "No account of the last scan matches."
        return message(sentence, [rich(sentence), context(*foot)])
    read = [rich(bold(title)), bullets(*lines)] if lines else []
    summary = title if lines else left_out_title(covered.left_out)
    return message(fallback(f"{summary}."), [*read, *left_out_blocks(covered.left_out), context(*foot)])


def _account(covered: Coverage) -> tuple[str, str]:
    return covered.account_name, covered.account


def _is_read(targets: Sequence[Coverage]) -> bool:
    return all(target.status is CoverageStatus.SCANNED for target in targets)


def _title(covered: AccountsCovered) -> str:
    if not covered.accounts:
        return "The last scan reached no account"
    title = f"{counted(covered.accounts, 'account')} in the last scan"
    if covered.unread:
        return f"{title}, {covered.unread:,} not wholly read"
    return f"{title}, all read" if covered.is_listed else title


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
