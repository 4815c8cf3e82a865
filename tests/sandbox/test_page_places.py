"""Where a person can go on the page, and what is new there; how the page outlives its server."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from deploy.sandbox.slack import SlackServer, acting
from tests.sandbox.browser import Browsing
from tests.sandbox.slack_bot import CHANNEL, Given, bolt, connected, section, web

pytestmark = pytest.mark.browser


def post(slack: SlackServer, text: str, channel: str = CHANNEL, **more: Any) -> str:  # noqa: ANN401 - Slack's own
    posted: Given = web(slack).chat_postMessage(channel=channel, text=text, **more)
    return str(posted["ts"])


def place(page: Page, target: str) -> Locator:
    return page.get_by_test_id(f"go-{target}")


def mark(page: Page, target: str) -> Locator:
    return place(page, target).get_by_test_id("unread")


def test_a_channel_tells_how_much_is_new_until_it_is_opened(slack: SlackServer, browsing: Browsing) -> None:
    root = post(slack, "before", "C0PAYMENTS")
    page = browsing.open()
    expect(mark(page, "C0PAYMENTS")).to_have_text("1 new")
    post(slack, "another", "C0PAYMENTS")
    post(slack, "in a thread", "C0PAYMENTS", thread_ts=root)
    expect(mark(page, "C0PAYMENTS")).to_have_text("2 new")
    expect(mark(page, CHANNEL)).to_have_count(0)
    place(page, "C0PAYMENTS").click()
    expect(page.locator("#log")).to_contain_text("another")
    expect(mark(page, "C0PAYMENTS")).to_have_count(0)
    post(slack, "seen at once", "C0PAYMENTS")
    expect(page.locator("#log")).to_contain_text("seen at once")
    expect(mark(page, "C0PAYMENTS")).to_have_count(0)


def test_what_is_new_is_new_to_each_person_and_what_i_write_is_not(slack: SlackServer, browsing: Browsing) -> None:
    mara = browsing.open("U0MARA", "C0PAYMENTS")
    mara.get_by_test_id("composer").fill("good morning")
    mara.get_by_test_id("composer").press("Enter")
    expect(mara.locator("#log")).to_contain_text("good morning")
    place(mara, CHANNEL).click()
    expect(place(mara, CHANNEL)).to_have_attribute("aria-current", "page")
    acting.say(slack.state, "U0MARA", "C0PAYMENTS", "from another window of hers")
    jonas = browsing.open("U0JONAS")
    expect(mark(jonas, "C0PAYMENTS")).to_have_text("2 new")
    post(slack, "seen by both", CHANNEL)
    expect(mara.locator("#log")).to_contain_text("seen by both")
    expect(mark(mara, "C0PAYMENTS")).to_have_count(0)


def test_a_message_for_one_person_alone_is_new_to_them_alone(slack: SlackServer, browsing: Browsing) -> None:
    web(slack).chat_postEphemeral(channel="C0PAYMENTS", user="U0MARA", text="only Mara")
    expect(mark(browsing.open("U0MARA"), "C0PAYMENTS")).to_have_text("1 new")
    expect(mark(browsing.open("U0JONAS"), "C0PAYMENTS")).to_have_count(0)


def test_the_apps_direct_messages_appear_with_what_is_new(slack: SlackServer, browsing: Browsing) -> None:
    page = browsing.open("U0JONAS")
    expect(page.get_by_role("link", name="Messages", exact=True)).to_have_count(0)
    opened: Given = web(slack).conversations_open(users="U0JONAS")
    room = str(opened["channel"]["id"])
    post(slack, "a request waits for you", room)
    expect(mark(page, room)).to_have_text("1 new")
    place(page, room).click()
    expect(page.locator("#log")).to_contain_text("a request waits for you")
    expect(mark(page, room)).to_have_count(0)


def test_a_home_that_was_published_anew_is_marked(slack: SlackServer, browsing: Browsing) -> None:
    page = browsing.open()
    expect(mark(page, "home")).to_have_count(0)
    web(slack).views_publish(user_id="U0MARA", view={"type": "home", "blocks": [section("Your keys")]})
    expect(mark(page, "home")).to_have_text("new")
    place(page, "home").click()
    expect(page.get_by_test_id("home")).to_contain_text("Your keys")
    expect(mark(page, "home")).to_have_count(0)


def test_the_newest_stays_in_sight_when_a_banner_takes_its_room(slack: SlackServer, browsing: Browsing) -> None:
    for number in range(40):
        post(slack, f"line {number}")
    with connected(slack, bolt(slack)):
        page = browsing.open()
        expect(page.get_by_test_id("bot-away")).to_have_count(0)
        expect(page.get_by_text("line 39")).to_be_in_viewport(ratio=1)
    expect(page.get_by_test_id("bot-away")).to_be_visible()
    expect(page.get_by_text("line 39")).to_be_in_viewport(ratio=1)


def test_the_switcher_keeps_the_channel_and_the_thread(slack: SlackServer, browsing: Browsing) -> None:
    root = post(slack, "the digest", "C0PAYMENTS")
    post(slack, "all other keys", "C0PAYMENTS", thread_ts=root)
    page = browsing.open("U0MARA", "C0PAYMENTS")
    page.get_by_role("button", name="1 reply").click()
    page.get_by_test_id("person").select_option("U0AIKO")
    expect(page.get_by_test_id("person")).to_have_value("U0AIKO")
    expect(place(page, "C0PAYMENTS")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("all other keys")


def test_somebody_who_is_not_in_the_channel_is_taken_to_one_of_theirs(browsing: Browsing) -> None:
    page = browsing.open("U0MARA", "C0GENERAL")
    page.get_by_test_id("person").select_option("U0GUEST")
    expect(place(page, CHANNEL)).to_have_attribute("aria-current", "page")


def test_the_page_says_when_the_sandbox_is_gone_and_goes_on_with_the_next(browsing: Browsing) -> None:
    with SlackServer() as first:
        post(first, "of the first run")
        port = int(first.url.rpartition(":")[2])
        page = browsing.at(first.url)
        expect(page.locator("#log")).to_contain_text("of the first run")
    expect(page.get_by_test_id("gone")).to_contain_text("The sandbox does not answer.")
    expect(page.get_by_test_id("bot-away")).to_be_hidden()
    page.get_by_test_id("composer").fill("said to nobody")
    page.get_by_test_id("composer").press("Enter")
    expect(page.locator("#told")).to_have_text("The sandbox does not answer. Nothing was sent.")
    expect(page.get_by_test_id("composer")).to_have_value("said to nobody")
    with SlackServer(port=port) as second:
        expect(page.locator("#told")).to_contain_text("started anew")
        expect(page.get_by_test_id("gone")).to_be_empty()
        expect(page.locator("#log")).to_contain_text("No messages here yet.")
        with connected(second, bolt(second)):
            expect(page.get_by_test_id("bot-status")).to_contain_text("connected")
        post(second, "of the second run")
        expect(page.locator("#log")).to_contain_text("of the second run")
