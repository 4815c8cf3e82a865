"""The story that the pictures tell: Mara asks for a key, Jonas approves, and both look at what there is."""

from base64 import b64encode
from collections.abc import Iterator

from playwright.sync_api import Browser, Locator, Page, expect

from deploy.sandbox.slack.page.html import element, join

CHANNEL = "C0SECURITY"
MARA, JONAS = "U0MARA", "U0JONAS"
KEY, OTHER_KEY = "payments/card-vault", "lake/pii-vault"
REASON = "Finding 3.8 of the March audit"
WIDTH, HEIGHT, TALL = 1280, 860, 1600
COMPACT = 1140
"""Wide enough for the sidebar and a message, with nothing empty beside it."""

ROWS = 3
"""So many keys of the digest are in its picture."""

PATIENCE_MILLISECONDS = 60_000
_STYLE = """
body { margin: 0; padding: 20px 24px 24px; background: #f7f6f8; font: 600 15px system-ui, "Noto Sans", sans-serif; }
h2 { margin: 0 0 8px; font-size: 15px; color: #5c5a5d; } h2 + img + h2 { margin-top: 20px; }
img { display: block; width: 100%; box-sizing: border-box; background: #fff; border: 1px solid #dddbde;
  border-radius: 8px; padding: 8px 0; }
"""


def pictures(browser: Browser, address: str) -> Iterator[tuple[str, bytes]]:
    """Play it, and take each picture when its moment has come: its name and its PNG."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    _visit(page, address, MARA, CHANNEL)
    yield "digest", _from_its_top(page)

    modal = _ask(page, KEY)
    modal.locator("textarea").fill(REASON)
    yield "modal", _with_margin(page, modal)

    page.get_by_test_id("submit").click()
    waiting = page.locator("#log").get_by_test_id("message").filter(has=page.get_by_role("button", name="Approve"))
    expect(waiting).to_have_count(1)
    page.keyboard.press("Escape")
    expect(modal).to_have_count(0)
    before = _compact(page, waiting)
    _visit(page, address, JONAS, CHANNEL)
    waiting.get_by_role("button", name="Approve").click()
    page.get_by_test_id("confirm").get_by_role("button").last.click()
    after = page.locator("#log").get_by_test_id("message").last
    expect(after).to_contain_text("Read back from AWS")
    done = _compact(page, after)
    yield "request", _stacked(browser, {"Mara asks": before, "Jonas has approved": done})

    _say(page, "/kms-rotation status")
    status = page.get_by_test_id("ephemeral").last
    expect(status).to_contain_text("compliant")
    yield "status", _compact(page, status)

    _visit(page, address, MARA, CHANNEL)
    _ask(page, OTHER_KEY)
    page.get_by_test_id("submit").click()
    expect(waiting).to_have_count(1)
    _visit(page, address, JONAS, "home")
    home = page.get_by_test_id("home")
    expect(home.get_by_role("button", name="Approve")).to_have_count(1)
    yield "home", _compact(page, home)


def _visit(page: Page, address: str, person: str, channel: str) -> None:
    page.goto(f"{address.partition('?')[0].rstrip('/')}/?person={person}&channel={channel}")
    page.wait_for_selector("body[data-drawn]")
    page.locator("#panel-opener").evaluate("opener => { opener.style.visibility = 'hidden' }")  # not Slack's


def _say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("send").click()


def _ask(page: Page, key: str) -> Locator:
    """Press the button in the row of a key, and wait for the modal."""
    row = _rows(page).filter(has_text=key).first
    row.locator("xpath=following-sibling::*[1]").get_by_role("button", name="Enable rotation").first.click()
    modal = page.get_by_test_id("modal")
    expect(modal.get_by_test_id("submit")).to_be_visible()
    return modal


def _rows(page: Page) -> Locator:
    """The lines about a key in the digest: those with buttons below."""
    digest = page.get_by_test_id("message").first
    return digest.locator('[data-testid="block-rich_text"]:has(+ [data-testid="block-actions"])')


def _from_its_top(page: Page) -> bytes:
    """The window with the digest's beginning; it ends where a row does."""
    log = page.locator("#log")
    log.evaluate("log => { log.scrollTop = 0 }")
    below = HEIGHT - _edge(log, "bottom")
    row = _rows(page).nth(ROWS)
    page.set_viewport_size({"width": WIDTH, "height": int(_edge(row, "top") + below)})
    taken = page.screenshot()
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return taken


def _edge(part: Locator, side: str) -> float:
    return float(part.evaluate("(part, side) => part.getBoundingClientRect()[side]", side))


def _with_margin(page: Page, modal: Locator, margin: int = 32) -> bytes:
    """The modal and a little of the window behind it."""
    box = modal.bounding_box()
    assert box is not None  # noqa: S101 - it is visible
    clip = {
        "x": box["x"] - margin,
        "y": max(0, box["y"] - margin),
        "width": box["width"] + 2 * margin,
        "height": box["height"] + 2 * margin,
    }
    return page.screenshot(clip=clip)  # type: ignore[arg-type]  # a FloatRect by its names


def _compact(page: Page, part: Locator) -> bytes:
    """A part of the page, no wider than its text; nothing is pointed at or in focus."""
    page.set_viewport_size({"width": COMPACT, "height": TALL})
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    taken = part.screenshot()
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return taken


def _stacked(browser: Browser, moments: dict[str, bytes]) -> bytes:
    """Several pictures as one, each below its caption."""
    page = browser.new_page(viewport={"width": 948, "height": 100})
    shown = join(
        join(element("h2", caption), element("img", src=f"data:image/png;base64,{b64encode(png).decode()}"))
        for caption, png in moments.items()
    )
    page.set_content(f"<!doctype html><style>{_STYLE}</style>{shown}")
    taken = page.screenshot(full_page=True)
    page.close()
    return taken
