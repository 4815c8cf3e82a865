"""Which accounts a scan leaves out on purpose, by cause."""

from collections.abc import Iterator, Sequence

from bot.models.messages import Block
from bot.models.scans import LeftOut, by_cause
from bot.views.rich import Inline, bold, bullets, rich
from bot.views.words import counted, cut, some

MOST_CAUSES = 10
MOST_NAMES = 5


def left_out_blocks(accounts: Sequence[LeftOut]) -> Iterator[Block]:
    """One line a cause, the most common first; nothing where no account is left out."""
    if not accounts:
        return
    causes = by_cause(accounts)
    lines: list[list[Inline]] = [
        [bold(some([_name(each) for each in of_cause], MOST_NAMES)), f" – {cut(why, 300)}"]
        for why, of_cause in causes[:MOST_CAUSES]
    ]
    if rest := sum(len(of_cause) for _, of_cause in causes[MOST_CAUSES:]):
        lines.append([f"… and {counted(rest, 'account')} for other causes"])
    yield rich(bold(left_out_title(accounts)))
    yield bullets(*lines)


def left_out_title(accounts: Sequence[LeftOut]) -> str:
    return f"{counted(len(accounts), 'account')} left out"


def _name(account: LeftOut) -> str:
    name = cut(account.account_name, 60)
    return name if account.account_name == account.account else f"{name} ({account.account})"
