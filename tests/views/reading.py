"""What a person reads: mentions as @NAME, dates as their day and hour, a line a block or a line of text."""

import re
from collections.abc import Iterator
from typing import Any

from bot.models.messages import Rendered
from bot.views.parts import Element

_MENTION = re.compile(r"<(?:@|!subteam\^)([A-Z0-9]+)>")
_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")


def lines(shown: Rendered | Element) -> list[str]:
    blocks = shown.blocks if isinstance(shown, Rendered) else shown["blocks"]
    return [line for block in blocks for line in _block(block).split("\n") if line]


def buttons(shown: Rendered | Element) -> list[str]:
    blocks = shown.blocks if isinstance(shown, Rendered) else shown["blocks"]
    return [each["text"]["text"] for each in parts(blocks) if each.get("type") == "button"]


def parts(thing: Any) -> Iterator[Element]:  # noqa: ANN401 - JSON
    """Every object in it, whatever it stands in."""
    if isinstance(thing, dict):
        yield thing
    for inner in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else ():
        yield from parts(inner)


def _block(block: Element) -> str:
    match block:
        case {"type": "context", "elements": list(elements)}:
            return " | ".join(map(_inline, elements))
        case {"type": "rich_text", "elements": list(elements)}:
            return "\n".join(map(_paragraph, elements))
        case {"type": "actions"}:
            return " ".join(f"[{each}]" for each in buttons({"blocks": [block]}))
        case {"type": "section", "text": text, "accessory": accessory}:
            return f"{_inline(text)} [{accessory['text']['text']}]"
        case {"type": "input", "label": label, "hint": hint}:
            return f"{_inline(label)} ({_inline(hint)})"
        case {"text": text}:
            return _inline(text)
    return ""


def _paragraph(part: Element) -> str:
    if part["type"] == "rich_text_list":
        return "\n".join(f"• {_paragraph(each)}" for each in part["elements"])
    mark = "> " if part["type"] == "rich_text_quote" else ""
    return mark + "".join(map(_inline, part["elements"]))


def _inline(element: Element) -> str:
    match element:
        case {"type": "user", "user_id": str(who)} | {"type": "usergroup", "usergroup_id": str(who)}:
            return f"@{who}"
        case {"type": "channel", "channel_id": str(where)}:
            return f"#{where}"
        case {"type": "date", "fallback": str(moment)}:
            return moment
        case {"type": "mrkdwn", "text": str(text)}:
            return _DATE.sub(r"\1", _MENTION.sub(r"@\1", text))
    return str(element["text"])
