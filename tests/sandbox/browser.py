"""Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.sandbox.errors import CannotStartError
from deploy.sandbox.gallery.chromium import FLAGS, executable
from deploy.sandbox.slack import SlackServer
from tests.sandbox.slack_bot import CHANNEL

PATIENCE_MILLISECONDS = 20_000


def chromium(environ: Mapping[str, str]) -> str:
    """Where it is. Without it the test is left out; in CI, where nothing is left out, it fails."""
    try:
        return executable(environ.get("PATH", os.defpath))
    except CannotStartError as error:
        if environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))  # without Chromium, and never in CI; the reason says how to install it


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module's tests, each of which has its own context in it.

    Not longer: while Playwright runs, no other test can run an event loop in this thread.
    """
    path = chromium(os.environ)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


class Browsing:
    """Opens pages as one person or another, and remembers every script error."""

    def __init__(self, browser: Browser, slack: SlackServer) -> None:
        self._slack = slack
        self._context = browser.new_context()
        self._context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.errors: list[str] = []

    def open(self, person: str = "U0MARA", channel: str = CHANNEL, width: int = 1280) -> Page:
        return self.at(f"{self._slack.url}/?person={person}&channel={channel}", width)

    def at(self, address: str, width: int = 1280) -> Page:
        page = self._context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("body[data-drawn]")
        return page

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def browsing(browser: Browser, slack: SlackServer) -> Iterator[Browsing]:
    opened = Browsing(browser, slack)
    yield opened
    opened.close()
    assert opened.errors == []
