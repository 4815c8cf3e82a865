"""The pieces that views are made of.

Text that others wrote (aliases, account names, AWS's messages) goes into `plain` and `rich` only, where nothing in it
means anything to Slack. What goes into `mrkdwn` is ours, or mentions and dates. Sentences of ours that quote others
put the quotation between “ and ”: see `meant`.
Limits: https://docs.slack.dev/reference/block-kit/blocks.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.models.anchor import Anchor
from bot.models.messages import Block

Element = dict[str, Any]
Inline = str | Element
"""A piece of a line of rich text: a plain string, or what `bold`, `code`, `user` and `moment` make."""

SECTION_CHARACTERS = 3000
CONTEXT_CHARACTERS = 2000
HEADER_CHARACTERS = 150
BUTTON_CHARACTERS = 75
VALUE_CHARACTERS = 2000
FALLBACK_CHARACTERS = 3000
MOST_PEOPLE = 8
_QUOTED = re.compile("“.*”", re.DOTALL)
_MEANINGFUL = re.compile(r"(<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>|`[^`\n]+`)")
MOMENT = "{date_short_pretty} at {time}"
DAY = "{date_short_pretty}"


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escape(text: str) -> str:
    """Escape for mrkdwn. Cut before, never after.

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


def said(sentence: str) -> Block:
    """A sentence of ours as a paragraph."""
    return rich(meant(sentence))


def meant(sentence: str) -> list[Inline]:
    """A line in which mentions of people, groups and channels, and `code`, mean something, and nothing else does.

    From the first “ to the last ” of a line nothing does at all: there stands what others wrote.
    """
    return [_element(piece) if is_markup else piece for piece, is_markup in _pieces(sentence)]


def spoken(sentence: str) -> str:
    """The same line as the text of a message."""
    told = ""
    for piece, is_markup in _pieces(sentence):
        room = FALLBACK_CHARACTERS - len(told)
        text = piece if is_markup else _escaped(piece, room)
        if len(text) > room:
            break
        told += text
    return told


def fallback(sentence: str) -> str:
    """The text of a message: a whole sentence in which nothing means anything to Slack."""
    return _escaped(sentence, FALLBACK_CHARACTERS)


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


def moment(at: datetime, form: str = MOMENT) -> Element:
    """A time in the reader's own time zone. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""
    return {"type": "date", "timestamp": int(at.timestamp()), "format": form, "fallback": _fallback(at)}


def date(at: datetime, form: str = MOMENT) -> str:
    """The same for mrkdwn. https://docs.slack.dev/messaging/formatting-message-text#date-formatting."""
    return f"<!date^{int(at.timestamp())}^{form}|{_fallback(at)}>"


def anchored(anchor: Anchor) -> Element:
    """An entry of the record with its hash, in code: to be copied whole into `audit verify`."""
    return mrkdwn(f"Record, entry and hash: `{anchor}`")


def people(user_ids: Iterable[str], most: int = MOST_PEOPLE) -> str:
    """Mentions for mrkdwn: “@a, @b and @c”, or “@a, @b and 7 others”."""
    mentions = [f"<@{each}>" for each in user_ids]
    others = len(mentions) - most
    return listed([*mentions[:most], counted(others, "other")] if others > 0 else mentions)


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


def _pieces(sentence: str) -> Iterator[tuple[str, bool]]:
    """Split sentences of ours, a line each or several; with each piece goes whether it is markup."""
    for number, line in enumerate(sentence.split("\n")):
        if number:
            yield "\n", False
        yield from _pieces_of_line(line)


def _pieces_of_line(line: str) -> Iterator[tuple[str, bool]]:
    quoted = _QUOTED.search(line)
    parts = (line,) if quoted is None else (line[: quoted.start()], line[quoted.end() :])
    for number, part in enumerate(parts):
        if number and quoted is not None:
            yield quoted.group(), False
        for piece in _MEANINGFUL.split(part):
            if piece:
                yield piece, _MEANINGFUL.fullmatch(piece) is not None


def _escaped(text: str, limit: int) -> str:
    """Escape as much of a text as fits."""
    whole = escape(text)
    if len(whole) <= limit:
        return whole
    room, kept = limit - 1, 0
    while kept < len(text) and (room := room - len(escape(text[kept]))) >= 0:
        kept += 1
    return escape(text[:kept]) + "…"


def _element(text: str) -> Element:
    if text.startswith("<@"):
        return user(text[2:-1])
    if text.startswith("<#"):
        return {"type": "channel", "channel_id": text[2:-1]}
    if text.startswith("<!subteam^"):
        return group(text.removeprefix("<!subteam^")[:-1])
    return code(text[1:-1])


def _inline(line: Sequence[Inline] | Inline) -> list[Element]:
    pieces = [line] if isinstance(line, str | dict) else list(line)
    elements = [{"type": "text", "text": piece} if isinstance(piece, str) else piece for piece in pieces]
    return [each for each in elements if each.get("text") != ""]


def _fallback(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
