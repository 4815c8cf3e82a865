"""The panel in a browser, beside a Slack whose bot is a few lines."""

from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Locator, Page, expect
from slack_sdk.errors import SlackApiError

from deploy.sandbox.slack import SlackServer
from tests.sandbox.aws_clients import AUDIT, MEMBER, administrator, assume, kms
from tests.sandbox.browser import Browsing
from tests.sandbox.panel import OTHER, Beside, beside, change_key, enable_for, opened, row
from tests.sandbox.slack_bot import CHANNEL, Given, bolt, connected, web

__all__ = ["beside"]

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='broken in'\">"
SIDEWAYS = """['html', '#panel', ...['keys', 'calls'].map((name) => '#panel-' + name), '#panel-of-trouble .list']
  .map((name) => [name, document.querySelector(name)])
  .filter(([, it]) => it.scrollWidth > it.clientWidth).map(([name]) => name)"""


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Sandbox: the emulated AWS")


def told(page: Page) -> Locator:
    return page.locator("#told")


def lever(page: Page, card: str, button: str, **choices: str) -> None:
    """Pull one under “Make trouble”."""
    form = panel(page).locator("form.card", has=page.get_by_text(card, exact=True))
    for name, value in choices.items():
        form.locator(f'select[name="{name}"]').select_option(value)
    form.get_by_role("button", name=button).click()


def calls(page: Page) -> Locator:
    return panel(page).get_by_test_id("call")


def test_a_slack_of_its_own_shows_no_panel(slack: SlackServer, browsing: Browsing) -> None:
    page = browsing.open()
    expect(page.get_by_test_id("panel-opener")).to_have_count(0)
    expect(page.locator("#panel")).to_have_count(0)
    with pytest.raises(HTTPError) as error:
        urlopen(f"{slack.url}/page/panel")  # noqa: S310 - the page on this machine
    assert error.value.code == 404


def test_the_panel_says_that_it_is_no_part_of_slack(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    expect(panel(page).get_by_role("heading", name="Sandbox: the emulated AWS")).to_be_visible()
    expect(panel(page)).to_contain_text("No part of Slack")


def test_the_panel_opens_and_folds_away_and_is_found_as_it_was_left(beside: Beside, browsing: Browsing) -> None:
    page = browsing.open()
    opener = page.get_by_test_id("panel-opener")
    expect(panel(page)).to_be_hidden()
    opener.press("Enter")
    expect(panel(page)).to_be_visible()
    expect(page.get_by_role("tab", name="Keys")).to_be_focused()
    page.reload()
    expect(panel(page)).to_be_visible()
    expect(row(page, beside.off)).to_be_visible()
    page.get_by_role("tab", name="Keys").press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")
    page.reload()
    page.wait_for_selector("body[data-drawn]")
    expect(panel(page)).to_be_hidden()


def test_the_tabs_go_round_with_the_arrow_keys(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    for key, name in (
        ("ArrowRight", "Calls"),
        ("ArrowRight", "Make trouble"),
        ("ArrowRight", "Keys"),
        ("ArrowLeft", "Make trouble"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("tab", name=name)).to_be_focused()
        expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
        expect(page.get_by_role("tabpanel")).to_have_count(1)


def test_the_keys_are_shown_by_account_as_aws_holds_them(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    expect(row(page, beside.off)).to_contain_text("payments/card-vault")
    expect(row(page, beside.off)).to_contain_text("rotation off")
    expect(row(page, beside.on)).to_contain_text("us-east-1")
    expect(row(page, beside.on)).to_contain_text("every 180 days")
    rows = panel(page).get_by_test_id("key")
    expect(rows.filter(has_text="aws/s3")).to_contain_text("by AWS")
    expect(rows.filter(has_text="aws/s3").locator("summary")).to_have_count(0)
    expect(rows.filter(has_text="web/signing")).to_contain_text("cannot rotate")
    assert panel(page).locator(".account h3").all_inner_texts() == [
        "prod-payments\n111111111111 · 2 keys",
        "prod-web\n222222222222 · 2 keys",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [("card", 1), ("prod-web", 2), ("us-east-1 uploads", 1), (MEMBER, 2), ("WEB", 2), ("no such", 0)],
)
def test_the_keys_are_narrowed_down_by_any_word(beside: Beside, browsing: Browsing, words: str, found: int) -> None:
    page = opened(browsing)
    page.get_by_label("Find keys").fill(words)
    expect(panel(page).get_by_test_id("key")).to_have_count(found)
    if not found:
        expect(panel(page)).to_contain_text("No key is called “no such”.")


def test_a_change_in_aws_is_seen_without_asking(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    expect(row(page, beside.off)).to_contain_text("rotation off")
    enable_for(beside.aws, beside.off)
    expect(row(page, beside.off)).to_contain_text("every 365 days")


# The key, the lever, what its row shows then, and what is said.
KEY_ACTS = [
    ("off", "Turn rotation on", "every 365 days", "payments/card-vault rotates every 365 days."),
    ("on", "Turn rotation off", "rotation off", "Rotation of web/uploads is off."),
    ("on", "Disable the key", "disabled", "web/uploads is disabled."),
    ("on", "Schedule its deletion", "pending deletion", "web/uploads is pending deletion."),
    ("on", "Delete it now", "deleted", "web/uploads is deleted."),
]


@pytest.mark.parametrize("act", KEY_ACTS)
def test_a_key_is_changed_behind_the_bots_back_and_put_back(
    beside: Beside, browsing: Browsing, act: tuple[str, str, str, str]
) -> None:
    key, label, shown, sentence = act
    arn = str(getattr(beside, key))
    page = opened(browsing)
    before = row(page, arn).inner_text()
    change_key(page, arn, label)
    if label == "Delete it now":
        page.get_by_test_id("confirm").get_by_role("button", name="Delete it").click()
    expect(told(page)).to_have_text(f"{sentence} The bot has not been told.")
    expect(row(page, arn)).to_contain_text(shown)
    expect(row(page, arn)).to_contain_text("changed by you")
    change_key(page, arn, "Put it back as it was")
    expect(row(page, arn)).not_to_contain_text("changed by you")
    assert row(page, arn).inner_text() == before
    assert [call.action for call in beside.aws.calls] == []


def test_a_key_is_not_deleted_without_a_yes(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    change_key(page, beside.off, "Delete it now")
    page.get_by_test_id("confirm").get_by_role("button", name="Keep it").click()
    expect(page.get_by_test_id("confirm")).to_have_count(0)
    assert beside.aws.faults.touched_keys == {}


def test_a_change_tells_who_asked_and_who_approved(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing, tab="Calls")
    enable_for(beside.aws, beside.off)
    change = calls(page).filter(has_text="EnableKeyRotation")
    for words in ("payments/card-vault", "every 365 days", "prod-payments", "eu-central-1",
                  "asked by Mara Lindqvist, approved by Jonas Weber and Aiko Tanaka"):  # fmt: skip
        expect(change).to_contain_text(words)
    expect(calls(page).filter(has_text="AssumeRole")).to_contain_text("KmsRotationRemediate · prod-payments")


def test_the_calls_are_shown_all_or_the_changes_or_the_errors(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing, tab="Calls")
    reads = kms(beside.aws, AUDIT)
    for _ in range(30):
        reads.describe_key(KeyId=beside.off)
    enable_for(beside.aws, beside.off)
    with pytest.raises(ClientError):
        reads.enable_key_rotation(KeyId=beside.off, RotationPeriodInDays=365)
    expect(panel(page).get_by_test_id("call-counts")).to_have_text("34 calls · 2 changes · 1 error")
    expect(calls(page).filter(has_text="DescribeKey")).to_contain_text("× 30")
    expect(calls(page)).to_have_count(5)
    page.get_by_role("button", name="Changes").click()
    expect(calls(page)).to_have_count(2)
    page.get_by_role("button", name="Errors").click()
    expect(calls(page)).to_have_count(1)
    expect(calls(page)).to_contain_text("AccessDeniedException")
    administrator(beside.aws).list_keys()
    expect(panel(page).get_by_test_id("call-counts")).to_contain_text("35 calls")
    page.get_by_role("button", name="All").click()
    expect(calls(page).first).to_contain_text("by you, as an administrator")


def test_a_permission_is_denied_and_given_again(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing, tab="Make trouble")
    pulled = panel(page).get_by_test_id("pulled")
    expect(pulled).to_have_text("No lever is pulled: AWS and Slack behave.")
    lever(page, "Deny a permission", "Deny it", account=MEMBER, action="kms:DescribeKey")
    expect(pulled).to_have_text("kms:DescribeKey is denied in prod-payments.")
    with pytest.raises(ClientError, match="AccessDenied"):
        kms(beside.aws, AUDIT).describe_key(KeyId=beside.off)
    kms(beside.aws, AUDIT, OTHER, "us-east-1").describe_key(KeyId=beside.on)
    page.get_by_role("button", name="Undo all levers").click()
    expect(told(page)).to_have_text("Every lever is undone.")
    expect(pulled).to_contain_text("No lever is pulled")
    kms(beside.aws, AUDIT).describe_key(KeyId=beside.off)


def test_throttling_counts_down_before_ones_eyes(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing, tab="Make trouble")
    lever(page, "Throttle", "Throttle the next", action="kms:ListKeys", times="5")
    pulled = panel(page).get_by_test_id("pulled")
    expect(pulled).to_have_text("AWS: throttle for the next 5 calls of kms:ListKeys in every account.")
    for _ in range(4):
        with pytest.raises(ClientError, match="Throttling"):
            administrator(beside.aws).list_keys()
    expect(pulled).to_contain_text("the next call of kms:ListKeys")
    with pytest.raises(ClientError, match="Throttling"):
        administrator(beside.aws).list_keys()
    expect(pulled).to_contain_text("No lever is pulled")


def test_an_accounts_roles_are_taken_away_and_given_back(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing, tab="Make trouble")
    lever(page, "Take the bot’s roles away", "Take them away", account=MEMBER)
    expect(panel(page).get_by_test_id("pulled")).to_have_text("The bot’s roles are taken away in prod-payments.")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(beside.aws, AUDIT)
    lever(page, "Take the bot’s roles away", "Give them back", account=MEMBER)
    expect(panel(page).get_by_test_id("pulled")).to_contain_text("No lever is pulled")
    assert assume(beside.aws, AUDIT)


@pytest.mark.parametrize("status", ["429", "500"])
def test_slack_answers_with_an_error_for_a_while(beside: Beside, browsing: Browsing, status: str) -> None:
    page = opened(browsing, tab="Make trouble")
    lever(page, "Answer with an error", "Fail the next", status=status, times="1")
    expect(panel(page).get_by_test_id("pulled")).to_have_text(f"Slack answers the next call with {status}.")
    with pytest.raises(SlackApiError) as error:
        web(beside.slack).auth_test()
    assert error.value.response.status_code == int(status)
    expect(panel(page).get_by_test_id("pulled")).to_contain_text("No lever is pulled")
    web(beside.slack).auth_test()


def test_slack_goes_down_and_comes_back_with_the_panel_open(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing, tab="Make trouble")
    with connected(beside.slack, bolt(beside.slack)):
        expect(page.get_by_test_id("bot-status")).to_contain_text("connected")
        lever(page, "Break the line", "Take Slack down")
        expect(panel(page).get_by_test_id("pulled")).to_have_text("Slack is down.")
        expect(page.get_by_test_id("bot-away")).to_be_visible()
        lever(page, "Break the line", "Bring it back")
        expect(page.get_by_test_id("bot-away")).to_have_count(0)
    expect(page.get_by_test_id("bot-away")).to_be_visible()


def test_dropped_sockets_are_counted_and_come_back(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing, tab="Make trouble")
    with connected(beside.slack, bolt(beside.slack)):
        first = beside.slack.sockets.connections[0]
        lever(page, "Break the line", "Drop the sockets")
        expect(told(page)).to_have_text("Dropped: 1 connection of the bot.")
        beside.slack.wait_for(lambda: beside.slack.connections and first not in beside.slack.sockets.connections)
        expect(page.get_by_test_id("bot-status")).to_contain_text("connected")


def test_the_bots_restart_is_seen_with_the_panel_open(beside: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    for _ in range(2):
        with connected(beside.slack, bolt(beside.slack)):
            expect(page.get_by_test_id("bot-away")).to_have_count(0)
        expect(page.get_by_test_id("bot-away")).to_contain_text("KMS rotation is away")
    expect(row(page, beside.off)).to_be_visible()
    change_key(page, beside.off, "Turn rotation on")
    expect(row(page, beside.off)).to_contain_text("every 365 days")


def test_an_open_menu_and_the_scrolled_list_outlive_news(beside: Beside, browsing: Browsing) -> None:
    for number in range(60):
        beside.aws.world.key(account=MEMBER, alias=f"alias/payments/x{number:02}")
    page = opened(browsing)
    row(page, beside.on).scroll_into_view_if_needed()
    row(page, beside.on).locator("summary").click()
    expect(row(page, beside.on).get_by_role("menuitem").last).to_be_in_viewport(ratio=1)
    scrolled = page.locator("#panel-keys").evaluate("it => it.scrollTop")
    enable_for(beside.aws, beside.off)
    expect(row(page, beside.off)).to_contain_text("every 365 days")
    expect(row(page, beside.on).get_by_role("menuitem", name="Disable the key")).to_be_visible()
    assert page.locator("#panel-keys").evaluate("it => it.scrollTop") == scrolled


def test_hostile_names_are_text_in_the_panel_too(beside: Beside, browsing: Browsing) -> None:
    beside.aws.world.account(MEMBER, HOSTILE)
    beside.slack.state.change_person("U0JONAS", real_name=HOSTILE)
    enable_for(beside.aws, beside.off)
    page = opened(browsing)
    expect(panel(page).locator(".account h3").first).to_contain_text("<img src=x")
    page.get_by_role("tab", name="Calls").click()
    expect(calls(page).filter(has_text="EnableKeyRotation")).to_contain_text("approved by <img src=x")
    page.reload()
    assert page.locator("#panel img").count() == 0
    assert page.title() == "Northwind — sandbox Slack"


@pytest.mark.parametrize("tab", ["Keys", "Calls", "Make trouble"])
def test_on_a_narrow_window_the_panel_is_a_drawer_over_the_page(beside: Beside, browsing: Browsing, tab: str) -> None:
    enable_for(beside.aws, beside.off)
    page = opened(browsing, width=400, tab=tab)
    expect(page.locator("#main")).to_have_js_property("inert", value=True)
    assert page.evaluate(SIDEWAYS) == []
    reached = [focused_in_the_panel(page) for _ in range(40)]
    assert all(reached)
    page.get_by_role("button", name="Close the emulated AWS").click()
    expect(panel(page)).to_be_hidden()
    expect(page.get_by_test_id("panel-opener")).to_be_focused()
    expect(page.locator("#main")).to_have_js_property("inert", value=False)
    page.reload()
    page.wait_for_selector("body[data-drawn]")
    expect(panel(page)).to_be_hidden()


def focused_in_the_panel(page: Page) -> bool:
    """Whether Tab stays in the panel, or goes to the browser's own controls, which are shown as the body."""
    page.keyboard.press("Tab")
    inside: Any = page.evaluate("document.activeElement === document.body || panel.contains(document.activeElement)")
    return bool(inside)


@pytest.mark.parametrize("width", [1280, 1600])
def test_a_thread_can_be_read_and_closed_with_the_panel_open(beside: Beside, browsing: Browsing, width: int) -> None:
    posted: Given = web(beside.slack).chat_postMessage(channel=CHANNEL, text="The digest")
    web(beside.slack).chat_postMessage(channel=CHANNEL, text="the rest", thread_ts=posted["ts"])
    page = opened(browsing, width=width)
    page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_text("the rest")).to_be_in_viewport()
    assert page.locator("#main").evaluate("it => it.clientWidth") >= 500
    thread.get_by_role("button", name="Close thread").click()
    expect(row(page, beside.off)).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 1600])
def test_the_panel_can_be_read_where_it_is_opened_beside_a_thread(
    beside: Beside, browsing: Browsing, width: int
) -> None:
    posted: Given = web(beside.slack).chat_postMessage(channel=CHANNEL, text="The digest")
    web(beside.slack).chat_postMessage(channel=CHANNEL, text="the rest", thread_ts=posted["ts"])
    page = browsing.open(width=width)
    page.get_by_role("button", name="1 reply").click()
    expect(page.get_by_text("the rest")).to_be_in_viewport()
    page.get_by_test_id("panel-opener").click()
    row(page, beside.off).click(trial=True)
