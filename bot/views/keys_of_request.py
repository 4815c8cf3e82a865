"""Every key of a request, for those who want to see more than its message shows."""

from bot.models.keys import KeyArn
from bot.models.requests import Change, ChangeState, Request
from bot.views.naming import whereabouts
from bot.views.parts import Element, label
from bot.views.rich import Inline, bold, bullets
from bot.views.rows import MARKS
from bot.views.words import counted, cut

KEYS_A_BLOCK = 50


def all_keys(asked: Request) -> Element:
    """Every key of a request in a modal, and what became of it so far: nobody is to approve what they cannot see.

    What failed comes first, each with why.
    """
    groups = [in_order(asked)[start : start + KEYS_A_BLOCK] for start in range(0, len(asked.changes), KEYS_A_BLOCK)]
    return {
        "type": "modal",
        "title": label(counted(len(asked.changes), "key"), 24),
        "close": label("Close", 24),
        "blocks": [bullets(*(_line_of(change) for change in group)) for group in groups],
    }


def _line_of(change: Change) -> list[Inline]:
    key_id = f" · {KeyArn.parse(change.arn).key_id}" if change.is_one_key else ""
    place = f" – {whereabouts(change)}{key_id}"
    mark = MARKS.get(change.state)
    why = f" – {cut(change.result, 160)}" if change.state is ChangeState.FAILED else ""
    return [f"{mark} " if mark else "", bold(cut(change.key_name, 100)), place, why]


def in_order(asked: Request) -> list[Change]:
    """What failed first, for somebody has to look at it; then by name."""
    return sorted(
        asked.changes, key=lambda each: (each.state is not ChangeState.FAILED, each.account_name, each.key_name)
    )
