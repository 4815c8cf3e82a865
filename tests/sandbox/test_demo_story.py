"""What the demo tells people to try, done in a browser with the real bot."""

import re

import boto3
import pytest
from mypy_boto3_kms import KMSClient
from playwright.sync_api import Browser, Locator, Page, expect

from tests.sandbox.sandbox_process import Start, exported

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


def test_mara_asks_and_jonas_approves(start: Start, browser: Browser) -> None:
    sandbox = start("--port", "0")
    printed = sandbox.until_ready()
    address = re.search(r"^Open (\S+)$", printed, re.MULTILINE)
    assert address is not None
    kms = administrator(exported(printed))
    (target,) = [each["TargetKeyId"] for each in kms.list_aliases(Limit=100)["Aliases"] if each["AliasName"] == KEY]
    assert not kms.get_key_rotation_status(KeyId=target)["KeyRotationEnabled"]

    page = browser.new_page()
    page.goto(address[1])
    expect(page.locator("#log").get_by_role("button", name="Enable rotation").first).to_be_visible()

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

    assert sandbox.end()[0] == 0  # with the page still open
    page.close()
