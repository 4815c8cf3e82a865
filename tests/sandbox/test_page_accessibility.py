"""The page for those who see little, hear it read, or use no mouse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Page, expect

from deploy.sandbox.slack import SlackServer
from tests.sandbox.browser import Browsing
from tests.sandbox.panel import Beside, beside, change_key, enable_for, opened, row
from tests.sandbox.slack_bot import CHANNEL, Given, actions, bolt, button, connected, modal, section, text_input, web

__all__ = ["beside"]

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("accessibility.js").read_text(encoding="utf-8")
CHECKS = ("poorContrast", "nameless", "brokenIds")
PLAIN: Callable[[str], dict[str, Any]] = lambda text: {"type": "plain_text", "text": text}  # noqa: E731 - as Slack has it
CONFIRM = {
    name: PLAIN(text) for name, text in (("title", "Sure?"), ("text", "Think."), ("confirm", "Yes"), ("deny", "No"))
}
EVERY_BLOCK = [
    {"type": "header", "text": PLAIN("A header")},
    section("*strong* _em_ ~old~ `code` <https://example.com|a link> <@U0JONAS> <!date^1800000000^{date_short}|then>"),
    section("> a quote\n```preformatted```"),
    {"type": "section", "fields": [PLAIN("a field"), PLAIN("another")]},
    {"type": "context", "elements": [PLAIN("said quietly")]},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "head"}], [{"type": "raw_text", "text": "cell"}]]},
    actions(
        button("go", text="Plain"),
        button("ok", text="Primary", style="primary"),
        button("no", text="Danger", style="danger", confirm=CONFIRM),
        {"type": "overflow", "action_id": "more", "options": [{"text": PLAIN("One more"), "value": "1"}]},
    ),
]
ON_HOME = [block for block in EVERY_BLOCK if block["type"] != "table"]
FORM = [
    {"type": "alert", "text": PLAIN(f"An {level} alert"), "level": level}
    for level in ("default", "info", "warning", "error", "success")
] + [
    text_input("reason", "text"),
    {**text_input("owner", "name"), "optional": True, "hint": PLAIN("Whose it is")},
]
Scene: TypeAlias = Callable[[Page, Beside], object]


def _nothing(_page: Page, _beside: Beside) -> None: ...


def _home(page: Page, there: Beside) -> None:
    web(there.slack).views_publish(user_id="U0MARA", view={"type": "home", "blocks": ON_HOME})
    page.get_by_test_id("go-home").click()
    expect(page.get_by_test_id("home")).to_be_visible()


def _modal(page: Page, there: Beside) -> None:
    trigger = there.slack.state.new_trigger("U0MARA")
    web(there.slack).views_open(trigger_id=trigger, view=modal(*FORM))
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("field-error")).to_have_count(1)


def _offers(page: Page, _beside: Beside) -> None:
    page.get_by_test_id("composer").press_sequentially("/kms-rotation s")
    expect(page.locator("#offers").get_by_role("option").first).to_be_visible()


def _thread(page: Page, there: Beside) -> None:
    root: Given = web(there.slack).chat_postMessage(channel=CHANNEL, text="root")
    web(there.slack).chat_postMessage(channel=CHANNEL, text="reply", blocks=EVERY_BLOCK, thread_ts=root["ts"])
    page.get_by_role("button", name="1 reply").click()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("A header")


def _notices(page: Page, _beside: Beside) -> None:
    page.get_by_test_id("composer").fill("/kms-rotation status")
    page.get_by_test_id("composer").press("Enter")
    expect(page.get_by_test_id("notice")).to_be_visible()
    page.get_by_test_id("composer").fill("/unknown")
    page.get_by_test_id("composer").press("Enter")
    expect(page.locator("#told")).to_be_visible()


def _confirm(page: Page, _beside: Beside) -> None:
    page.get_by_role("button", name="Danger").click()
    expect(page.get_by_test_id("confirm")).to_be_visible()


def _menu(page: Page, _beside: Beside) -> None:
    page.locator("#log").get_by_label("More actions").click()
    page.get_by_role("menuitem", name="One more").focus()


def _keys(page: Page, there: Beside) -> None:
    page.get_by_test_id("panel-opener").click()
    there.aws.faults.delete_key(there.on)
    change_key(page, there.off, "Disable the key")
    expect(row(page, there.off)).to_contain_text("changed by you")
    row(page, there.off).locator("summary").click()


def _calls(page: Page, there: Beside) -> None:
    enable_for(there.aws, there.off)
    there.aws.faults.deny()
    with pytest.raises(Exception, match="AccessDenied"):
        enable_for(there.aws, there.off)
    page.get_by_test_id("panel-opener").click()
    page.get_by_role("tab", name="Calls").click()
    expect(page.get_by_test_id("call").first).to_be_visible()


def _trouble(page: Page, _beside: Beside) -> None:
    page.get_by_test_id("panel-opener").click()
    page.get_by_role("tab", name="Make trouble").click()
    page.get_by_role("button", name="Deny it").click()
    expect(page.get_by_role("button", name="Undo all levers")).to_be_visible()


SCENES: tuple[Scene, ...] = (
    _nothing, _home, _modal, _offers, _thread, _notices, _confirm, _menu, _keys, _calls, _trouble,
)  # fmt: skip


@pytest.fixture
def channel(beside: Beside) -> Beside:
    """A channel with everything that there is, something for Mara alone, and something new elsewhere."""
    client = web(beside.slack)
    client.chat_postMessage(channel=CHANNEL, text="everything", blocks=EVERY_BLOCK)
    edited: Given = client.chat_postMessage(channel=CHANNEL, text="to be edited")
    client.chat_update(channel=CHANNEL, ts=edited["ts"], text="edited")
    client.chat_postEphemeral(channel=CHANNEL, user="U0MARA", text="for you alone")
    client.chat_postMessage(channel="C0PAYMENTS", text="new")
    return beside


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__.strip("_"))
@pytest.mark.parametrize("width", [400, 1280])
def test_text_stands_out_and_everything_has_a_name(
    channel: Beside, browsing: Browsing, scene: Scene, width: int
) -> None:
    page = browsing.open(width=width)
    scene(page, channel)
    page.evaluate("Promise.allSettled(document.getAnimations().map((each) => each.finished))")
    assert {check: page.evaluate(f"() => {{ {SCRIPT}; return {check}(); }}") for check in CHECKS} == {
        check: [] for check in CHECKS
    }


def test_text_that_does_not_stand_out_would_be_found(channel: Beside, browsing: Browsing) -> None:
    page = browsing.open()
    page.evaluate("document.documentElement.style.setProperty('--dim', '#8a8a8a')")
    page.get_by_role("button", name="Plain").evaluate("it => { it.style.color = 'transparent'; }")
    found: list[str] = page.evaluate(f"() => {{ {SCRIPT}; return poorContrast(); }}")
    assert any(text.startswith("said quietly: 3.") for text in found)
    assert any(text.startswith("Plain: 1.00") for text in found)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__.strip("_"))
def test_nothing_scrolls_sideways_in_a_narrow_window(channel: Beside, browsing: Browsing, scene: Scene) -> None:
    page = browsing.open(width=400)
    scene(page, channel)
    page.mouse.wheel(500, 0)
    assert page.evaluate("[scrollX, document.documentElement.scrollWidth]") == [0, 400]


def tab_through(page: Page) -> list[str]:
    """The keys of what Tab reaches, from the first to the first again; each shows that it has the focus."""
    reached: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        seen, name = page.evaluate(
            f"() => {{ {SCRIPT}; const it = document.activeElement; "
            "return [focusIsSeen(), it.dataset.key ?? it.id ?? it.textContent]; }"
        )
        assert seen, f"{name} does not show that it has the focus"
        if reached and name == reached[0]:
            return reached
        reached.append(name)
    raise AssertionError(f"Tab does not come round: {reached}")


def test_everything_is_reached_with_the_keyboard_and_shows_it(channel: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    reached = tab_through(page)
    pressed = page.locator(
        "#sidebar a, #log button[data-act=click], #log summary, #panel summary, #panel [type=search]"
    )
    keys: list[str] = pressed.evaluate_all("all => all.map((it) => it.dataset.key ?? it.id)")
    assert len(keys) > 10
    assert set(keys) <= set(reached)
    assert {"person", "say", "log", "tab-keys", "panel-closer"} <= set(reached)


def test_a_modal_keeps_the_focus_and_gives_it_back(slack: SlackServer, browsing: Browsing) -> None:
    app = bolt(slack)

    @app.action("ask")  # type: ignore[untyped-decorator]  # Bolt is published without types
    def opens(ack: Given, body: Given, client: Given) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal(*FORM))

    with connected(slack, app):
        web(slack).chat_postMessage(channel=CHANNEL, text="ask", blocks=[actions(button("ask", text="Ask …"))])
        page = browsing.open()
        page.get_by_role("button", name="Ask …").press("Enter")
        expect(page.get_by_label("Reason")).to_be_focused()
        for _ in range(12):
            page.keyboard.press("Tab")
            outside = "!document.activeElement.closest('dialog') && document.activeElement !== document.body"
            assert not page.evaluate(outside)
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("modal")).to_have_count(0)
        expect(page.get_by_role("button", name="Ask …")).to_be_focused()


def test_a_question_gives_the_focus_back_to_what_asked_it(channel: Beside, browsing: Browsing) -> None:
    page = browsing.open()
    danger = page.get_by_role("button", name="Danger")
    danger.press("Enter")
    expect(page.get_by_role("button", name="Yes")).to_be_focused()
    web(channel.slack).chat_postMessage(channel=CHANNEL, text="news meanwhile")
    expect(page.locator("#log")).to_contain_text("news meanwhile")
    page.keyboard.press("Escape")
    expect(danger).to_be_focused()


def test_a_menu_gives_the_focus_back_once_something_is_chosen(channel: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    summary = row(page, channel.off).locator("summary")
    summary.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(row(page, channel.off)).to_contain_text("every 365 days")
    expect(summary).to_be_focused()
    summary.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(row(page, channel.off).get_by_role("menu")).to_be_hidden()
    expect(summary).to_be_focused()
    expect(page.locator("#panel")).to_be_visible()


def test_a_menu_is_walked_through_with_the_arrow_keys(channel: Beside, browsing: Browsing) -> None:
    page = opened(browsing)
    items = row(page, channel.off).get_by_role("menuitem")
    row(page, channel.off).locator("summary").press("Enter")
    expect(items).to_have_count(4)
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", 3), ("ArrowDown", 0)):
        page.keyboard.press(key)
        expect(items.nth(at)).to_be_focused()
    page.keyboard.press("Escape")
    row(page, channel.off).locator("summary").press("Enter")
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()


def test_the_focus_stays_when_news_come_and_goes_to_the_messages_when_its_button_is_gone(
    slack: SlackServer, browsing: Browsing
) -> None:
    posted: Given = web(slack).chat_postMessage(channel=CHANNEL, text="a", blocks=[actions(button("go", text="Go"))])
    page = browsing.open()
    page.get_by_role("button", name="Go").focus()
    web(slack).chat_postMessage(channel=CHANNEL, text="news")
    expect(page.locator("#log")).to_contain_text("news")
    expect(page.get_by_role("button", name="Go")).to_be_focused()
    web(slack).chat_update(channel=CHANNEL, ts=posted["ts"], text="done", blocks=[section("done")])
    expect(page.get_by_role("button", name="Go")).to_have_count(0)
    expect(page.locator("#log")).to_be_focused()


@pytest.mark.parametrize(("preference", "moves"), [("reduce", False), ("no-preference", True)])
def test_whoever_wants_no_motion_gets_none(channel: Beside, browsing: Browsing, preference: Any, moves: bool) -> None:  # noqa: ANN401 - Playwright's literal
    page = browsing.open()
    page.emulate_media(reduced_motion=preference)
    styles = "all => all.map((it) => getComputedStyle(it))"
    every: list[str] = page.locator("body *").evaluate_all(
        f"({styles}.flatMap((it) => [it.transitionDuration, it.animationDuration]))"
    )
    durations = set(every)
    assert (durations != {"0s"}) is moves
