"""What a person reads of a sample: mentions by name, dates spelt out, a line a line."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.models.messages import Attachment, Rendered
from deploy.sandbox.gallery.checking import blocks_of
from deploy.sandbox.gallery.sample import Sample
from deploy.sandbox.slack.people import default_channels, default_groups, default_people
from deploy.sandbox.slack.things import Json, interactive

NAMES = {
    **{person.id: person.real_name for person in default_people()},
    **{group.id: group.handle for group in default_groups()},
    **{channel.id: channel.name for channel in default_channels()},
}
_MARKUP = re.compile(
    r"<(?:@|!subteam\^)(?P<who>\w+)>|<#(?P<where>\w+)>|<!date\^\d+\^(?P<form>[^|>]*)\|(?P<at>[^>]*)>"
    r"|<(?P<url>https?://[^|>]+)\|(?P<label>[^>]*)>"
)


def read(sample: Sample) -> list[str]:
    """Every line that is to be seen, what buttons ask before they act included."""
    content = sample.content
    if isinstance(content, Attachment):
        return [content.comment, f"📄 {content.title} ({content.name})", *content.content.splitlines()]
    lines = [] if isinstance(content, Rendered) else _frame(content)
    for block in blocks_of(sample):
        lines += _block(block, sample.errors)
    return lines


def spoken(sample: Sample) -> str | None:
    """What a screen reader, a notification and the search have of it."""
    return _mrkdwn(sample.content.text) if isinstance(sample.content, Rendered) else None


def questions(sample: Sample) -> list[str]:
    """What its buttons ask before they act, which the page's renderer shows only when they are pressed."""
    pressed = [each for block in blocks_of(sample) for _, each in interactive(block) if "confirm" in each]
    return [" ".join(line.strip() for line in _confirm(each)) for each in pressed]


def _frame(body: Json) -> list[str]:
    if body["type"] == "home":
        return []
    buttons = [f"[{body[name]['text']}]" for name in ("close", "submit") if name in body]
    return [f"{body['title']['text']}  {' '.join(buttons)}"]


def _block(block: Json, errors: Mapping[str, str]) -> list[str]:
    match block:
        case {"type": "divider"}:
            return ["---"]
        case {"type": "header", "text": text}:
            return [f"# {line}" for line in _lines(_inline(text))]
        case {"type": "context", "elements": elements}:
            return _lines("  ".join(map(_inline, elements)))
        case {"type": "actions", "elements": elements}:
            return _buttons(elements)
        case {"type": "image", "alt_text": told}:
            return [f"🖼 {told}"]
        case {"type": "rich_text", "elements": elements}:
            return [line for part in elements for line in _part(part)]
        case {"type": "section", "text": text}:
            accessory = [block["accessory"]] if "accessory" in block else []
            return [*_lines(_inline(text)), *_buttons(accessory)]
        case {"type": "input"}:
            return list(_input(block, errors))
    raise ValueError(f"nobody has said how a {block['type']} block reads")


def _input(block: Json, errors: Mapping[str, str]) -> Iterator[str]:
    optional = " (optional)" if block.get("optional") else ""
    yield f"{block['label']['text']}{optional}: [{_initial(block['element'])}]"
    mark = _CHOICES.get(block["element"]["type"])
    if mark is not None:
        yield from (f"  {mark} {_option(option)}" for option in block["element"]["options"])
    if "hint" in block:
        yield f"  {block['hint']['text']}"
    if block["block_id"] in errors:
        yield f"  ! {errors[block['block_id']]}"


_CHOICES = {"checkboxes": "☐", "radio_buttons": "○", "static_select": "·"}
"""What stands before each option of a field."""


def _option(option: Json) -> str:
    told = f" – {option['description']['text']}" if "description" in option else ""
    return f"{_inline(option['text'])}{told}"


def _initial(element: Json) -> str:
    """What a field holds before anybody has entered anything."""
    who = element.get("initial_user")
    if (option := element.get("initial_option")) is not None:
        return _inline(option["text"])
    if (where := element.get("initial_conversation")) is not None:
        return f"#{NAMES.get(where, where)}"
    return f"@{NAMES.get(who, who)}" if who else str(element.get("initial_value") or element.get("initial_date") or "")


def _buttons(elements: Sequence[Json]) -> list[str]:
    if not elements:
        return []
    row = " ".join(map(_button, elements))
    return [row, *(line for each in elements if "confirm" in each for line in _confirm(each))]


def _button(element: Json) -> str:
    if element["type"] == "overflow":
        return f"[⋯ {' | '.join(option['text']['text'] for option in element['options'])}]"
    if element["type"] == "static_select":
        options = " | ".join(option["text"]["text"] for option in element["options"])
        return f"[{element['placeholder']['text']} {options}]"
    return f"[{element['text']['text']}]"


def _confirm(button: Json) -> Iterator[str]:
    asked = button["confirm"]
    yield f"  [{button['text']['text']}] asks first: {asked['title']['text']} {asked['text']['text']}"
    yield f"    [{asked['confirm']['text']}] [{asked['deny']['text']}]"


def _part(part: Json) -> list[str]:
    match part:
        case {"type": "rich_text_list", "elements": items}:
            return [
                f"{'•' if number == 0 else ' '} {line}"
                for item in items
                for number, line in enumerate(_lines("".join(map(_inline, item["elements"]))))
            ]
        case {"type": "rich_text_quote", "elements": elements}:
            return [f"> {line}" for line in _lines("".join(map(_inline, elements)))]
        case {"elements": elements}:
            return _lines("".join(map(_inline, elements)))
    raise ValueError(f"nobody has said how a {part['type']} reads")


def _inline(element: Json) -> str:
    match element:
        case {"type": "user", "user_id": who} | {"type": "usergroup", "usergroup_id": who}:
            return f"@{NAMES.get(who, who)}"
        case {"type": "channel", "channel_id": where}:
            return f"#{NAMES.get(where, where)}"
        case {"type": "date", "format": form, "fallback": at}:
            return _moment(form, at)
        case {"type": "mrkdwn", "text": text}:
            return _mrkdwn(text)
        case {"type": "link", "url": url}:
            return str(element.get("text", url))
        case {"text": str(text)}:
            return text
    raise ValueError(f"nobody has said how a {element['type']} reads")


def _mrkdwn(text: str) -> str:
    shown = _MARKUP.sub(_spelt, text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _spelt(markup: re.Match[str]) -> str:
    if markup["who"]:
        return f"@{NAMES.get(markup['who'], markup['who'])}"
    if markup["where"]:
        return f"#{NAMES.get(markup['where'], markup['where'])}"
    return markup["label"] if markup["url"] else _moment(markup["form"], markup["at"])


def _moment(form: str, at: str) -> str:
    """`2026-03-02 09:00 UTC`, or its day alone where that is all that is shown."""
    return at if "{time}" in form else at.partition(" ")[0]


def _lines(text: str) -> list[str]:
    return text.split("\n")
