"""What people enter: the shape that Slack gives to each element's value, and what its client lets through."""

from collections.abc import Callable, Iterable
from typing import Any

from deploy.sandbox.slack.errors import CannotDoThatError
from deploy.sandbox.slack.things import Json, interactive

ONE_OPTION = {"static_select", "radio_buttons", "overflow"}
OPTIONS = {"multi_static_select", "checkboxes"}
KEYS = {
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", None),
    "multi_static_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
}
STATELESS = {"button", "overflow"}


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return list(element.get("options") or []) + [option for group in groups for option in group["options"]]


def initial_values(blocks: Iterable[Json]) -> dict[str, Json]:
    """`state.values` before anybody has entered anything."""
    values: dict[str, Json] = {}
    for block in blocks:
        for _, element in interactive(block):
            if element["type"] in KEYS and element["type"] not in STATELESS:
                key, initial = KEYS[element["type"]]
                empty: object = [] if element["type"] in OPTIONS or key.endswith("s") else None
                value = {"type": element["type"], key: element.get(str(initial), empty)}
                values.setdefault(block["block_id"], {})[element["action_id"]] = value
    return values


def entered(element: Json, value: Any) -> Json:  # noqa: ANN401 - a string, a number, or a list of them
    """An element's value as Slack sends it. Options go by their value or by their label.

    Errors: CannotDoThatError for an option that is not offered.
    """
    kind = element["type"]
    if kind not in KEYS:
        raise CannotDoThatError(f"a {kind} holds no value")
    key, _ = KEYS[kind]
    if kind in ONE_OPTION:
        return {"type": kind, key: None if value is None else _option(element, value)}
    if kind in OPTIONS:
        chosen = [value] if isinstance(value, str) else list(value or [])
        return {"type": kind, key: [_option(element, item) for item in chosen]}
    if kind in {"plain_text_input", "number_input", "email_text_input", "url_text_input"}:
        return {"type": kind, key: str(value) if value not in (None, "") else None}
    return {"type": kind, key: value}


def complaint(block: Json, value: Json) -> str | None:
    """What Slack's client says instead of sending the form, if it does."""
    element = block["element"]
    given = value[KEYS[element["type"]][0]]
    if given in (None, "", []):
        return None if block.get("optional") else "Please complete this required field."
    check: Callable[[Json, str], str | None] | None = CHECKS.get(element["type"])
    return check(element, given) if check else None


def _option(element: Json, wanted: str) -> Json:
    for option in options_of(element):
        if wanted in (option["value"], option["text"]["text"]):
            return option
    offered = ", ".join(str(option["value"]) for option in options_of(element))
    raise CannotDoThatError(f"{element['action_id']} has no option {wanted!r}; it offers {offered}")


def _text(element: Json, given: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(given) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(given) > most else None


def _number(element: Json, given: str) -> str | None:
    try:
        number = float(given)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and not number.is_integer():
        return "Please enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter {element['min_value']} or more."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter {element['max_value']} or less."
    return None


def _email(_element: Json, given: str) -> str | None:
    return None if "@" in given else "Please enter an email address."


def _url(_element: Json, given: str) -> str | None:
    return None if given.startswith(("http://", "https://")) else "Please enter a URL."


CHECKS: dict[str, Callable[[Json, str], str | None]] = {
    "plain_text_input": _text,
    "number_input": _number,
    "email_text_input": _email,
    "url_text_input": _url,
}
