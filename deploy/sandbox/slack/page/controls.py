"""Every kind of control as HTML."""

from collections.abc import Callable, Iterable

from deploy.sandbox.slack.form import options_of
from deploy.sandbox.slack.page.control import Control
from deploy.sandbox.slack.page.emoji import plain
from deploy.sandbox.slack.page.html import Html, element
from deploy.sandbox.slack.page.mrkdwn import LINKS, text
from deploy.sandbox.slack.page.reader import Origin, Reader
from deploy.sandbox.slack.things import Json

INPUT_TYPES = {
    "number_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "datetime-local",
}


def control(
    item: Json,
    block: Json,
    reader: Reader,
    origin: Origin,
    *,
    value: Json | None = None,
    field: str | None = None,
    invalid: str | None = None,
    error_id: str | None = None,
) -> Html:
    it = Control(item, block, reader, origin, value, field, invalid, error_id)
    return CONTROLS.get(item["type"], _typed)(it)


def _button(it: Control) -> Html:
    style = it.item.get("style", "")
    label = plain(it.item["text"])
    return element(
        "button",
        label,
        type="button",
        class_=f"button {style}".strip(),
        data_act="click",
        data_url=_followed(it.item.get("url")),
        aria_label=it.item.get("accessibility_label"),
        data_testid="action",
        **it.address(),
    )


def _followed(url: str | None) -> str | None:
    return url if url and url.startswith(LINKS) else None


def _overflow(it: Control) -> Html:
    choices = [
        element(
            "button",
            plain(option["text"]),
            type="button",
            role="menuitem",
            data_act="choose",
            data_option=option["value"],
            data_url=_followed(option.get("url")),
            **it.address(),
        )
        for option in it.item["options"]
    ]
    summary = element("summary", "⋯", aria_label="More actions", data_key=f"{it.address()['data_key']}|menu")
    menu = element("div", choices, role="menu", class_="menu")
    return element("details", summary, menu, class_="overflow", data_testid="overflow")


def _select(it: Control) -> Html:
    chosen = it.current["value"] if it.current else ""
    groups = it.item.get("option_groups")
    inner: Iterable[Html] = (
        [element("optgroup", _options(g["options"], chosen), label=plain(g["label"])) for g in groups]
        if groups
        else _options(it.item["options"], chosen)
    )
    return element("select", element("option", it.placeholder or "Choose an option", value=""), inner, **it.entry())


def _options(options: list[Json], chosen: str) -> list[Html]:
    return [
        element("option", plain(option["text"]), value=option["value"], selected=option["value"] == chosen)
        for option in options
    ]


def _from_directory(it: Control) -> Html:
    state = it.reader.state
    names: dict[str, str] = (
        {person.id: person.real_name for person in state.people.values() if not person.deleted}
        if "users" in it.item["type"]
        else {channel.id: f"#{channel.name}" for channel in state.channels.values() if channel.name}
    )
    chosen = it.current or ""
    several = it.item["type"].startswith("multi_")
    options = [
        element("option", name, value=key, selected=key in chosen if several else key == chosen)
        for key, name in names.items()
    ]
    first = [] if several else [element("option", it.placeholder or "Choose", value="")]
    return element("select", first, options, multiple=several, **it.entry())


def _choices(it: Control) -> Html:
    """Radio buttons and check boxes; a multi-select is shown as check boxes too."""
    single = it.item["type"] == "radio_buttons"
    current = it.current or []
    chosen = [current["value"]] if isinstance(current, dict) else [option["value"] for option in current]
    group = f"{it.origin.id}|{it.block['block_id']}|{it.item['action_id']}"
    boxes = [
        element(
            "label",
            element(
                "input",
                type="radio" if single else "checkbox",
                name=group,
                value=option["value"],
                checked=option["value"] in chosen,
                data_key=f"{group}|{option['value']}",
            ),
            _choice_label(option, it.reader),
        )
        for option in options_of(it.item)
    ]
    entry = {**it.entry(), "data_key": None, "autofocus": None}
    return element("div", boxes, class_="choices", role="radiogroup" if single else "group", **entry)


def _choice_label(option: Json, reader: Reader) -> Html:
    described = option.get("description")
    return element("span", text(option["text"], reader), element("small", text(described, reader)) if described else "")


def _typed(it: Control) -> Html:
    current = "" if it.current is None else str(it.current)
    most = it.item.get("max_length", 3000)
    if it.item.get("multiline"):
        return element("textarea", current, rows="4", placeholder=it.placeholder, maxlength=most, **it.entry())
    kind = INPUT_TYPES.get(it.item["type"], "text")
    if kind == "datetime-local" and current:
        current = it.reader.local(int(current)).strftime("%Y-%m-%dT%H:%M")
    mode = "decimal" if it.item["type"] == "number_input" else None
    is_text = it.item["type"] == "plain_text_input"
    return element(
        "input",
        type=kind,
        value=current,
        placeholder=it.placeholder,
        maxlength=most if is_text else None,
        inputmode=mode,
        autocomplete="off",
        **it.entry(),
    )


CONTROLS: dict[str, Callable[[Control], Html]] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _select,
    "multi_static_select": _choices,
    "radio_buttons": _choices,
    "checkboxes": _choices,
    "users_select": _from_directory,
    "multi_users_select": _from_directory,
    "channels_select": _from_directory,
    "multi_channels_select": _from_directory,
    "conversations_select": _from_directory,
}
