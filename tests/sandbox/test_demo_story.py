"""What the demo tells people to try, done in a browser with the real bot."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from subprocess import PIPE, Popen

import boto3
import pytest
from mypy_boto3_kms import KMSClient
from playwright.sync_api import Browser, Locator, Page, expect

from bot.store.engine import Database
from bot.store.scans import ScanStore
from tests.sandbox.sandbox_process import Start, exported
from tests.scan.audits import wait_for
from tests.store.databases import MakeUrl

pytestmark = pytest.mark.browser

KEY = "alias/security/backup"


def administrator(environment: dict[str, str]) -> KMSClient:
    return boto3.Session().client(
        "kms",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def become(page: Page, user: str) -> None:
    page.get_by_test_id("person").select_option(user)
    page.wait_for_url(f"**person={user}*")
    page.wait_for_selector("body[data-drawn]")


def approve(page: Page) -> None:
    page.locator("#log").get_by_role("button", name="Approve").click()
    confirm = page.get_by_test_id("confirm")
    expect(confirm).to_be_visible()
    confirm.get_by_role("button").last.click()


def latest_ephemeral(page: Page) -> Locator:
    return page.get_by_test_id("ephemeral").last


@contextmanager
def bot_on(url: str, environment: dict[str, str]) -> Iterator[None]:
    """A bot beside the sandbox, which brings its own only with a SQLite file."""
    environ = {**os.environ, **environment, "DATABASE_URL": url}
    with Popen([sys.executable, "-m", "bot", "run"], env=environ, stderr=PIPE, text=True) as bot:
        assert bot.stderr is not None
        try:
            assert any(line.rstrip().endswith(" Ready.") for line in bot.stderr)
            with closing(Database(url)) as database:
                wait_for(ScanStore(database).current, "the first scan")
            yield
        finally:
            bot.terminate()
            rest = bot.stderr.read()
    assert bot.returncode == 0, rest


def test_mara_asks_and_jonas_approves(start: Start, browser: Browser) -> None:
    sandbox = start("--port", "0")
    page = browser.new_page()
    tell(sandbox.until_ready(), page, first="Enable rotation")
    assert sandbox.end()[0] == 0  # with the page still open
    page.close()


def test_the_same_with_a_bot_on_postgresql(start: Start, browser: Browser, make_postgresql: MakeUrl) -> None:
    printed = start("--port", "0", "--no-bot").until_ready()
    page = browser.new_page()
    with bot_on(make_postgresql("empty"), exported(printed)):
        tell(printed, page)
    page.close()


def tell(printed: str, page: Page, first: str = "") -> None:
    address = re.search(r"^(?:Open|# Slack's page:) (\S+)$", printed, re.MULTILINE)
    assert address is not None
    kms = administrator(exported(printed))
    (target,) = [each["TargetKeyId"] for each in kms.list_aliases(Limit=100)["Aliases"] if each["AliasName"] == KEY]
    assert not kms.get_key_rotation_status(KeyId=target)["KeyRotationEnabled"]

    page.goto(address[1])
    if first:
        expect(page.locator("#log").get_by_role("button", name=first).first).to_be_visible()

    page.get_by_test_id("composer").fill(f"/kms-rotation key {KEY}")
    page.get_by_test_id("send").click()
    latest_ephemeral(page).get_by_role("button", name="Enable rotation").click()
    page.get_by_test_id("submit").click()
    expect(page.locator("#log").get_by_role("button", name="Approve")).to_be_visible()
    page.keyboard.press("Escape")

    approve(page)
    expect(latest_ephemeral(page)).to_contain_text("somebody else")
    become(page, "U0GUEST")
    approve(page)
    expect(latest_ephemeral(page)).to_contain_text("full members")
    assert not kms.get_key_rotation_status(KeyId=target)["KeyRotationEnabled"]

    become(page, "U0JONAS")
    approve(page)
    expect(page.locator("#log").get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_test_id("message").last).to_contain_text("Read back from AWS")
    status = kms.get_key_rotation_status(KeyId=target)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
