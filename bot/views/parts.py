"""The pieces that views are made of.

Text that others wrote (aliases, account names, AWS's messages) goes into `plain` and `rich` only, where nothing in it
means anything to Slack. What goes into `mrkdwn` is ours, or mentions and dates.
Limits: https://docs.slack.dev/reference/block-kit/blocks.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.models.messages import Block

Element = dict[str, Any]
Inline = str | Element
"""A piece of a line of rich text: a plain string, or what `bold`, `code`, `user` and `moment` make."""

SECTION_CHARACTERS = 3000
CONTEXT_CHARACTERS = 2000
HEADER_CHARACTERS = 150
BUTTON_CHARACTERS = 75
FALLBACK_CHARACTERS = 3000
_MEANINGFUL = re.compile(r"(<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>|`[^`\n]+`)")
MOMENT = "{date_short_pretty} at {time}"
DAY = "{date_short_pretty}"


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escape(text: str) -> str:
    """Escape for mrkdwn and for fallback texts. Cut before, never after.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, limit: int = SECTION_CHARACTERS) -> Element:
    return {"type": "plain_text", "text": cut(text, limit) or "–", "emoji": False}


def label(text: str, limit: int = BUTTON_CHARACTERS) -> Element:
    """Our own words on a button or a title, emoji included."""
    return {"type": "plain_text", "text": cut(text, limit), "emoji": True}


def mrkdwn(text: str) -> Element:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Block:
    return {"type": "header", "text": label(text, HEADER_CHARACTERS)}


def section(text: Element, accessory: Element | None = None, block_id: str | None = None) -> Block:
    block: Block = {"type": "section", "text": text}
    if accessory is not None:
        block["accessory"] = accessory
    if block_id is not None:
        block["block_id"] = block_id
    return block


def context(*elements: Element) -> Block:
    return {"type": "context", "elements": list(elements)}


def note(text: str) -> Element:
    """A plain piece of a context block."""
    return plain(text, CONTEXT_CHARACTERS)


def divider() -> Block:
    return {"type": "divider"}


def actions(*elements: Element, block_id: str | None = None) -> Block:
    block: Block = {"type": "actions", "elements": list(elements)}
    if block_id is not None:
        block["block_id"] = block_id
    return block


def button(
    text: str,
    action_id: str,
    value: str,
    *,
    style: str | None = None,
    confirm: Element | None = None,
    spoken: str | None = None,
) -> Element:
    """`value` is an opaque id; `spoken` is what a screen reader says instead of the label."""
    element: Element = {"type": "button", "text": label(text), "action_id": action_id, "value": value}
    if style is not None:
        element["style"] = style
    if confirm is not None:
        element["confirm"] = confirm
    if spoken is not None:
        element["accessibility_label"] = cut(spoken, BUTTON_CHARACTERS)
    return element


def confirm(title: str, text: str, yes: str, no: str, *, style: str | None = None) -> Element:
    element: Element = {
        "title": label(title, 100),
        "text": plain(text, 300),
        "confirm": label(yes, 30),
        "deny": label(no, 30),
    }
    if style is not None:
        element["style"] = style
    return element


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


def said(sentence: str) -> Block:
    """A sentence in which mentions of people, groups and channels, and `code`, mean something; nothing else does."""
    elements: list[Element] = []
    for piece in _MEANINGFUL.split(sentence):
        if match := _MEANINGFUL.fullmatch(piece):
            elements.append(_meant(match))
        elif piece:
            elements.append({"type": "text", "text": piece})
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def fallback(sentence: str) -> str:
    """The same sentence as the text of a message."""
    pieces = _MEANINGFUL.split(cut(sentence, FALLBACK_CHARACTERS))
    return "".join(piece if _MEANINGFUL.fullmatch(piece) else escape(piece) for piece in pieces)


def bold(text: str) -> Element:
    return {"type": "text", "text": text, "style": {"bold": True}}


def code(text: str) -> Element:
    return {"type": "text", "text": text, "style": {"code": True}}


def user(user_id: str) -> Element:
    return {"type": "user", "user_id": user_id}


def moment(at: datetime, form: str = MOMENT) -> Element:
    """A time in the reader's own time zone. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""
    return {"type": "date", "timestamp": int(at.timestamp()), "format": form, "fallback": _fallback(at)}


def date(at: datetime, form: str = MOMENT) -> str:
    """The same for mrkdwn. https://docs.slack.dev/messaging/formatting-message-text#date-formatting."""
    return f"<!date^{int(at.timestamp())}^{form}|{_fallback(at)}>"


def people(user_ids: Iterable[str]) -> str:
    """Mentions for mrkdwn: “@a, @b and @c”."""
    return listed([f"<@{each}>" for each in user_ids])


def listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def counted(number: int, one: str, many: str | None = None) -> str:
    """“1 key”, “2 keys”, “1,000 keys”."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def some(names: Sequence[str], most: int, total: int | None = None) -> str:
    """Name a few and say how many more there are."""
    total = len(names) if total is None else total
    shown = [cut(name, 80) for name in names[:most]]
    return ", ".join(shown) + (f" and {total - len(shown):,} more" if total > len(shown) else "")


def _meant(match: re.Match[str]) -> Element:
    text = match.group()
    if text.startswith("<@"):
        return user(text[2:-1])
    if text.startswith("<#"):
        return {"type": "channel", "channel_id": text[2:-1]}
    if text.startswith("<!subteam^"):
        return {"type": "usergroup", "usergroup_id": text.removeprefix("<!subteam^")[:-1]}
    return code(text[1:-1])


def _inline(line: Sequence[Inline] | Inline) -> list[Element]:
    pieces = [line] if isinstance(line, str | dict) else list(line)
    elements = [{"type": "text", "text": piece} if isinstance(piece, str) else piece for piece in pieces]
    return [each for each in elements if each.get("text") != ""]


def _fallback(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
