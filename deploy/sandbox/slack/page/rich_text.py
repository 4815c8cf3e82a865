"""rich_text as HTML."""

from collections.abc import Callable
from typing import Any

from deploy.sandbox.slack.page.dates import LAST_SECOND, formatted
from deploy.sandbox.slack.page.emoji import picture
from deploy.sandbox.slack.page.html import Html, element, join, lines
from deploy.sandbox.slack.page.mrkdwn import link
from deploy.sandbox.slack.page.reader import Reader
from deploy.sandbox.slack.things import Json

STYLES = {"bold": "strong", "italic": "em", "strike": "s", "code": "code", "underline": "u", "highlight": "mark"}


def render(block: Json, reader: Reader) -> Html:
    return element("div", [_part(part, reader) for part in block["elements"]], class_="rich")


def _part(part: Json, reader: Reader) -> Html:
    return PARTS[part["type"]](part, reader)


def _inline(part: Json, reader: Reader) -> Html:
    return join(_styled(item, INLINE[item["type"]](item, reader)) for item in part["elements"])


def _styled(item: Json, inner: Html) -> Html:
    for name, is_on in (item.get("style") or {}).items():
        if is_on and name in STYLES:
            inner = element(STYLES[name], inner)
    return inner


def _list(part: Json, reader: Reader) -> Html:
    ordered = part["style"] == "ordered"
    items = [element("li", _inline(item, reader)) for item in part["elements"]]
    indent = f"indent-{part.get('indent', 0)}"
    return element(
        "ol" if ordered else "ul", items, class_=indent, start=part.get("offset", 0) + 1 if ordered else None
    )


def _text(item: Json, _reader: Reader) -> Html:
    return lines(item["text"])


def _date(item: Json, reader: Reader) -> Html:
    if item["timestamp"] > LAST_SECOND:
        return join(str(item.get("fallback", item["timestamp"])))
    moment = reader.local(item["timestamp"])
    return element("time", formatted(reader, item["timestamp"], item["format"]), datetime=moment.isoformat())


def _mention(text: str) -> Html:
    return element("span", text, class_="mention")


PARTS: dict[str, Callable[[Any, Reader], Html]] = {
    "rich_text_section": lambda part, reader: element("p", _inline(part, reader)),
    "rich_text_list": _list,
    "rich_text_preformatted": lambda part, reader: element("pre", _inline(part, reader)),
    "rich_text_quote": lambda part, reader: element("blockquote", _inline(part, reader)),
}
INLINE: dict[str, Callable[[Any, Reader], Html]] = {
    "text": _text,
    "link": lambda item, reader: link(item["url"], item.get("text") or item["url"], reader),
    "user": lambda item, reader: _mention(f"@{reader.user(item['user_id'])}"),
    "usergroup": lambda item, reader: _mention(f"@{reader.group(item['usergroup_id'])}"),
    "channel": lambda item, reader: _mention(f"#{reader.channel(item['channel_id'])}"),
    "emoji": lambda item, _reader: join(picture(item["name"])),
    "date": _date,
    "broadcast": lambda item, _reader: _mention(f"@{item['range']}"),
}
