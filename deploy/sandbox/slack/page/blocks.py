"""Blocks as HTML."""

from collections.abc import Callable, Iterable
from typing import Any

from deploy.sandbox.slack.page import rich_text
from deploy.sandbox.slack.page.controls import control
from deploy.sandbox.slack.page.emoji import plain
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.mrkdwn import text
from deploy.sandbox.slack.page.reader import Origin, Reader
from deploy.sandbox.slack.things import Json, View

ALERT_SIGNS = {"default": "", "info": "ℹ️", "warning": "⚠️", "error": "⛔", "success": "✅"}
PICTURES = ("http://", "https://")


def render(blocks: Iterable[Json], reader: Reader, origin: Origin, view: View | None = None) -> Html:
    return join(_block(block, reader, origin, view) for block in blocks)


def _block(block: Json, reader: Reader, origin: Origin, view: View | None) -> Html:
    kind = block["type"]
    if kind == "input":
        return _input(block, reader, origin, view)
    inner = BLOCKS[kind](block, reader, origin)
    return element("div", inner, class_=f"block {kind}", data_block_id=block["block_id"], data_testid=f"block-{kind}")


def _section(block: Json, reader: Reader, origin: Origin) -> Html:
    body = [element("div", text(block["text"], reader), class_="text")] if block.get("text") else []
    if block.get("fields"):
        body.append(element("div", [element("div", text(f, reader)) for f in block["fields"]], class_="fields"))
    side = block.get("accessory")
    if side is None:
        return join(body)
    shown = _picture(side, reader) if side["type"] == "image" else control(side, block, reader, origin)
    return join(element("div", body, class_="body"), element("div", shown, class_="accessory"))


def _context(block: Json, reader: Reader, _origin: Origin) -> Html:
    shown = [_picture(item, reader) if item["type"] == "image" else text(item, reader) for item in block["elements"]]
    return join(element("span", item) for item in shown)


def _actions(block: Json, reader: Reader, origin: Origin) -> Html:
    return join(control(item, block, reader, origin) for item in block["elements"])


def _picture(item: Json, reader: Reader) -> Html:
    named = item.get("slack_file")
    source = item.get("image_url", "") if named is None else reader.picture(named)
    if source is None or (named is None and not source.startswith(PICTURES)):
        return element("span", item["alt_text"], class_="no-picture")
    return element("img", src=source, alt=item["alt_text"], loading="lazy", referrerpolicy="no-referrer")


def _image(block: Json, reader: Reader, _origin: Origin) -> Html:
    title = [element("figcaption", text(block["title"], reader))] if block.get("title") else []
    return element("figure", title, _picture(block, reader))


def _table(block: Json, reader: Reader, _origin: Origin) -> Html:
    settings = block.get("column_settings") or []
    rows = [
        element(
            "tr", [_cell(cell, "td" if row else "th", settings, column, reader) for column, cell in enumerate(cells)]
        )
        for row, cells in enumerate(block["rows"])
    ]
    return element("div", element("table", rows), class_="scroll", tabindex="0", role="region", aria_label="Table")


def _cell(cell: Json, tag: str, settings: list[Json], column: int, reader: Reader) -> Html:
    setting = settings[column] if column < len(settings) and settings[column] else {}
    shown = CELLS[cell["type"]](cell, reader)
    wrap = "" if setting.get("is_wrapped") else " nowrap"
    return element(tag, shown, class_=f"{setting.get('align', 'left')}{wrap}", scope="col" if tag == "th" else None)


def _alert(block: Json, reader: Reader, _origin: Origin) -> Html:
    level = block.get("level", "default")
    sign = element("span", ALERT_SIGNS[level], aria_hidden="true")
    return element("div", sign, element("div", text(block["text"], reader)), class_=f"level {level}", role="note")


def _input(block: Json, reader: Reader, origin: Origin, view: View | None) -> Html:
    name, error = block["block_id"], (view.errors.get(block["block_id"]) if view else None)
    item = block["element"]
    field, told = f"{origin.id}-{name}", f"{origin.id}-{name}-error"
    optional = element("span", " (optional)", class_="optional") if block.get("optional") else ""
    label = join(plain(block["label"]), optional)
    many = item["type"] in {"radio_buttons", "checkboxes", "multi_static_select", "multi_users_select"}
    value = view.values.get(name, {}).get(item["action_id"]) if view else None
    shown = control(item, block, reader, origin, value=value, field=field, invalid=error, error_id=told)
    parts = [element("legend", label) if many else element("label", label, for_=field), shown]
    if block.get("hint"):
        parts.append(element("p", plain(block["hint"]), class_="hint"))
    if error:
        parts.append(element("p", error, class_="error", id=told, role="alert", data_testid="field-error"))
    tag = "fieldset" if many else "div"
    return element(tag, parts, class_="block input", data_block_id=name, data_testid="block-input")


CELLS: dict[str, Callable[[Any, Reader], str]] = {
    "raw_text": lambda cell, _reader: str(cell["text"]),
    "raw_number": lambda cell, _reader: str(cell.get("text") or cell["value"]),
    "rich_text": rich_text.render,
}
BLOCKS: dict[str, Callable[[Any, Reader, Origin], Html]] = {
    "section": _section,
    "header": lambda block, _reader, _origin: element("h3", plain(block["text"])),
    "divider": lambda _block, _reader, _origin: element("hr"),
    "context": _context,
    "actions": _actions,
    "image": _image,
    "rich_text": lambda block, reader, _origin: rich_text.render(block, reader),
    "markdown": lambda block, _reader, _origin: element("div", block["text"], class_="markdown"),
    "table": _table,
    "alert": _alert,
    "file": lambda block, _reader, _origin: element("span", f"📎 {block['external_id']}"),
}
