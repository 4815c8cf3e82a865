"""Rich text: lines in which nothing that others wrote means anything to Slack.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Sequence

from bot.models.messages import Block
from bot.views.parts import Element
from bot.views.words import cut

Inline = str | Element
"""A piece of a line: a plain string, or what `bold`, `code`, `link`, `user`, `group` and `moment` make."""


def rich(*lines: Sequence[Inline] | Inline) -> Block:
    """A paragraph of lines in which nothing has to be escaped."""
    elements: list[Element] = []
    for number, line in enumerate(lines):
        if number:
            elements.append({"type": "text", "text": "\n"})
        elements += _inline(line)
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def bullets(*lines: Sequence[Inline] | Inline) -> Block:
    items = [{"type": "rich_text_section", "elements": _inline(line)} for line in lines]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": items}]}


def rich_parts(*parts: Element) -> Block:
    """Paragraphs and blocks of code under each other."""
    return {"type": "rich_text", "elements": list(parts)}


def rich_section(*line: Inline) -> Element:
    """A paragraph for `rich_parts`."""
    return {"type": "rich_text_section", "elements": _inline(line)}


def rich_preformatted(text: str) -> Element:
    """Lines to be copied, for `rich_parts`."""
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}


def joined(*blocks: Block) -> Block:
    """Paragraphs and lists of rich text as one block: a message has room for few."""
    return {"type": "rich_text", "elements": [element for block in blocks for element in block["elements"]]}


def quote(text: str, limit: int = 1000) -> Block:
    """What somebody wrote."""
    words = [{"type": "text", "text": cut(text, limit)}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": words}]}


def bold(text: str) -> Element:
    return {"type": "text", "text": text, "style": {"bold": True}}


def code(text: str) -> Element:
    return {"type": "text", "text": text, "style": {"code": True}}


def link(url: str, text: str) -> Element:
    return {"type": "link", "url": url, "text": text}


def user(user_id: str) -> Element:
    return {"type": "user", "user_id": user_id}


def group(group_id: str) -> Element:
    return {"type": "usergroup", "usergroup_id": group_id}


def _inline(line: Sequence[Inline] | Inline) -> list[Element]:
    pieces = [line] if isinstance(line, str | dict) else list(line)
    elements = [{"type": "text", "text": piece} if isinstance(piece, str) else piece for piece in pieces]
    return [each for each in elements if each.get("text") != ""]
