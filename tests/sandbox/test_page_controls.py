"""What people choose and fill in on the page reaches the bot as Slack sends it."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Locator, Page, expect

from deploy.sandbox.slack import SlackServer
from tests.sandbox.browser import Browsing, chromium
from tests.sandbox.slack_bot import CHANNEL, Given, actions, bolt, connected, modal, text_input, web

Block: TypeAlias = dict[str, Any]
Act: TypeAlias = Callable[[Locator], object]

OPTIONS = [
    {"text": {"type": "plain_text", "text": "Payments"}, "value": "payments"},
    {"text": {"type": "plain_text", "text": "Web"}, "value": "web"},
]
SEVERAL = {"options": OPTIONS, "initial_options": OPTIONS[:1]}

CONTROLS: list[tuple[str, Block, Act, Any]] = [
    ("static_select", {"options": OPTIONS}, lambda it: it.select_option("web"), OPTIONS[1]),
    ("multi_static_select", SEVERAL, lambda it: it.get_by_label("Web").check(), OPTIONS),
    ("radio_buttons", {"options": OPTIONS}, lambda it: it.get_by_label("Web").check(), OPTIONS[1]),
    ("checkboxes", SEVERAL, lambda it: it.get_by_label("Payments").uncheck(), []),
    ("users_select", {}, lambda it: it.select_option("U0AIKO"), "U0AIKO"),
    ("multi_users_select", {"initial_users": ["U0MARA"]}, lambda it: it.select_option(["U0AIKO"]), ["U0AIKO"]),
    ("channels_select", {}, lambda it: it.select_option("C0PAYMENTS"), "C0PAYMENTS"),
    ("conversations_select", {}, lambda it: it.select_option("C0PAYMENTS"), "C0PAYMENTS"),
    ("datepicker", {}, lambda it: it.fill("2027-01-31"), "2027-01-31"),
    ("timepicker", {}, lambda it: it.fill("08:30"), "08:30"),
    ("datetimepicker", {}, lambda it: it.fill("2027-01-15T09:00"), 1_800_000_000),  # Berlin's time, like the person's
    ("plain_text_input", {}, lambda it: it.fill("typed"), "typed"),
    ("number_input", {"is_decimal_allowed": False}, lambda it: it.fill("365"), "365"),
    ("email_text_input", {}, lambda it: it.fill("a@b.c"), "a@b.c"),
    ("url_text_input", {}, lambda it: it.fill("https://a.b"), "https://a.b"),
]
ONLY_IN_FORMS = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}


class Listening:
    """An app that keeps every act and every submission, and opens a modal at `/kms-rotation`."""

    def __init__(self, slack: SlackServer, view: Block | None = None) -> None:
        self.app = bolt(slack)
        self.acts: list[Block] = []
        self.forms: list[Block] = []
        self._view = view
        self.app.action(re.compile(""))(self._acted)
        self.app.view("ask")(self._submitted)
        self.app.command("/kms-rotation")(self._open)

    def has_more_than(self, acts: int) -> bool:
        return len(self.acts) > acts

    def _acted(self, ack: Given, body: Given) -> None:
        ack()
        self.acts.append(body)

    def _submitted(self, ack: Given, body: Given) -> None:
        ack()
        self.forms.append(body["view"]["state"]["values"])

    def _open(self, ack: Given, body: Given, client: Given) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=self._view)


def field(page: Page, kind: str) -> Locator:
    return page.locator(f'[data-field="{kind}"]')


def chosen(value: Block) -> object:
    (name,) = set(value) & {
        "value", "selected_option", "selected_options", "selected_user", "selected_users", "selected_channel",
        "selected_conversation", "selected_date", "selected_time", "selected_date_time",
    }  # fmt: skip
    return value[name]


@pytest.mark.browser
def test_every_control_in_a_form_is_sent_with_it(slack: SlackServer, browsing: Browsing) -> None:
    asked = [
        {
            "type": "input",
            "block_id": kind,
            "optional": True,
            "label": {"type": "plain_text", "text": kind},
            "element": {"type": kind, "action_id": "it", **more},
        }
        for kind, more, _, _ in CONTROLS
    ]
    listening = Listening(slack, modal(*asked))
    with connected(slack, listening.app):
        page = browsing.open()
        slack.person("U0MARA").slash("/kms-rotation", channel=CHANNEL)
        for kind, _, act, _ in CONTROLS:
            act(field(page, kind))
        page.get_by_test_id("submit").click()
        slack.wait_for(lambda: listening.forms, what="the form")
    sent = {kind: chosen(values["it"]) for kind, values in listening.forms[0].items()}
    assert sent == {kind: value for kind, _, _, value in CONTROLS}


@pytest.mark.browser
def test_every_control_in_a_message_acts_at_once(slack: SlackServer, browsing: Browsing) -> None:
    controls = [control for control in CONTROLS if control[0] not in ONLY_IN_FORMS]
    listening = Listening(slack)
    with connected(slack, listening.app):
        rows = [actions({"type": kind, "action_id": kind, **more}, block_id=kind) for kind, more, _, _ in controls]
        web(slack).chat_postMessage(channel=CHANNEL, text="choose", blocks=rows)
        page = browsing.open()
        for kind, _, act, _ in controls:
            before = len(listening.acts)
            act(field(page, kind))
            slack.wait_for(partial(listening.has_more_than, before), what=kind)
    sent = {act["actions"][0]["type"]: chosen(act["actions"][0]) for act in listening.acts}
    assert sent == {kind: value for kind, _, _, value in controls}


@pytest.mark.browser
def test_an_overflow_menu_opens_and_sends_what_was_chosen(slack: SlackServer, browsing: Browsing) -> None:
    listening = Listening(slack)
    with connected(slack, listening.app):
        menu = {"type": "overflow", "action_id": "it", "options": OPTIONS}
        web(slack).chat_postMessage(channel=CHANNEL, text="choose", blocks=[actions(menu)])
        page = browsing.open()
        page.get_by_label("More actions").click()
        page.get_by_role("menuitem", name="Web").click()
        slack.wait_for(lambda: listening.acts, what="the act")
        expect(page.get_by_role("menuitem", name="Web")).to_be_hidden()
    assert listening.acts[0]["actions"][0]["selected_option"] == OPTIONS[1]


@pytest.mark.browser
def test_an_act_in_a_form_carries_what_has_been_entered_so_far(slack: SlackServer, browsing: Browsing) -> None:
    select = {"type": "static_select", "action_id": "it", "options": OPTIONS}
    label = {"type": "plain_text", "text": "Team"}
    asked = {"type": "input", "block_id": "team", "label": label, "element": select, "dispatch_action": True}
    listening = Listening(slack, modal(text_input("reason", "text"), asked))
    with connected(slack, listening.app):
        page = browsing.open()
        slack.person("U0MARA").slash("/kms-rotation", channel=CHANNEL)
        page.get_by_label("Reason").fill("half a sent")
        field(page, "static_select").select_option("web")
        slack.wait_for(lambda: listening.acts, what="the act")
        expect(page.get_by_label("Reason")).to_have_value("half a sent")
    values = listening.acts[0]["view"]["state"]["values"]
    assert values["reason"]["text"]["value"] == "half a sent"
    assert values["team"]["it"]["selected_option"] == OPTIONS[1]


def test_without_chromium_a_browser_test_is_left_out_and_in_ci_it_fails() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"apt-get install .* chromium"):
        chromium({"PATH": "/nowhere"})
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install .* chromium"):
        chromium({"PATH": "/nowhere", "CI": "true"})
