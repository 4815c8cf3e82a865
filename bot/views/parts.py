"""The blocks that views are made of, and what stands in them.

Text that others wrote (aliases, account names, AWS's messages) goes into `plain` and into rich text only, where nothing
in it means anything to Slack. What goes into `mrkdwn` is ours, or mentions and dates.
Limits: https://docs.slack.dev/reference/block-kit/blocks.
"""

from typing import Any

from bot.models.anchor import Anchor
from bot.models.messages import Block
from bot.views.words import cut

Element = dict[str, Any]

SECTION_CHARACTERS = 3000
CONTEXT_CHARACTERS = 2000
HEADER_CHARACTERS = 150
BUTTON_CHARACTERS = 75
VALUE_CHARACTERS = 2000


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


def anchored(anchor: Anchor) -> Element:
    """An entry of the record with its hash, in code: to be copied whole into `audit verify`."""
    return mrkdwn(f"Record, entry and hash: `{anchor}`")
