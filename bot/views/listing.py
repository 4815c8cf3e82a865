"""The open keys, a page at a time."""

import json

from bot.models.messages import Block, Rendered
from bot.models.posture import ListPage
from bot.views.names import LIST_PAGE, action_id
from bot.views.parts import Element, actions, bold, button, context, counted, cut, date, fallback, mrkdwn, note, rich
from bot.views.rows import key_row

LONGEST_SCOPE = 1500


def listing(page: ListPage) -> Rendered:
    title = f"{counted(page.total, 'open key')}" if page.total else "No open key"
    if page.scope:
        title += f" matching {cut(page.scope, 200)}"
    blocks: list[Block] = [rich([bold(title), f" · page {page.page} of {page.pages}" if page.pages > 1 else ""])]
    for key in page.keys:
        blocks += key_row(key, page.requests.get(key.arn))
    if page.pages > 1:
        blocks.append(actions(*_turns(page)))
    read_at = page.scan.finished_at or page.scan.started_at
    foot: list[Element] = [mrkdwn(f"As of the scan of {date(read_at)}.")]
    if not page.total:
        foot.append(note("What could not be read is not in it: /kms-rotation status says what that was."))
    blocks.append(context(*foot))
    return Rendered(fallback(f"{title}."), tuple(blocks))


def turn_value(scope: str, number: int) -> str:
    """What a button that turns the page carries: a filter and a number, checked anew when they come back."""
    return json.dumps({"scope": cut(scope, LONGEST_SCOPE), "page": number}, separators=(",", ":"))


def read_turn(value: str) -> tuple[str, int]:
    """Read it back. Raises ValueError for what no button of ours carries."""
    carried = json.loads(value)
    if not isinstance(carried, dict):
        raise ValueError("not a page of the list")  # noqa: TRY004 - one error for all that is malformed
    return str(carried.get("scope", "")), int(carried.get("page", 1))


def _turns(page: ListPage) -> list[Element]:
    turns = []
    if page.page > 1:
        turns.append(button("◀ Previous", action_id(LIST_PAGE, "previous"), turn_value(page.scope, page.page - 1)))
    if page.page < page.pages:
        turns.append(button("Next ▶", action_id(LIST_PAGE, "next"), turn_value(page.scope, page.page + 1)))
    return turns
