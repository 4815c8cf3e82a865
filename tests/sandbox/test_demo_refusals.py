"""The real bot where people cross each other, mistype, and lose the line: seen in the browsers of those concerned."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.sandbox.sandbox_process import Sandbox, exported

pytestmark = pytest.mark.browser

RECONNECT_MILLISECONDS = 90_000  # Slack's client tries again at its own pace
AT_ONCE = """(moment) => {
  const yes = document.querySelector('[data-testid="confirm"] footer button:last-child');
  setTimeout(() => yes.click(), moment - Date.now());
}"""


class Demo:
    """One sandbox with the real bot for all of these tests; each takes keys of its own."""

    def __init__(self, browser: Browser, address: str, aws: str) -> None:
        self._browser = browser
        self._address = address
        self._aws = aws
        self._contexts: list[Any] = []

    def page(self, person: str) -> Page:
        """In a browser context of its own, as on a computer of its own."""
        self._contexts.append(self._browser.new_context())
        page: Page = self._contexts[-1].new_page()
        page.goto(f"{self._address}/?person={person}&channel=C0SECURITY")
        page.wait_for_selector("body[data-drawn]")
        return page

    def changes(self, key: str) -> list[dict[str, Any]]:
        """The calls of EnableKeyRotation for this key, the newest first."""
        with urlopen(f"{self._aws}/sandbox/calls?action=EnableKeyRotation") as answer:  # noqa: S310 - the sandbox's own
            calls: list[dict[str, Any]] = json.load(answer)
        return [call for call in calls if call["key"] == key]

    @contextmanager
    def updates_held_back(self) -> Iterator[None]:
        """Let Slack take no update of a message: nobody's page catches up with what others did."""
        self._pull("rate_limit_next", method="chat.update", times=99, retry_after=1)
        yield
        self._pull("clear")

    def _pull(self, lever: str, **arguments: object) -> None:
        asked = json.dumps({"lever": lever, **arguments}).encode()
        headers = {"Content-Type": "application/json"}
        urlopen(Request(f"{self._address}/sandbox/faults", asked, headers)).close()  # noqa: S310 - the sandbox's own

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[tuple[str, str]]:
    """The addresses of the page and of AWS."""
    run = Sandbox("--port", "0")
    try:
        printed = run.until_ready()
        address = re.search(r"^Open (\S+)$", printed, re.MULTILINE)
        assert address is not None
        yield address[1], exported(printed)["AWS_ENDPOINT_URL"]
    finally:
        run.clear_away()


@pytest.fixture
def demo(browser: Browser, sandbox: tuple[str, str]) -> Iterator[Demo]:
    made = Demo(browser, *sandbox)
    yield made
    made.close()


def asking(page: Page, alias: str) -> tuple[Locator, str]:
    """The modal that asks for this key, and the key's ARN."""
    page.get_by_test_id("composer").fill(f"/kms-rotation key {alias}")
    page.get_by_test_id("composer").press("Enter")
    answer = page.get_by_test_id("ephemeral").filter(has_text=alias).last
    answer.get_by_role("button", name="Enable rotation").click()
    modal = page.get_by_test_id("modal")
    arn = modal.locator("code").filter(has_text="arn:aws:kms").first.inner_text()
    return modal, arn


def ask(page: Page, alias: str) -> str:
    """Send the form as it is, and close what it answers. The key's ARN."""
    modal, arn = asking(page, alias)
    page.get_by_test_id("submit").click()
    expect(modal).to_contain_text("Your request is on its way")
    page.keyboard.press("Escape")
    expect(modal).to_have_count(0)
    return arn


def request(page: Page, alias: str) -> Locator:
    """The message in the channel that this request has."""
    return page.locator("#log").get_by_test_id("message").filter(has_text=alias).last


def press_at_once(pages: list[Page], alias: str, button: str) -> None:
    """Everybody opens the question; all say yes in the same moment."""
    for page in pages:
        request(page, alias).get_by_role("button", name=button).click()
        expect(page.get_by_test_id("confirm")).to_be_visible()
    moment = pages[0].evaluate("Date.now() + 300")
    for page in pages:
        page.evaluate(AT_ONCE, moment)
    for page in pages:
        expect(page.get_by_test_id("confirm")).to_have_count(0)


def test_of_two_who_approve_at_once_one_is_told_that_the_other_was_first(demo: Demo) -> None:
    alias = "security/backup"
    arn = ask(demo.page("U0MARA"), alias)
    jonas, aiko = demo.page("U0JONAS"), demo.page("U0AIKO")
    with demo.updates_held_back():
        press_at_once([jonas, aiko], alias, "Approve")
    for page in (jonas, aiko):
        expect(request(page, alias)).to_contain_text("Read back from AWS")
        expect(request(page, alias).get_by_role("button", name="Approve")).to_have_count(0)
    (change,) = demo.changes(arn)
    assert change["error"] is None
    (winner,) = change["session_tags"]["Approvers"].split()
    first, second, name = {
        "U0JONAS": (jonas, aiko, "Jonas Weber"), "U0AIKO": (aiko, jonas, "Aiko Tanaka"),
    }[winner]  # fmt: skip
    too_late = f"This request was approved already, by @{name}. Nothing was changed by your click."
    expect(second.get_by_test_id("ephemeral").filter(has_text=too_late)).to_have_count(1)
    expect(first.get_by_test_id("ephemeral").filter(has_text="already")).to_have_count(0)
    for page in (jonas, aiko):
        expect(request(page, alias)).to_contain_text(name)

    jonas.get_by_test_id("panel-opener").click()
    jonas.get_by_role("tab", name="Calls").click()
    jonas.get_by_role("button", name="Changes").click()
    told = jonas.get_by_test_id("call").filter(has_text=alias)
    expect(told).to_have_count(1)
    expect(told).to_contain_text(f"asked by Mara Lindqvist, approved by {name}")


def test_two_whose_approvals_are_both_needed_may_give_them_at_once(demo: Demo) -> None:
    alias = "lake/pii-vault"
    mara = demo.page("U0MARA")
    arn = ask(mara, alias)
    jonas, aiko = demo.page("U0JONAS"), demo.page("U0AIKO")
    press_at_once([jonas, aiko], alias, "Approve")
    for page in (mara, jonas, aiko):
        expect(request(page, alias)).to_contain_text("Read back from AWS")
        expect(request(page, alias)).to_contain_text("Jonas Weber")
        expect(request(page, alias)).to_contain_text("Aiko Tanaka")
    (change,) = demo.changes(arn)
    assert sorted(change["session_tags"]["Approvers"].split()) == ["U0AIKO", "U0JONAS"]


def test_one_who_approves_while_another_denies_leaves_one_answer(demo: Demo) -> None:
    alias = "web/cdn-logs"
    arn = ask(demo.page("U0MARA"), alias)
    jonas, aiko = demo.page("U0JONAS"), demo.page("U0AIKO")
    request(jonas, alias).get_by_role("button", name="Approve").click()
    expect(jonas.get_by_test_id("confirm")).to_be_visible()
    request(aiko, alias).get_by_role("button", name="Deny").click()
    expect(request(aiko, alias).get_by_role("button", name="Approve")).to_have_count(0)
    expect(request(jonas, alias).get_by_role("button", name="Approve")).to_have_count(0)
    jonas.get_by_test_id("confirm").get_by_role("button", name="Approve").click()
    expect(jonas.locator("#told, [data-testid=ephemeral]").last).to_be_visible()
    expect(request(jonas, alias)).to_contain_text("Aiko Tanaka")
    assert demo.changes(arn) == []


def test_several_keys_of_a_list_are_one_request_and_one_approval(demo: Demo) -> None:
    """Before anything that denies or fails: all open keys of one account."""
    mara, jonas = demo.page("U0MARA"), demo.page("U0JONAS")
    mara.get_by_test_id("composer").fill("/kms-rotation list account=staging")
    mara.get_by_test_id("composer").press("Enter")
    mara.get_by_test_id("ephemeral").last.get_by_role("button", name="Enable several").click()
    modal = mara.get_by_test_id("modal")
    mara.get_by_test_id("submit").click()
    expect(modal.get_by_test_id("field-error").first).to_contain_text("Choose at least one key")
    modal.get_by_label("All 3 keys above").check()
    mara.get_by_test_id("submit").click()
    expect(modal).to_contain_text("Your request is on its way")
    mara.keyboard.press("Escape")
    asked = request(jonas, "staging/preview-builds")
    expect(asked).to_contain_text("3 keys")
    asked.get_by_role("button", name="Approve").click()
    jonas.get_by_test_id("confirm").get_by_role("button", name="Approve").click()
    for page in (mara, jonas):
        told = request(page, "staging/preview-builds")
        for alias in ("staging/everything", "staging/payments", "staging/preview-builds"):
            expect(told).to_contain_text(f"✅ {alias} – Rotation is on")
    mara.get_by_test_id("composer").fill("/kms-rotation status account=staging")
    mara.get_by_test_id("composer").press("Enter")
    expect(mara.get_by_test_id("ephemeral").last).to_contain_text("100% compliant")


def test_a_glass_is_broken_with_a_reason_and_everybody_hears_of_it(demo: Demo) -> None:
    """She is on call, and may not approve."""
    alias = "lake/airflow"
    mara, jonas = demo.page("U0MARA"), demo.page("U0JONAS")
    arn = ask(mara, alias)
    request(mara, alias).get_by_role("button", name="Break glass").click()
    modal = mara.get_by_test_id("modal")
    expect(modal).to_contain_text(f"{alias} – data-lake · eu-central-1")
    mara.get_by_test_id("submit").click()
    expect(modal.get_by_test_id("field-error")).to_have_count(1)
    modal.get_by_label("Why can it not wait?").fill("The pipeline's auditor waits on the line.")
    mara.get_by_test_id("submit").click()
    expect(modal).to_have_count(0)
    for page in (mara, jonas):
        told = page.locator("#log").get_by_test_id("message").filter(has_text=alias)
        asked = told.filter(has_text="asks to enable automatic rotation")
        expect(asked).to_contain_text("Mara Lindqvist broke the glass")
        expect(asked).to_contain_text("Rotation is on")
        alarm = told.filter(has_text="The glass was broken").last
        expect(alarm).to_contain_text("The pipeline's auditor waits on the line.")
        expect(alarm).to_contain_text("@key-admins")
    (change,) = demo.changes(arn)
    assert change["session_tags"]["Basis"] == "BREAK_GLASS"


@pytest.mark.parametrize(
    ("period", "complaint"),
    [
        ("89", "Please enter 90 or more."),
        ("366", "Please enter 365 or less."),
        ("a year", "Please enter a number."),
        ("90.5", "Please enter a whole number."),
        ("", "Please complete this required field."),
    ],
)
def test_a_period_that_cannot_be_is_refused_beside_its_field(demo: Demo, period: str, complaint: str) -> None:
    page = demo.page("U0MARA")
    modal, arn = asking(page, "web/newsletter")
    field = modal.get_by_label("Days between rotations")
    field.fill(period)
    modal.get_by_label("Why now?").fill("kept while I correct the rest")
    page.get_by_test_id("submit").click()
    expect(modal.get_by_test_id("field-error")).to_have_text(complaint)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(modal.get_by_label("Why now?")).to_have_value("kept while I correct the rest")
    modal.get_by_role("button", name="Cancel").click()
    expect(modal).to_have_count(0)
    assert demo.changes(arn) == []


def test_a_form_that_is_sent_while_the_line_is_cut_can_be_sent_again(demo: Demo) -> None:
    alias = "payments/us-tokenisation"
    page, other = demo.page("U0MARA"), demo.page("U0AIKO")
    modal, arn = asking(page, alias)
    modal.get_by_label("Why now?").fill("The auditors come on Monday.")
    other.get_by_test_id("panel-opener").click()
    other.get_by_role("tab", name="Make trouble").click()
    other.get_by_role("button", name="Take Slack down").click()
    expect(page.get_by_test_id("bot-away")).to_be_visible()
    page.get_by_test_id("submit").click()
    expect(modal.get_by_role("alert")).to_have_text("We had some trouble connecting. Try again?")
    expect(modal.get_by_label("Why now?")).to_have_value("The auditors come on Monday.")

    other.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_test_id("bot-away")).to_have_count(0, timeout=RECONNECT_MILLISECONDS)
    page.get_by_test_id("submit").click()
    expect(modal).to_contain_text("Your request is on its way")
    page.keyboard.press("Escape")
    expect(request(other, alias)).to_contain_text("The auditors come on Monday.")
    request(other, alias).get_by_role("button", name="Approve").click()
    other.get_by_test_id("confirm").get_by_role("button", name="Approve").click()
    expect(request(page, alias)).to_contain_text("Read back from AWS")
    assert len(demo.changes(arn)) == 1
