"""The open keys, a page at a time."""

import json

from bot.models.messages import Block, Rendered
from bot.models.posture import ListPage
from bot.views.age import as_of
from bot.views.budget import message
from bot.views.names import ENABLE_SEVERAL, LIST_PAGE, action_id
from bot.views.parts import VALUE_CHARACTERS, Element, actions, button, context, note
from bot.views.rich import bold, rich
from bot.views.rows import key_row
from bot.views.sentences import fallback
from bot.views.words import counted, cut

SEVERAL = 2
"""So many keys are worth a form of their own."""


def listing(page: ListPage) -> Rendered:
    title = _title(page)
    blocks: list[Block] = [rich([bold(title), f" · page {page.page} of {page.pages}" if page.pages > 1 else ""])]
    for key in page.keys:
        blocks += key_row(key, page.requests.get(key.arn), snoozed_until=page.snoozed.get(key.arn))
    blocks += _buttons(page)
    foot: list[Element] = [as_of(page.scan)]
    if not page.total:
        foot.append(note("Keys that could not be read are not listed: /kms-rotation status says which."))
    blocks.append(context(*foot))
    return message(fallback(f"{title}."), blocks)


def _title(page: ListPage) -> str:
    if not page.total:
        return f"No open key matches {cut(page.scope, 200)}" if page.scope else "No key is open"
    matching = f" matching {cut(page.scope, 200)}" if page.scope else ""
    return f"{counted(page.total, 'open key')}{matching}"


def turn_value(scope: str, number: int) -> str:
    """What a button that turns the page carries: a filter and a number, checked anew when they come back."""
    return json.dumps({"scope": scope, "page": number}, separators=(",", ":"), ensure_ascii=False)


def read_turn(value: str) -> tuple[str, int]:
    """Read it back. Raises ValueError for what no button of ours carries."""
    try:
        carried = json.loads(value)
    except RecursionError as error:
        raise ValueError("not a page of the list") from error
    match carried:
        case {"scope": str(scope), "page": int(number)}:
            return scope, number
    raise ValueError("not a page of the list")


def _buttons(page: ListPage) -> list[Block]:
    """What turns the page, and what asks for several keys at once.

    A filter that no button can carry is not cut: it would mean other keys.
    """
    free = [key for key in page.keys if key.arn not in page.requests]
    if page.pages == 1 and len(free) < SEVERAL:
        return []
    if len(turn_value(page.scope, page.pages)) > VALUE_CHARACTERS:
        return [context(note("The filter is too long for buttons that turn the page: give a shorter one."))]
    buttons: list[Element] = []
    if page.page > 1:
        buttons.append(button("◀ Previous", action_id(LIST_PAGE, "previous"), turn_value(page.scope, page.page - 1)))
    if page.page < page.pages:
        buttons.append(button("Next ▶", action_id(LIST_PAGE, "next"), turn_value(page.scope, page.page + 1)))
    if page.total >= SEVERAL:
        buttons.append(button("Enable several …", ENABLE_SEVERAL, turn_value(page.scope, 1)))
    return [actions(*buttons)]
