"""What the sandbox's tests share."""

from tests.sandbox.browser import browser, browsing
from tests.sandbox.sandbox_process import start
from tests.sandbox.slack_bot import slack

__all__ = ["browser", "browsing", "slack", "start"]
