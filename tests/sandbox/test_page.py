"""The page in a browser: what a person sees and does, with a real Bolt app behind it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from slack_sdk.errors import SlackApiError

from deploy.sandbox.slack import SlackServer
from tests.sandbox.browser import Browsing
from tests.sandbox.slack_bot import CHANNEL, Given, actions, bolt, button, connected, modal, section, text_input, web

pytestmark = pytest.mark.browser

CONFIRM = {
    "title": {"type": "plain_text", "text": "Enable rotation?"},
    "text": {"type": "plain_text", "text": "Somebody else approves it first."},
    "confirm": {"type": "plain_text", "text": "Ask"},
    "deny": {"type": "plain_text", "text": "Not now"},
}
HOSTILE = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script> & *_~`"

WIDTHS = """['html', '#log', '#sidebar'].map((name) => {
  const it = document.querySelector(name);
  return [name, it.scrollWidth, it.clientWidth];
})"""


class Bot:
    """The app of these tests: it remembers what it was sent, and answers as little as each test needs."""

    def __init__(self, slack: SlackServer) -> None:
        self.app = bolt(slack)
        self.web = web(slack)
        self.sent: list[dict[str, Any]] = []
        self._errors: list[dict[str, str]] = []
        self.app.action("ask")(self._ask)
        self.app.action("go")(self._go)
        self.app.view("ask")(self._submitted)
        self.app.command("/kms-rotation")(self._command)
        self.app.event("app_home_opened")(self._home)

    def post(self, text: str, *blocks: dict[str, Any], **more: object) -> str:
        """A message in the channel, by its ts."""
        posted: Given = self.web.chat_postMessage(channel=CHANNEL, text=text, blocks=list(blocks) or None, **more)  # type: ignore[arg-type]  # Slack's own names
        return str(posted["ts"])

    def refuse_next(self, **errors: str) -> None:
        self._errors.append(errors)

    def _ask(self, ack: Given, body: Given) -> None:
        ack()
        self.sent.append(body)
        view = modal(text_input("reason", "text", multiline=True), text_input("owner", "name"))
        self.web.views_open(trigger_id=body["trigger_id"], view=view)

    def _go(self, ack: Given, body: Given) -> None:
        ack()
        self.sent.append(body)

    def _submitted(self, ack: Given, body: Given) -> None:
        self.sent.append(body)
        if self._errors:
            ack(response_action="errors", errors=self._errors.pop())
        else:
            ack()
            self.post(f"Asked by <@{body['user']['id']}>")

    def _command(self, ack: Given, body: Given, respond: Given) -> None:
        ack()
        self.sent.append(body)
        respond(f"You said _{body['text']}_")

    def _home(self, event: Given) -> None:
        home = {"type": "home", "blocks": [section("*Your keys*"), actions(button("go", "from home"))]}
        self.web.views_publish(user_id=event["user"], view=home)


@pytest.fixture
def bot(slack: SlackServer) -> Iterator[Bot]:
    made = Bot(slack)
    with connected(slack, made.app):
        yield made


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("send").click()


def message(page: Page, text: str) -> Any:  # noqa: ANN401 - a Locator
    return page.locator("#log").get_by_test_id("message").filter(has_text=text)


def test_a_modal_is_opened_by_a_button_refused_by_the_bot_and_sent_again(bot: Bot, browsing: Browsing) -> None:
    bot.post("A key", section("*A key*"), actions(button("ask", "key-1", "Exempt …")))
    bot.refuse_next(owner="Nobody of that name.")
    page = browsing.open()
    page.get_by_role("button", name="Exempt …").click()
    dialog = page.get_by_test_id("modal")
    expect(dialog.get_by_role("heading", name="Ask")).to_be_visible()
    expect(dialog.get_by_label("Reason")).to_be_focused()

    dialog.get_by_label("Reason").fill("Signed off\nin the spring")
    dialog.get_by_label("Owner").fill("nobdy")
    dialog.get_by_test_id("submit").click()
    expect(dialog.get_by_test_id("field-error")).to_have_text("Nobody of that name.")
    expect(dialog.get_by_label("Owner")).to_be_focused()
    expect(dialog.get_by_label("Reason")).to_have_value("Signed off\nin the spring")

    dialog.get_by_label("Owner").fill("mara")
    dialog.get_by_test_id("submit").click()
    expect(dialog).to_have_count(0)
    expect(message(page, "Asked by @Mara Lindqvist")).to_be_visible()
    assert bot.sent[-1]["view"]["state"]["values"] == {
        "reason": {"text": {"type": "plain_text_input", "value": "Signed off\nin the spring"}},
        "owner": {"name": {"type": "plain_text_input", "value": "mara"}},
    }


def test_an_empty_field_is_refused_before_the_bot_hears_of_it(bot: Bot, browsing: Browsing) -> None:
    bot.post("A key", actions(button("ask", text="Exempt …")))
    page = browsing.open()
    page.get_by_role("button", name="Exempt …").click()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("field-error").first).to_have_text("Please complete this required field.")
    assert [body["type"] for body in bot.sent] == ["block_actions"]


def test_escape_closes_a_modal(bot: Bot, browsing: Browsing, slack: SlackServer) -> None:
    bot.post("A key", actions(button("ask", text="Exempt …")))
    page = browsing.open()
    page.get_by_role("button", name="Exempt …").click()
    expect(page.get_by_test_id("modal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("modal")).to_have_count(0)
    assert slack.person("U0MARA").modals == []


def test_what_is_typed_outlives_news_from_the_bot(bot: Bot, browsing: Browsing, slack: SlackServer) -> None:
    bot.post("A key", actions(button("ask", text="Exempt …")))
    page = browsing.open()
    page.get_by_role("button", name="Exempt …").click()
    page.get_by_label("Reason").fill("half a sent")
    view = slack.person("U0MARA").modal
    news = modal(section("*News*"), text_input("reason", "text", multiline=True), text_input("owner", "name"))
    bot.web.views_update(view_id=view.id, view=news)
    expect(page.get_by_test_id("modal")).to_contain_text("News")
    expect(page.get_by_label("Reason")).to_have_value("half a sent")


def test_a_question_is_asked_before_the_button_is_pressed(bot: Bot, browsing: Browsing, slack: SlackServer) -> None:
    bot.post("A key", actions(button("go", "1", "Enable rotation", confirm=CONFIRM)))
    page = browsing.open()
    page.get_by_role("button", name="Enable rotation").click()
    expect(page.get_by_test_id("confirm")).to_contain_text("Somebody else approves it first.")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_test_id("confirm")).to_have_count(0)

    page.get_by_role("button", name="Enable rotation").click()
    page.get_by_role("button", name="Ask", exact=True).click()
    slack.wait_for(lambda: bot.sent, what="the click")
    assert [(body["actions"][0]["value"], body["user"]["id"]) for body in bot.sent] == [("1", "U0MARA")]


def test_an_ephemeral_is_shown_to_its_person_alone_until_dismissed(bot: Bot, browsing: Browsing) -> None:
    mara, jonas = browsing.open("U0MARA"), browsing.open("U0JONAS")
    say(mara, "/kms-rotation status")
    expect(mara.get_by_test_id("ephemeral")).to_contain_text("Only visible to you")
    expect(mara.get_by_test_id("ephemeral")).to_contain_text("You said status")
    bot.post("For everybody")
    expect(message(jonas, "For everybody")).to_be_visible()
    expect(jonas.get_by_test_id("ephemeral")).to_have_count(0)
    mara.get_by_role("button", name="Dismiss message").click()
    expect(mara.get_by_test_id("ephemeral")).to_have_count(0)


def test_the_switcher_makes_you_somebody_else(bot: Bot, browsing: Browsing, slack: SlackServer) -> None:
    page = browsing.open("U0MARA")
    page.get_by_test_id("person").select_option("U0AIKO")
    page.wait_for_url("**person=U0AIKO*")
    expect(page.get_by_test_id("person")).to_have_value("U0AIKO")
    say(page, "/kms-rotation help")
    slack.wait_for(lambda: bot.sent, what="the command")
    assert (bot.sent[0]["user_id"], bot.sent[0]["channel_id"], bot.sent[0]["text"]) == ("U0AIKO", CHANNEL, "help")
    options = page.get_by_test_id("person").locator("option").all_inner_texts()
    assert options == ["Mara Lindqvist", "Jonas Weber", "Aiko Tanaka", "Priya Nair", "Gus Guest (guest)",
                       "Eve Elsewhere (another workspace)"]  # fmt: skip


def test_posts_edits_and_deletions_arrive_by_themselves(bot: Bot, browsing: Browsing) -> None:
    page = browsing.open()
    ts = bot.post("Scanning 1 of 5")
    expect(message(page, "Scanning 1 of 5")).to_be_visible()
    bot.web.chat_update(channel=CHANNEL, ts=ts, text="Scanning 5 of 5")
    expect(message(page, "Scanning 5 of 5")).to_be_visible()
    expect(message(page, "Scanning 1 of 5")).to_have_count(0)
    bot.web.chat_delete(channel=CHANNEL, ts=ts)
    expect(message(page, "Scanning")).to_have_count(0)


def test_a_thread_opens_beside_the_channel_and_stays_up_to_date(bot: Bot, browsing: Browsing) -> None:
    root = bot.post("The digest")
    bot.post("All other keys", thread_ts=root)
    page = browsing.open()
    expect(message(page, "All other keys")).to_have_count(0)
    page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_test_id("message")).to_have_count(2)
    bot.post("Two more", thread_ts=root)
    expect(thread.get_by_test_id("message")).to_have_count(3)
    expect(page.get_by_role("button", name="2 replies")).to_be_visible()
    thread.get_by_role("button", name="Close thread").click()
    expect(thread.get_by_test_id("message")).to_have_count(0)


def test_the_page_says_when_the_bot_is_away_and_when_it_is_back(browsing: Browsing, slack: SlackServer) -> None:
    page = browsing.open()
    expect(page.get_by_test_id("bot-away")).to_contain_text("KMS rotation is away")
    say(page, "/kms-rotation status")
    expect(page.get_by_test_id("notice")).to_contain_text("/kms-rotation failed with the error “dispatch_failed”")
    with connected(slack, Bot(slack).app):
        expect(page.get_by_test_id("bot-status")).to_contain_text("connected")
        expect(page.get_by_test_id("bot-away")).to_have_count(0)
    expect(page.get_by_test_id("bot-status")).to_contain_text("away")


@pytest.mark.parametrize(
    ("person", "line", "sentence"),
    [
        ("U0MARA", "/unknown", "/unknown is not a valid command"),
        ("U0ELSE", "/kms-rotation status", "Eve Elsewhere is of another workspace, where the app is not installed"),
    ],
)
def test_what_slack_does_not_allow_is_said(bot: Bot, browsing: Browsing, person: str, line: str, sentence: str) -> None:
    page = browsing.open(person)
    say(page, line)
    expect(page.locator("#told")).to_have_text(sentence)
    assert bot.sent == []


def test_home_is_published_when_it_is_opened_and_its_buttons_work(
    bot: Bot, browsing: Browsing, slack: SlackServer
) -> None:
    page = browsing.open()
    page.get_by_test_id("go-home").click()
    expect(page.get_by_test_id("home")).to_contain_text("Your keys")
    expect(page.get_by_test_id("composer")).to_be_hidden()
    page.get_by_test_id("home").get_by_role("button", name="Go").click()
    slack.wait_for(lambda: bot.sent, what="the click")
    assert (bot.sent[0]["actions"][0]["value"], bot.sent[0]["view"]["type"]) == ("from home", "home")


def test_a_permalink_leads_to_the_message_on_this_page(bot: Bot, browsing: Browsing) -> None:
    ts = bot.post("The request")
    for number in range(30):
        bot.post(f"Filling line {number}")
    link: Given = bot.web.chat_getPermalink(channel=CHANNEL, message_ts=ts)
    bot.web.chat_postMessage(channel="C0PAYMENTS", text=f"<{link['permalink']}|Go to the request>")
    page = browsing.open(channel="C0PAYMENTS")
    page.get_by_role("link", name="Go to the request").click()
    expect(message(page, "The request")).to_be_in_viewport()


def test_hostile_text_is_text_everywhere(bot: Bot, browsing: Browsing, slack: SlackServer) -> None:
    plain = {"type": "plain_text", "text": HOSTILE}
    row = [{"type": "raw_text", "text": HOSTILE}]
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}
    bot.post(
        HOSTILE,
        {"type": "header", "text": plain},
        section(HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
        section(HOSTILE),
        {"type": "section", "text": plain},
        {"type": "rich_text", "elements": [rich]},
        {"type": "table", "rows": [row, row]},
        {"type": "context", "elements": [plain]},
        actions(button("go", HOSTILE, HOSTILE[:75], confirm={**CONFIRM, "text": plain})),
    )
    bot.web.chat_postMessage(channel=CHANNEL, text=f"plain {HOSTILE}")
    slack.state.change_person("U0JONAS", real_name=HOSTILE)
    page = browsing.open()
    log = page.locator("#log")
    for kind in ("header", "section", "rich_text", "table", "context", "actions"):
        expect(log.get_by_test_id(f"block-{kind}").first).to_contain_text("<img src=x onerror=")
    expect(message(page, "<script>")).to_have_count(1)
    log.get_by_test_id("action").click()
    expect(page.get_by_test_id("confirm")).to_contain_text("<script>")
    page.keyboard.press("Escape")
    say(page, f"me too {HOSTILE}")
    expect(message(page, "me too <img")).to_be_visible()
    assert page.locator("img, body script").count() == 0
    assert page.title() == "Northwind — sandbox Slack"


@pytest.mark.parametrize("channel", [CHANNEL, "home"])
def test_a_narrow_window_does_not_scroll_sideways(bot: Bot, browsing: Browsing, channel: str) -> None:
    arn = "arn:aws:kms:eu-central-1:444444444444:key/mrk-0f4e4599393950dd899934793e4df265"
    wide = [{"type": "raw_text", "text": f"column {number} with words"} for number in range(8)]
    bot.post(
        "wide",
        section(f"`{arn}` {'x' * 200}"),
        {"type": "table", "rows": [wide, wide]},
        actions(*(button(f"b{number}", text=f"A button {number}") for number in range(5))),
        {**section("with a button"), "accessory": button("ask", text="A label that is rather long, as labels go")},
    )
    page = browsing.open(channel=channel, width=400)
    expect(page.locator("#log > *").first).to_be_visible()
    if channel == CHANNEL:
        page.get_by_role("button", name="A label").click()
        expect(page.get_by_test_id("modal")).to_be_visible()
    widths = page.evaluate(WIDTHS)
    assert [name for name, scroll, client in widths if scroll > client] == []


def test_blocks_that_slack_refuses_are_a_loud_word_until_good_ones_come(browsing: Browsing, bot: Bot) -> None:
    alarm = browsing.open().get_by_test_id("refused")
    expect(alarm).to_have_count(0)
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        bot.post("Hello", {"type": "hologram"})
    expect(alarm).to_be_visible()
    expect(alarm).to_have_attribute("role", "alert")
    expect(alarm).to_contain_text("Slack refuses what the app sent to chat.postMessage: invalid_blocks.")
    expect(alarm).to_contain_text("[json-pointer:/blocks/0/type]")
    bot.post("Hello", section("Hello"))
    expect(alarm).to_have_count(0)
