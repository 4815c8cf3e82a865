"""Slack's limits on blocks and views, each at its edge and one past it, with the place that the error names."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.validation import blocks_for_message, view
from tests.sandbox.slack_bot import actions, button, modal, section, text_input

Block: TypeAlias = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def option(label: str = "Yes", value: str = "y") -> Block:
    return {"text": plain(label), "value": value}


def options(count: int) -> list[Block]:
    return [option(value=str(number)) for number in range(count)]


def select(**more: object) -> Block:
    return {"type": "static_select", "action_id": "pick", "options": options(1), **more}


def confirm(**more: object) -> Block:
    return {"title": plain("t"), "text": plain("t"), "confirm": plain("y"), "deny": plain("n"), **more}


def table(rows: int = 1, columns: int = 1) -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def in_input(element: Block) -> Block:
    return {"type": "input", "label": plain("Label"), "element": element}


def rich(*parts: Block) -> Block:
    return {"type": "rich_text", "elements": list(parts)}


def rich_section(*elements: Block) -> Block:
    return {"type": "rich_text_section", "elements": list(elements)}


def message_problems(*blocks: object) -> list[str]:
    try:
        blocks_for_message(list(blocks))
    except SlackError as error:
        return list(error.messages) if error.code == "invalid_blocks" else [error.code]
    return []


def view_problems(body: object, kind: str = "modal") -> list[str]:
    try:
        view(body, kind)
    except SlackError as error:
        return list(error.messages) if error.code == "invalid_arguments" else [error.code]
    return []


CHARACTERS: list[tuple[str, int, Callable[[str], Block], str]] = [
    ("section text", 3000, section, "/text/text"),
    ("section field", 2000, lambda s: {"type": "section", "fields": [plain(s)]}, "/fields/0/text"),
    ("header", 150, lambda s: {"type": "header", "text": plain(s)}, "/text/text"),
    ("context", 2000, lambda s: {"type": "context", "elements": [plain(s)]}, "/elements/0/text"),
    ("button text", 75, lambda s: actions(button(text=s)), "/elements/0/text/text"),
    ("button value", 2000, lambda s: actions(button(value=s)), "/elements/0/value"),
    ("action_id", 255, lambda s: actions(button(s)), "/elements/0/action_id"),
    ("block_id", 255, lambda s: actions(button(), block_id=s), "/block_id"),
    ("option text", 75, lambda s: actions(select(options=[option(s)])), "/elements/0/options/0/text/text"),
    ("option value", 150, lambda s: actions(select(options=[option(value=s)])), "/elements/0/options/0/value"),
    ("placeholder", 150, lambda s: actions(select(placeholder=plain(s))), "/elements/0/placeholder/text"),
    (
        "confirm title",
        100,
        lambda s: actions(button(confirm=confirm(title=plain(s)))),
        "/elements/0/confirm/title/text",
    ),
    ("confirm text", 300, lambda s: actions(button(confirm=confirm(text=plain(s)))), "/elements/0/confirm/text/text"),
    (
        "confirm yes",
        30,
        lambda s: actions(button(confirm=confirm(confirm=plain(s)))),
        "/elements/0/confirm/confirm/text",
    ),
    ("confirm no", 30, lambda s: actions(button(confirm=confirm(deny=plain(s)))), "/elements/0/confirm/deny/text"),
    ("alt text", 2000, lambda s: {"type": "image", "image_url": "https://x.test/a.png", "alt_text": s}, "/alt_text"),
    ("markdown", 12_000, lambda s: {"type": "markdown", "text": s}, "/text"),
]


@pytest.mark.parametrize(("name", "most", "build", "place"), CHARACTERS, ids=[case[0] for case in CHARACTERS])
def test_a_text_may_be_so_long_and_not_empty(name: str, most: int, build: Callable[[str], Block], place: str) -> None:
    assert message_problems(build("x" * most)) == [], name
    too_long = f"[ERROR] must be less than {most + 1} characters [json-pointer:/blocks/0{place}]"
    assert too_long in message_problems(build("x" * (most + 1)))
    assert f"[ERROR] must be more than 0 characters [json-pointer:/blocks/0{place}]" in message_problems(build(""))


COUNTS: list[tuple[str, int, Callable[[int], Block], str]] = [
    ("fields", 10, lambda n: {"type": "section", "fields": [plain("x")] * n}, "/fields"),
    ("context", 10, lambda n: {"type": "context", "elements": [plain("x")] * n}, "/elements"),
    ("actions", 25, lambda n: actions(*(button(str(i)) for i in range(n))), "/elements"),
    ("overflow", 5, lambda n: actions({"type": "overflow", "options": options(n)}), "/elements/0/options"),
    ("select", 100, lambda n: actions(select(options=options(n))), "/elements/0/options"),
    ("radio", 10, lambda n: actions({"type": "radio_buttons", "options": options(n)}), "/elements/0/options"),
    ("checkboxes", 10, lambda n: actions({"type": "checkboxes", "options": options(n)}), "/elements/0/options"),
    ("table rows", 100, table, "/rows"),
    ("table columns", 20, lambda n: table(columns=n), "/rows/0"),
]


@pytest.mark.parametrize(("name", "most", "build", "place"), COUNTS, ids=[case[0] for case in COUNTS])
def test_a_list_may_hold_so_many_and_not_none(name: str, most: int, build: Callable[[int], Block], place: str) -> None:
    assert message_problems(build(most)) == [], name
    too_many = f"[ERROR] no more than {most} items allowed [json-pointer:/blocks/0{place}]"
    assert too_many in message_problems(build(most + 1))
    assert f"[ERROR] no fewer than 1 items required [json-pointer:/blocks/0{place}]" in message_problems(build(0))


def test_a_message_holds_fifty_blocks_and_a_view_a_hundred() -> None:
    divider = {"type": "divider"}
    assert message_problems(*[divider] * 50) == []
    assert message_problems(*[divider] * 51) == ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]
    assert view_problems(modal(*[divider] * 100)) == []
    assert view_problems(modal(*[divider] * 101)) == [
        "[ERROR] no more than 100 items allowed [json-pointer:/view/blocks]"
    ]
    home = {"type": "home", "blocks": [divider] * 101}
    assert view_problems(home, "home") == ["[ERROR] no more than 100 items allowed [json-pointer:/view/blocks]"]


def test_a_whole_message_may_be_so_long() -> None:
    fits = [section("x" * 3000)] * 4 + [section("x" * 1200)]
    assert blocks_for_message(fits)
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        blocks_for_message([*fits, section("x")])


def test_slack_says_twice_what_is_wrong_with_a_text() -> None:
    assert message_problems(section("x" * 3001)) == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/0/text]",
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ]


REFUSED_IN_MESSAGES: list[tuple[str, object, str, str]] = [
    ("an unknown block", {"type": "banner"}, "unsupported type: banner", "/type"),
    ("no type", {"text": plain("x")}, "missing required field: type", ""),
    ("no object", "section", "must provide an object", ""),
    ("an unknown key", {"type": "divider", "color": "red"}, "invalid additional property: color", ""),
    ("a bare text", {"type": "section", "text": "x"}, "must provide an object", "/text"),
    ("a number", section(7), "must be a string", "/text/text"),  # type: ignore[arg-type] # on purpose
    ("an empty section", {"type": "section"}, "must provide one of: text, fields", ""),
    (
        "a header in mrkdwn",
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        "unsupported type: mrkdwn",
        "/text/type",
    ),
    (
        "emoji in mrkdwn",
        {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}},
        "invalid additional property: emoji",
        "/text",
    ),
    ("a style", actions(button(style="warning")), "must be one of: primary, danger", "/elements/0/style"),
    ("a url", actions(button(url="javascript:alert(1)")), "must be a valid URL", "/elements/0/url"),
    (
        "a button without a label",
        actions({"type": "button", "action_id": "a"}),
        "missing required field: text",
        "/elements/0",
    ),
    (
        "an input in actions",
        actions({"type": "plain_text_input"}),
        "unsupported type: plain_text_input",
        "/elements/0/type",
    ),
    (
        "an image without alt",
        {"type": "image", "image_url": "https://x.test/a.png"},
        "missing required field: alt_text",
        "",
    ),
    ("an alert", {"type": "alert", "text": plain("x")}, "unsupported type: alert", "/type"),
    ("an input", text_input(), "unsupported type: input", "/type"),
    (
        "a foreign first choice",
        actions(select(initial_option=option("No", "n"))),
        "initial option must match an option exactly",
        "/elements/0",
    ),
    (
        "two like values",
        actions(select(options=[option(), option("No")])),
        "option values must be unique",
        "/elements/0/options",
    ),
    (
        "options and groups",
        actions(select(option_groups=[])),
        "must provide exactly one of: options, option_groups",
        "/elements/0",
    ),
    (
        "a date",
        actions({"type": "datepicker", "initial_date": "1.2.2026"}),
        "must be a date in the format YYYY-MM-DD",
        "/elements/0/initial_date",
    ),
    (
        "a rich element",
        rich(rich_section({"type": "html", "html": "<b>"})),
        "unsupported type: html",
        "/elements/0/elements/0/type",
    ),
    ("a rich part", rich({"type": "text", "text": "x"}), "unsupported type: text", "/elements/0/type"),
    (
        "a link in pre",
        rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]}),
        "unsupported type: user",
        "/elements/0/elements/0/type",
    ),
    ("a table cell", {"type": "table", "rows": [[plain("x")]]}, "unsupported type: plain_text", "/rows/0/0/type"),
]


@pytest.mark.parametrize(
    ("what", "block", "sentence", "place"), REFUSED_IN_MESSAGES, ids=[c[0] for c in REFUSED_IN_MESSAGES]
)
def test_a_message_with_a_mistake_is_refused_with_its_place(
    what: str, block: object, sentence: str, place: str
) -> None:
    assert f"[ERROR] {sentence} [json-pointer:/blocks/0{place}]" in message_problems(block), what


def test_names_differ_within_a_message() -> None:
    twice = message_problems(actions(button("a"), block_id="one"), actions(button("a"), block_id="one"))
    assert twice == [
        "[ERROR] `block_id` already exists: one [json-pointer:/blocks/1/block_id]",
        "[ERROR] `action_id` already exists: a [json-pointer:/blocks/1/elements/0/action_id]",
    ]


def test_in_a_view_an_action_may_recur_in_another_block() -> None:
    assert view_problems(modal(text_input("one", "value"), text_input("two", "value"))) == []
    same_block = view_problems(modal(actions(button("a"), button("a"))))
    assert same_block == ["[ERROR] `action_id` already exists: a [json-pointer:/view/blocks/0/elements/1/action_id]"]


def test_a_message_holds_one_table_and_a_modal_none() -> None:
    second = "[ERROR] only one table is allowed in a message [json-pointer:/blocks/1]"
    assert message_problems(table(), table()) == [second]
    assert view_problems(modal(table())) == ["[ERROR] unsupported type: table [json-pointer:/view/blocks/0/type]"]


def test_every_kind_of_rich_text_is_taken() -> None:
    styled: Block = {"type": "text", "text": "x", "style": {"bold": True, "code": True}}
    inline: list[Block] = [
        styled,
        {"type": "link", "url": "https://x.test", "text": "link"},
        {"type": "user", "user_id": "U0MARA"},
        {"type": "usergroup", "usergroup_id": "S0EMPTY"},
        {"type": "channel", "channel_id": "C0GENERAL"},
        {"type": "emoji", "name": "wave"},
        {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "then"},
    ]
    parts = [
        rich_section(*inline),
        {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [rich_section(styled)]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
        {"type": "rich_text_quote", "elements": [styled]},
    ]
    assert message_problems(rich(*parts)) == []


MODAL_TEXTS = [("title", 24), ("submit", 24), ("close", 24)]


@pytest.mark.parametrize(("key", "most"), MODAL_TEXTS)
def test_a_modals_own_words_are_short(key: str, most: int) -> None:
    assert view_problems(modal(section("x"), **{key: plain("x" * most)})) == []
    sentence = f"[ERROR] must be less than {most + 1} characters [json-pointer:/view/{key}/text]"
    assert sentence in view_problems(modal(section("x"), **{key: plain("x" * (most + 1))}))


@pytest.mark.parametrize(("key", "most"), [("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)])
def test_what_a_view_carries_is_limited(key: str, most: int) -> None:
    assert view_problems(modal(section("x"), **{key: "x" * most})) == []
    sentence = f"[ERROR] must be less than {most + 1} characters [json-pointer:/view/{key}]"
    assert view_problems(modal(section("x"), **{key: "x" * (most + 1)})) == [sentence]


def test_a_modal_with_inputs_has_a_submit_button() -> None:
    body = modal(text_input())
    del body["submit"]
    expected = "`submit` is required when an input block is within the blocks array [json-pointer:/view/submit]"
    assert view_problems(body) == [f"[ERROR] {expected}"]


def test_a_view_is_what_its_method_takes() -> None:
    assert view_problems(modal(section("x")), "home") == ["[ERROR] unsupported type: modal [json-pointer:/view/type]"]
    assert view_problems({"type": "home", "blocks": [], "title": plain("x")}, "home") == [
        "[ERROR] invalid additional property: title [json-pointer:/view]"
    ]
    assert view_problems(modal({"type": "alert", "text": plain("Managed by Terraform"), "level": "warning"})) == []


@pytest.mark.parametrize(
    ("element", "sentence"),
    [
        ({"type": "button", "text": plain("x")}, "unsupported type: button [json-pointer:/view/blocks/0/element/type]"),
        ({"type": "number_input"}, "missing required field: is_decimal_allowed [json-pointer:/view/blocks/0/element]"),
        (
            {"type": "number_input", "is_decimal_allowed": False, "min_value": 90},
            "must be a number in a string [json-pointer:/view/blocks/0/element/min_value]",
        ),
        (
            {"type": "plain_text_input", "min_length": 9, "max_length": 3},
            "min_length must not be more than max_length [json-pointer:/view/blocks/0/element]",
        ),
        ({"type": "plain_text_input", "max_length": 3001}, "must be a number from 1 to 3000"),
        ({"type": "static_select"}, "must provide exactly one of: options, option_groups"),
    ],
)
def test_an_input_with_a_mistake_is_refused_with_its_place(element: Block, sentence: str) -> None:
    assert sentence in "\n".join(view_problems(modal(in_input(element))))


def test_blocks_may_come_as_json_and_must_be_an_array() -> None:
    assert blocks_for_message('[{"type": "divider"}]') == [{"type": "divider"}]
    for wrong in ("[", '{"type": "divider"}'):
        with pytest.raises(SlackError, match="invalid_blocks_format"):
            blocks_for_message(wrong)


def test_a_huge_view_is_refused() -> None:
    blocks = [section("x" * 3000) for _ in range(90)]
    with pytest.raises(SlackError, match="view_too_large"):
        view(modal(*blocks), "modal")
