"""The open keys, a page at a time."""

from bot.models.messages import Block, Rendered
from bot.models.posture import ListPage
from bot.views.age import as_of
from bot.views.budget import message
from bot.views.names import ENABLE_SEVERAL, LIST_PAGE
from bot.views.pages import headed, turn_value, turns
from bot.views.parts import Element, button, context, note
from bot.views.rows import key_row
from bot.views.sentences import fallback
from bot.views.words import counted, cut

SEVERAL = 2
"""So many keys are worth a form of their own."""


def listing(page: ListPage) -> Rendered:
    title = _title(page)
    blocks: list[Block] = [headed(title, page.page, page.pages)]
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


def _buttons(page: ListPage) -> list[Block]:
    """What turns the page, and what asks for several keys at once."""
    free = [key for key in page.keys if key.arn not in page.requests]
    if page.pages == 1 and len(free) < SEVERAL:
        return []
    several = button("Enable several …", ENABLE_SEVERAL, turn_value(page.scope, 1))
    return turns(LIST_PAGE, page.scope, page.page, page.pages, *([several] if page.total >= SEVERAL else []))
