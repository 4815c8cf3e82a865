"""Text in which nothing has to be escaped. Source: docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from deploy.sandbox.slack.validation.elements import IDENTIFIER, URL
from deploy.sandbox.slack.validation.rules import (
    Problems,
    Rule,
    array,
    boolean,
    by_type,
    integer,
    one_of,
    record,
    string,
)

MANY = 1000
_STYLE = record(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)
_STYLED: dict[str, Rule] = {"style": _STYLE}
_INLINE = by_type(
    {
        "text": record({"text": string(12_000)}, _STYLED),
        "link": record({"url": URL}, {"text": string(12_000), "unsafe": boolean, **_STYLED}),
        "user": record({"user_id": IDENTIFIER}, _STYLED),
        "usergroup": record({"usergroup_id": IDENTIFIER}, _STYLED),
        "channel": record({"channel_id": IDENTIFIER}, _STYLED),
        "emoji": record({"name": string(100)}, {"unicode": string(100), "skin_tone": integer(1, 6), **_STYLED}),
        "date": record(
            {"timestamp": integer(), "format": string(255)}, {"url": URL, "fallback": string(255), **_STYLED}
        ),
        "broadcast": record({"range": one_of("here", "channel", "everyone")}, _STYLED),
    }
)
_TEXT_OR_LINK = by_type(
    {
        "text": record({"text": string(12_000)}, _STYLED),
        "link": record({"url": URL}, {"text": string(12_000), "unsafe": boolean, **_STYLED}),
    }
)
_BORDER: dict[str, Rule] = {"border": integer(0, 1)}
_SECTION = record({"elements": array(_INLINE, MANY, 0)}, {})
_SECTIONS_ONLY = by_type({"rich_text_section": _SECTION})
RICH_TEXT_PARTS = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": record(
            {"style": one_of("bullet", "ordered"), "elements": array(_SECTIONS_ONLY, MANY)},
            {"indent": integer(0, 8), "offset": integer(), **_BORDER},
        ),
        "rich_text_preformatted": record(
            {"elements": array(_TEXT_OR_LINK, MANY)}, {"language": string(100), **_BORDER}
        ),
        "rich_text_quote": record({"elements": array(_INLINE, MANY)}, _BORDER),
    }
)
RICH_TEXT_KEYS: dict[str, Rule] = {"elements": array(RICH_TEXT_PARTS, MANY)}


def rich_text_cell(value: object, pointer: str, problems: Problems) -> None:
    """A rich_text inside a table, which has no block_id."""
    record(RICH_TEXT_KEYS, {})(value, pointer, problems)
