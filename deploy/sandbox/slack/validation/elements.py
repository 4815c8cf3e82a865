"""Every element that stands in a block, with its limits. Source: docs.slack.dev/reference/block-kit/block-elements."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from deploy.sandbox.slack.validation.rules import (
    Problems,
    Rule,
    array,
    at_least_one,
    boolean,
    every,
    exactly_one,
    integer,
    matching,
    one_of,
    plain,
    problem,
    record,
    string,
    text,
)


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_time(value: str) -> bool:
    try:
        return datetime.strptime(value, "%H:%M").strftime("%H:%M") == value  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        return False


def _is_url(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in {"http", "https", "mailto", "slack"} and bool(parts.netloc or parts.path)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


IDENTIFIER = string(255)
URL = every(string(3000), matching(_is_url, "must be a valid URL"))
DATE = matching(_is_date, "must be a date in the format YYYY-MM-DD")
TIME = matching(_is_time, "must be a time in the format HH:mm")
NUMBER = matching(_is_number, "must be a number in a string")
STYLE = one_of("primary", "danger")
CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": STYLE},
)
IMAGE = every(
    exactly_one("image_url", "slack_file"),
    record(
        {"alt_text": string(2000)},
        {"image_url": URL, "slack_file": every(exactly_one("id", "url"), record({}, {"id": IDENTIFIER, "url": URL}))},
    ),
)


def _option(label: Rule, *, with_url: bool = False) -> Rule:
    optional: dict[str, Rule] = {"description": label}
    if with_url:
        optional["url"] = URL
    return record({"text": label, "value": string(150)}, optional)


PLAIN_OPTION = _option(plain(75))
MARKED_OPTION = _option(text(75))
OVERFLOW_OPTION = _option(plain(75), with_url=True)
GROUP = record({"label": plain(75), "options": array(PLAIN_OPTION, 100)}, {})

_INTERACTIVE: dict[str, Rule] = {"action_id": IDENTIFIER, "confirm": CONFIRM}
_FOCUS: dict[str, Rule] = {"focus_on_load": boolean}
_PLACEHOLDER: dict[str, Rule] = {"placeholder": plain(150)}
_SELECT = {**_INTERACTIVE, **_FOCUS, **_PLACEHOLDER}
_MULTI: dict[str, Rule] = {**_SELECT, "max_selected_items": integer(1)}
_TYPED: dict[str, Rule] = {
    "action_id": IDENTIFIER,
    "dispatch_action_config": record(
        {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)}, {}
    ),
    **_FOCUS,
    **_PLACEHOLDER,
}


def _offered(value: dict[str, Any]) -> list[Any]:
    groups = value.get("option_groups") or []
    inside = [option for group in groups if isinstance(group, dict) for option in group.get("options") or []]
    return list(value.get("options") or []) + inside


def _initial_is_offered(value: object, pointer: str, problems: Problems) -> None:
    """What is chosen at first must be one of the options, letter for letter."""
    if not isinstance(value, dict):
        return
    initial = value.get("initial_options") or ([value["initial_option"]] if value.get("initial_option") else [])
    if any(option not in _offered(value) for option in initial):
        problem(problems, "initial option must match an option exactly", pointer)


def _values_differ(value: object, pointer: str, problems: Problems) -> None:
    if isinstance(value, dict):
        values = [option.get("value") for option in _offered(value) if isinstance(option, dict)]
        if len(values) != len(set(map(str, values))):
            problem(problems, "option values must be unique", f"{pointer}/options")


def _chosen_from_list(option: Rule, most: int, keys: dict[str, Rule], *, several: bool) -> Rule:
    initial: dict[str, Rule] = {"initial_options": array(option, most)} if several else {"initial_option": option}
    return every(record({"options": array(option, most)}, {**keys, **initial}), _initial_is_offered, _values_differ)


def _static(keys: dict[str, Rule], *, several: bool) -> Rule:
    initial: dict[str, Rule] = (
        {"initial_options": array(PLAIN_OPTION, 100)} if several else {"initial_option": PLAIN_OPTION}
    )
    optional = {**keys, **initial, "options": array(PLAIN_OPTION, 100), "option_groups": array(GROUP, 100)}
    return every(exactly_one("options", "option_groups"), record({}, optional), _initial_is_offered, _values_differ)


def _range(low: str, high: str) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        if isinstance(value, dict) and value.get(low) is not None and value.get(high) is not None:
            try:
                upside_down = float(value[low]) > float(value[high])
            except (TypeError, ValueError):
                return  # what is no number has been noted already
            if upside_down:
                problem(problems, f"{low} must not be more than {high}", pointer)

    return rule


_ID_ARRAY = array(IDENTIFIER, 100)

BUTTON = record(
    {"text": plain(75)},
    {**_INTERACTIVE, "value": string(2000), "url": URL, "style": STYLE, "accessibility_label": string(75)},
)
OVERFLOW = every(record({"options": array(OVERFLOW_OPTION, 5)}, _INTERACTIVE), _values_differ)
_FILTER = every(
    at_least_one("include", "exclude_external_shared_channels", "exclude_bot_users"),
    record(
        {},
        {
            "include": array(one_of("im", "mpim", "private", "public"), 4),
            "exclude_external_shared_channels": boolean,
            "exclude_bot_users": boolean,
        },
    ),
)

CHOICES: dict[str, Rule] = {
    "static_select": _static(_SELECT, several=False),
    "multi_static_select": _static(_MULTI, several=True),
    "users_select": record({}, {**_SELECT, "initial_user": IDENTIFIER}),
    "multi_users_select": record({}, {**_MULTI, "initial_users": _ID_ARRAY}),
    "channels_select": record({}, {**_SELECT, "initial_channel": IDENTIFIER, "response_url_enabled": boolean}),
    "multi_channels_select": record({}, {**_MULTI, "initial_channels": _ID_ARRAY}),
    "conversations_select": record(
        {},
        {
            **_SELECT,
            "initial_conversation": IDENTIFIER,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": _FILTER,
        },
    ),
    "radio_buttons": _chosen_from_list(MARKED_OPTION, 10, {**_INTERACTIVE, **_FOCUS}, several=False),
    "checkboxes": _chosen_from_list(MARKED_OPTION, 10, {**_INTERACTIVE, **_FOCUS}, several=True),
    "datepicker": record({}, {**_SELECT, "initial_date": DATE}),
    "timepicker": record({}, {**_SELECT, "initial_time": TIME, "timezone": string(100)}),
    "datetimepicker": record(
        {}, {**_INTERACTIVE, **_FOCUS, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
}
TYPED: dict[str, Rule] = {
    "plain_text_input": every(
        record(
            {},
            {
                **_TYPED,
                "initial_value": string(3000, 0),
                "multiline": boolean,
                "min_length": integer(0, 3000),
                "max_length": integer(1, 3000),
            },
        ),
        _range("min_length", "max_length"),
    ),
    "number_input": every(
        record(
            {"is_decimal_allowed": boolean},
            {**_TYPED, "initial_value": NUMBER, "min_value": NUMBER, "max_value": NUMBER},
        ),
        _range("min_value", "max_value"),
    ),
    "email_text_input": record({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "url_text_input": record({}, {**_TYPED, "initial_value": string(3000, 0)}),
}
IN_ACTIONS: dict[str, Rule] = {"button": BUTTON, "overflow": OVERFLOW, **CHOICES}
IN_SECTION: dict[str, Rule] = {"image": IMAGE, **IN_ACTIONS}
IN_INPUT: dict[str, Rule] = {**CHOICES, **TYPED}
