"""Everything that the validator accepts is shown, and nothing that apps or people write becomes HTML."""

from html import unescape
from html.parser import HTMLParser
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.form import KEYS
from deploy.sandbox.slack.page import blocks
from deploy.sandbox.slack.page.blocks import ALERT_SIGNS
from deploy.sandbox.slack.page.controls import CONTROLS
from deploy.sandbox.slack.page.dates import formatted
from deploy.sandbox.slack.page.mrkdwn import render
from deploy.sandbox.slack.page.reader import Origin, Reader
from deploy.sandbox.slack.page.rich_text import INLINE, PARTS
from deploy.sandbox.slack.posting import with_ids
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.validation import blocks_for_message, view
from deploy.sandbox.slack.validation.blocks import SURFACES
from deploy.sandbox.slack.validation.elements import IN_INPUT, IN_SECTION
from deploy.sandbox.slack.workspace import default_workspace
from tests.sandbox.slack_bot import actions, button, modal, section

Block: TypeAlias = dict[str, Any]

NOON = 1_800_000_000  # 15 January 2027, 8:00 UTC


class StoppedClock(Clock):
    def now(self) -> float:
        return float(NOON)


STATE = State(default_workspace(), StoppedClock())
MARA, AIKO = (Reader(STATE, STATE.people[user]) for user in ("U0MARA", "U0AIKO"))


def plain(text: str, **more: object) -> Block:
    return {"type": "plain_text", "text": text, **more}


def option(label: str, value: str) -> Block:
    return {"text": plain(label), "value": value}


YES_NO = [option("Yes, please", "y"), option("No", "n")]
RICH_INLINE: dict[str, tuple[Block, str]] = {
    "text": ({"type": "text", "text": "shown", "style": {"bold": True}}, "<strong>shown</strong>"),
    "link": ({"type": "link", "url": "https://example.com", "text": "shown"}, 'href="https://example.com"'),
    "user": ({"type": "user", "user_id": "U0JONAS"}, "@Jonas Weber"),
    "usergroup": ({"type": "usergroup", "usergroup_id": "S0KEYADMINS"}, "@key-admins"),
    "channel": ({"type": "channel", "channel_id": "C0PAYMENTS"}, "#payments"),
    "emoji": ({"type": "emoji", "name": "key"}, "🔑"),
    "date": ({"type": "date", "timestamp": NOON, "format": "{date_num} {time}"}, "2027-01-15 09:00"),
    "broadcast": ({"type": "broadcast", "range": "here"}, "@here"),
}
RICH_PARTS: dict[str, tuple[Block, str]] = {
    "rich_text_section": ({"elements": [{"type": "text", "text": "a\nb"}]}, "a<br>b"),
    "rich_text_list": (
        {"style": "ordered", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}]},
        "<li>a</li>",
    ),
    "rich_text_preformatted": (
        {"elements": [{"type": "text", "text": "on     = true\ndays   = <365>"}]},
        "<pre>on     = true<br>days   = &lt;365&gt;</pre>",
    ),
    "rich_text_quote": ({"elements": [{"type": "text", "text": "said"}]}, "<blockquote>said</blockquote>"),
}
BLOCKS: dict[str, tuple[Block, str]] = {
    "section": (section("*shown*"), "<strong>shown</strong>"),
    "divider": ({"type": "divider"}, "<hr>"),
    "header": ({"type": "header", "text": plain(":key: shown")}, "<h3>🔑 shown</h3>"),
    "image": ({"type": "image", "image_url": "https://example.com/a.png", "alt_text": "shown"}, 'alt="shown"'),
    "context": ({"type": "context", "elements": [plain("shown")]}, "<span>shown</span>"),
    "actions": (actions(button(text="shown")), ">shown</button>"),
    "input": ({"type": "input", "label": plain("shown"), "element": {"type": "plain_text_input"}}, ">shown</label>"),
    "rich_text": ({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}, "<p></p>"),
    "markdown": ({"type": "markdown", "text": "**shown**"}, "**shown**"),
    "file": ({"type": "file", "external_id": "shown", "source": "remote"}, "shown"),
    "table": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "head"}], [{"type": "raw_number", "value": 12}]]},
        "<tr><td",
    ),
    "alert": ({"type": "alert", "text": plain("shown"), "level": "warning"}, "⚠️"),
}
ELEMENTS: dict[str, tuple[Block, str]] = {
    "button": (button(text="shown"), ">shown</button>"),
    "image": ({"type": "image", "image_url": "https://example.com/a.png", "alt_text": "shown"}, 'alt="shown"'),
    "overflow": ({"type": "overflow", "action_id": "a", "options": YES_NO}, ">Yes, please</button>"),
    "static_select": ({"action_id": "a", "options": YES_NO, "initial_option": YES_NO[1]}, 'value="n" selected>No<'),
    "multi_static_select": ({"action_id": "a", "options": YES_NO}, 'type="checkbox"'),
    "radio_buttons": ({"action_id": "a", "options": YES_NO}, 'type="radio"'),
    "checkboxes": ({"action_id": "a", "options": YES_NO, "initial_options": YES_NO[:1]}, "checked"),
    "users_select": ({"action_id": "a", "initial_user": "U0AIKO"}, "selected>Aiko Tanaka<"),
    "multi_users_select": ({"action_id": "a", "initial_users": ["U0AIKO"]}, "selected>Aiko Tanaka<"),
    "channels_select": ({"action_id": "a", "initial_channel": "C0PAYMENTS"}, "selected>#payments<"),
    "multi_channels_select": ({"action_id": "a", "initial_channels": ["C0PAYMENTS"]}, "selected>#payments<"),
    "conversations_select": ({"action_id": "a", "initial_conversation": "C0PAYMENTS"}, "selected>#payments<"),
    "datepicker": ({"action_id": "a", "initial_date": "2027-01-31"}, 'type="date" value="2027-01-31"'),
    "timepicker": ({"action_id": "a", "initial_time": "08:30"}, 'type="time" value="08:30"'),
    "datetimepicker": ({"action_id": "a", "initial_date_time": NOON}, 'value="2027-01-15T09:00"'),
    "plain_text_input": ({"action_id": "a", "initial_value": "typed", "multiline": True}, ">typed</textarea>"),
    "number_input": ({"action_id": "a", "initial_value": "365", "is_decimal_allowed": False}, 'value="365"'),
    "email_text_input": ({"action_id": "a", "initial_value": "a@b.c"}, 'type="email" value="a@b.c"'),
    "url_text_input": ({"action_id": "a", "initial_value": "https://a.b"}, 'type="url" value="https://a.b"'),
}


def shown(surface: str, *raw: Block, reader: Reader = MARA) -> str:
    """The blocks as HTML, once they have passed the validator."""
    if surface == "message":
        checked = blocks_for_message(list(raw))
    elif surface == "modal":
        checked = view(modal(*raw), "modal")["blocks"]
    else:
        checked = view({"type": "home", "blocks": list(raw)}, "home")["blocks"]
    return blocks.render(with_ids(STATE, checked), reader, Origin("1.0", "C0SECURITY"))


@pytest.mark.parametrize(("surface", "kind"), [(surface, kind) for surface in SURFACES for kind in SURFACES[surface]])
def test_every_block_that_is_accepted_is_shown(surface: str, kind: str) -> None:
    block, expected = BLOCKS[kind]
    html = shown(surface, block)
    assert expected in html
    assert f'data-testid="block-{kind}"' in html


@pytest.mark.parametrize("kind", sorted({*IN_SECTION, *IN_INPUT}))
def test_every_element_that_is_accepted_is_shown_with_its_initial_value(kind: str) -> None:
    element, expected = {"type": kind, **ELEMENTS[kind][0]}, ELEMENTS[kind][1]
    if kind in IN_SECTION:
        assert expected in shown("message", {**section("x"), "accessory": element})
    if kind in IN_INPUT:
        assert expected in shown("modal", {"type": "input", "label": plain("x"), "element": element})


def test_no_element_is_left_out_of_the_tables() -> None:
    assert set(CONTROLS) <= {*IN_SECTION, *IN_INPUT}
    assert set(KEYS) | {"button", "image"} == {*IN_SECTION, *IN_INPUT}


@pytest.mark.parametrize("kind", INLINE)
def test_every_piece_of_rich_text_is_shown(kind: str) -> None:
    piece, expected = RICH_INLINE[kind]
    html = shown("message", {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [piece]}]})
    assert expected in html


def test_a_date_that_no_calendar_has_is_shown_by_its_fallback() -> None:
    date = {"type": "date", "timestamp": 10**15, "format": "{date}", "fallback": "far away"}
    html = shown("message", {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [date]}]})
    assert "far away" in html


@pytest.mark.parametrize("kind", PARTS)
def test_every_part_of_rich_text_is_shown(kind: str) -> None:
    part, expected = RICH_PARTS[kind]
    assert expected in shown("message", {"type": "rich_text", "elements": [{"type": kind, **part}]})


@pytest.mark.parametrize("level", ALERT_SIGNS)
def test_an_alert_of_every_level_is_shown(level: str) -> None:
    html = shown("modal", {"type": "alert", "text": plain("look out"), "level": level})
    assert "look out" in html
    assert ALERT_SIGNS[level] in html


MRKDWN = [
    ("*a b*", "<strong>a b</strong>"),
    ("_a_ ~b~ `c*d*`", "<em>a</em> <s>b</s> <code>c*d*</code>"),
    ("*_both_*", "<strong><em>both</em></strong>"),
    ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
    ("```*a*\n<b>```", "<pre>*a*\n&lt;b&gt;</pre>"),
    ("a\nb", "a<br>b"),
    ("&gt; said\nanswered", "<blockquote>said</blockquote>answered"),
    ("> said", "<blockquote>said</blockquote>"),
    ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
    (":key: :no_such_emoji: 12:30:45", "🔑 :no_such_emoji: 12:30:45"),
    ("<@U0JONAS> <@U0NOBODY>", '<span class="mention">@Jonas Weber</span> <span class="mention">@U0NOBODY</span>'),
    ("<#C0PAYMENTS>", '<span class="mention">#payments</span>'),
    ("<!subteam^S0KEYADMINS>", '<span class="mention">@key-admins</span>'),
    ("<!here>", '<span class="mention">@here</span>'),
    (
        "<https://a.b/?c=1&amp;d=2|the link>",
        '<a href="https://a.b/?c=1&amp;d=2" target="_blank" rel="noopener noreferrer">the link</a>',
    ),
    ("<javascript:alert(1)|click>", "click"),
    ("<!date^abc^{date}|never>", "never"),
    ("<!date^²^{date}|never>", "never"),
    ("<!date^99999999999999999^{date}|never>", "never"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "html"), MRKDWN)
def test_mrkdwn_is_shown_as_slack_shows_it(written: str, html: str) -> None:
    assert render(written, MARA) == html


@pytest.mark.parametrize(
    ("pattern", "away", "text"),
    [
        ("{date_num}", 0, "2027-01-15"),
        ("{date_slash}", 0, "01/15/2027"),
        ("{date}", 0, "January 15, 2027"),
        ("{date_short}", 0, "Jan 15, 2027"),
        ("{date_long}", 0, "Friday, January 15, 2027"),
        ("{date_short_pretty} at {time}", 0, "today at 09:00"),
        ("{date_pretty}", -86_400, "yesterday"),
        ("{date_long_pretty}", 86_400, "tomorrow"),
        ("{date_short_pretty}", 2 * 86_400, "Jan 17, 2027"),
        ("{time_secs}", 61, "09:01:01"),
        ("{ago}", -7200, "2 hours ago"),
        ("{ago}", 86_400, "in 1 day"),
        ("{ago}", 5, "just now"),
        ("{no_such}", 0, "{no_such}"),
    ],
)
def test_dates_are_written_as_slack_writes_them(pattern: str, away: int, text: str) -> None:
    assert formatted(MARA, NOON + away, pattern) == text


def test_dates_are_in_the_readers_own_time() -> None:
    written = f"<!date^{NOON}^{{date_num}} {{time}}|x>"
    assert ">2027-01-15 09:00</time>" in render(written, MARA)
    assert ">2027-01-15 17:00</time>" in render(written, AIKO)


def test_plain_text_keeps_its_lines_and_can_do_without_emoji() -> None:
    with_pictures = {"type": "section", "text": plain("*a*\n:key:")}
    without = {"type": "section", "text": plain(":key:", emoji=False)}
    assert "*a*<br>🔑" in shown("message", with_pictures)
    assert ":key:" in shown("message", without)


class Tags(HTMLParser):
    """What elements there are, and with which attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: dict[str, set[str]] = {}
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.setdefault(tag, set()).update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]


MADE = {"strong", "em", "s", "code", "pre", "br", "blockquote", "a", "span", "time"}
PIECES = st.sampled_from(
    ["<", ">", "&lt;", "&", '"', "'", "|", "*", "_", "~", "`", "```", "\n", ":", "key", "!date^", "1^", "@", "#", "^",
     "javascript:", "https://a.b/", "script", "img src=x onerror=", "\ue000", "0", "\ue001", "/"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=25).map("".join)


@given(TEXTS)
def test_nothing_that_is_written_makes_an_element_of_its_own(written: str) -> None:
    tags = Tags(render(written, MARA))
    assert set(tags.attributes) <= MADE
    assert set().union(*tags.attributes.values()) <= {"href", "target", "rel", "class", "datetime", "title"}
    assert all(address.startswith(("http://", "https://", "mailto:", "slack://")) for address in tags.addresses)


@given(st.text(max_size=80))
def test_escaped_text_is_read_back_letter_for_letter(written: str) -> None:
    """What the bot escapes as Slack asks is shown as it was, but for the signs that always mean something."""
    plain_text = "".join(letter for letter in written if letter not in "*_~`:\n\r\x00\ue000\ue001")
    escaped = plain_text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert unescape(render(f"x{escaped}", MARA)) == f"x{plain_text}"
