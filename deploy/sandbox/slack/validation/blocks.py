"""Every block, with its limits. Source: docs.slack.dev/reference/block-kit/blocks.

A type that is not in the table is refused, newer ones of Slack's too: the page cannot show them.
"""

from deploy.sandbox.slack.validation.elements import (
    IDENTIFIER,
    IMAGE,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    URL,
)
from deploy.sandbox.slack.validation.rich_text import RICH_TEXT_KEYS, rich_text_cell
from deploy.sandbox.slack.validation.rules import (
    Rule,
    array,
    at_least_one,
    boolean,
    by_type,
    every,
    exactly_one,
    one_of,
    plain,
    record,
    string,
    text,
)

_CELL = by_type(
    {
        "raw_text": record({"text": string(12_000, 0)}, {}),
        "raw_number": record({"value": lambda _value, _pointer, _problems: None}, {"text": string(255)}),
        "rich_text": rich_text_cell,
    }
)
_COLUMN = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
_NAMED: dict[str, Rule] = {"block_id": IDENTIFIER}

SECTION = every(
    at_least_one("text", "fields"),
    record(
        {},
        {
            **_NAMED,
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": by_type(IN_SECTION),
            "expand": boolean,
        },
    ),
)
IMAGE_BLOCK = every(
    exactly_one("image_url", "slack_file"),
    record(
        {"alt_text": string(2000)},
        {
            **_NAMED,
            "image_url": URL,
            "title": plain(2000),
            "slack_file": every(exactly_one("id", "url"), record({}, {"id": IDENTIFIER, "url": URL})),
        },
    ),
)
CONTEXT_ELEMENT = by_type(
    {
        "image": IMAGE,
        "plain_text": record({"text": string(2000)}, {"emoji": boolean}),
        "mrkdwn": record({"text": string(2000)}, {"verbatim": boolean}),
    }
)

BLOCKS: dict[str, Rule] = {
    "section": SECTION,
    "divider": record({}, _NAMED),
    "header": record({"text": plain(150)}, _NAMED),
    "image": IMAGE_BLOCK,
    "context": record({"elements": array(CONTEXT_ELEMENT, 10)}, _NAMED),
    "actions": record({"elements": array(by_type(IN_ACTIONS), 25)}, _NAMED),
    "input": record(
        {"label": plain(2000), "element": by_type(IN_INPUT)},
        {**_NAMED, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": record(RICH_TEXT_KEYS, _NAMED),
    "markdown": record({"text": string(12_000)}, _NAMED),
    "file": record({"external_id": IDENTIFIER, "source": one_of("remote")}, _NAMED),
    "table": record({"rows": array(array(_CELL, 20), 100)}, {**_NAMED, "column_settings": array(_COLUMN, 20)}),
    "alert": record({"text": text(200)}, {**_NAMED, "level": one_of("default", "info", "warning", "error", "success")}),
}

_EVERYWHERE = {"section", "divider", "header", "image", "context", "actions", "rich_text"}
SURFACES: dict[str, dict[str, Rule]] = {
    "message": {name: BLOCKS[name] for name in sorted(_EVERYWHERE | {"table", "markdown", "file"})},
    "modal": {name: BLOCKS[name] for name in sorted(_EVERYWHERE | {"input", "alert"})},
    "home": {name: BLOCKS[name] for name in sorted(_EVERYWHERE | {"input"})},
}
