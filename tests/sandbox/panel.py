"""A Slack with the emulated AWS beside it: two accounts and a key of each kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from deploy.sandbox.aws import AwsServer
from deploy.sandbox.panel import SandboxPanel
from deploy.sandbox.slack import SlackServer
from tests.sandbox.aws_clients import MEMBER, REMEDIATE, kms
from tests.sandbox.browser import Browsing

OTHER = "222222222222"


@dataclass(frozen=True, slots=True)
class Beside:
    aws: AwsServer
    slack: SlackServer
    panel: SandboxPanel
    off: str
    on: str


@pytest.fixture
def beside(slack: SlackServer) -> Iterator[Beside]:
    with AwsServer(seed=False) as aws:
        world = aws.world
        world.account(MEMBER, "prod-payments")
        world.account(OTHER, "prod-web")
        off = world.key(account=MEMBER, alias="alias/payments/card-vault")
        on = world.key(account=OTHER, region="us-east-1", alias="alias/web/uploads", rotation=180)
        world.key(account=MEMBER, alias="alias/aws/s3")
        world.key(account=OTHER, alias="alias/web/signing", spec="RSA_2048")
        panel = SandboxPanel(aws, slack)
        slack.beside = panel
        yield Beside(aws, slack, panel, off, on)


def opened(browsing: Browsing, person: str = "U0MARA", width: int = 1280, tab: str = "Keys") -> Page:
    """A page with the panel open at one of its tabs."""
    page = browsing.open(person, width=width)
    page.get_by_test_id("panel-opener").click()
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    return page


def row(page: Page, arn: str) -> Locator:
    return page.locator(f'#panel [data-arn="{arn}"]')


def change_key(page: Page, arn: str, label: str) -> None:
    row(page, arn).locator("summary").click()
    row(page, arn).get_by_role("menuitem", name=label).click()


def enable_for(aws: AwsServer, arn: str, **more: Any) -> None:  # noqa: ANN401 - AssumeRole's
    """EnableKeyRotation as the bot calls it: in a session that says for whom."""
    tags = {"Requester": "U0MARA", "Approvers": "U0JONAS U0AIKO"}
    session = {
        "SourceIdentity": "U0MARA",
        "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
    }
    kms(aws, REMEDIATE, **(session | more)).enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
