"""The composer in a browser: the commands that it offers, and the lines that it brings back."""

import pytest
from playwright.sync_api import Locator, Page, expect

from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.manifest import Subcommand, alternatives, commands
from tests.sandbox.browser import Browsing

COMMAND = "/kms-rotation"


def composer(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Message")


def offered(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Commands").get_by_role("option")


def test_a_usage_hint_is_read_as_subcommands_and_what_may_follow_them() -> None:
    assert alternatives("status [filter] | key <ARN, id or alias>|digest | ") == (
        Subcommand("status", "[filter]"),
        Subcommand("key", "<ARN, id or alias>"),
        Subcommand("digest", ""),
    )
    assert alternatives("") == ()


@pytest.mark.browser
def test_a_slash_offers_the_command_and_then_each_of_its_subcommands(browsing: Browsing) -> None:
    page = browsing.open()
    expect(offered(page)).to_have_count(0)
    composer(page).press_sequentially("/")
    (command,) = commands()
    expect(offered(page)).to_have_count(1)
    expect(offered(page)).to_contain_text(command.description)
    expect(composer(page)).to_have_attribute("aria-expanded", "true")
    composer(page).press("Enter")
    expect(composer(page)).to_have_value(f"{COMMAND} ")
    written = [f"{each.name} {each.takes}".strip() for each in command.subcommands]
    expect(offered(page)).to_have_text(written)
    assert "status [filter]" in written


@pytest.mark.browser
@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_what_fits_is_taken_with_a_key_and_sent_with_the_next(browsing: Browsing, slack: SlackServer, key: str) -> None:
    page = browsing.open()
    composer(page).press_sequentially(f"{COMMAND} h")
    expect(offered(page)).to_have_text(["history [key or request id]", "help [command]"])
    composer(page).press("ArrowDown")
    chosen = offered(page).nth(1)
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(composer(page)).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    composer(page).press("ArrowDown")
    expect(offered(page).first).to_have_attribute("aria-selected", "true")
    composer(page).press("ArrowUp")
    composer(page).press(key)
    expect(composer(page)).to_have_value(f"{COMMAND} help ")
    expect(offered(page)).to_have_count(0)
    expect(composer(page)).to_be_focused()
    composer(page).press("Enter")
    expect(composer(page)).to_have_value("")
    slack.wait_for(lambda: slack.acks, what="the command")
    assert slack.acks[0].payload["text"] == "help"


@pytest.mark.browser
def test_an_offer_can_be_clicked(browsing: Browsing) -> None:
    page = browsing.open()
    composer(page).press_sequentially(f"{COMMAND} ")
    offered(page).filter(has_text="requests").click()
    expect(composer(page)).to_have_value(f"{COMMAND} requests")
    expect(composer(page)).to_be_focused()


@pytest.mark.browser
def test_escape_closes_what_is_offered_and_keeps_what_is_typed(browsing: Browsing, slack: SlackServer) -> None:
    page = browsing.open()
    composer(page).press_sequentially(f"{COMMAND} st")
    composer(page).press("Escape")
    expect(offered(page)).to_have_count(0)
    expect(composer(page)).to_have_attribute("aria-expanded", "false")
    composer(page).press("Enter")
    slack.wait_for(lambda: slack.acks, what="the command")
    assert slack.acks[0].payload["text"] == "st"


@pytest.mark.browser
@pytest.mark.parametrize("line", [COMMAND, f"{COMMAND} ", f"{COMMAND} status", f"{COMMAND} key payments/card-vault"])
def test_a_finished_line_is_sent_as_it_stands(browsing: Browsing, slack: SlackServer, line: str) -> None:
    page = browsing.open()
    composer(page).press_sequentially(line)
    composer(page).press("Enter")
    slack.wait_for(lambda: slack.acks, what="the command")
    assert slack.acks[0].payload["text"] == line.removeprefix(COMMAND).strip()


@pytest.mark.browser
def test_ordinary_words_are_offered_nothing(browsing: Browsing) -> None:
    page = browsing.open()
    composer(page).press_sequentially("status / help")
    expect(offered(page)).to_have_count(0)


@pytest.mark.browser
def test_the_arrows_bring_back_what_was_sent(browsing: Browsing) -> None:
    page = browsing.open()
    for line in ("the first", "the second", "the first", "the third"):
        composer(page).fill(line)
        composer(page).press("Enter")
    for key, line in (
        ("ArrowUp", "the third"),
        ("ArrowUp", "the first"),
        ("ArrowUp", "the second"),
        ("ArrowUp", "the second"),
        ("ArrowDown", "the first"),
        ("ArrowDown", "the third"),
        ("ArrowDown", ""),
    ):
        composer(page).press(key)
        expect(composer(page)).to_have_value(line)
    composer(page).press_sequentially("half a line")
    composer(page).press("ArrowUp")
    expect(composer(page)).to_have_value("half a line")


@pytest.mark.browser
def test_each_person_has_their_own_lines(browsing: Browsing) -> None:
    page = browsing.open("U0MARA")
    composer(page).fill("from Mara")
    composer(page).press("Enter")
    page.get_by_test_id("person").select_option("U0AIKO")
    page.wait_for_url("**person=U0AIKO*")
    expect(page.get_by_test_id("person")).to_have_value("U0AIKO")
    page.wait_for_selector("body[data-drawn]")
    composer(page).press("ArrowUp")
    expect(composer(page)).to_have_value("")
