"""Whether Slack still accepts the bot's tokens. Without them it is deaf and dumb, and had better end loudly."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from bot.models.slack import SlackFailure, SlackFailureKind

LOOK_AGAIN = timedelta(minutes=2)
"""Slack lets an app ask for a socket about once a minute, and the socket's own client asks as well."""

log = logging.getLogger(__name__)


@dataclass
class Ending:
    """Why the bot ends by itself; empty for as long as it goes on, and where somebody told it to end."""

    stop: Event
    why: str = ""

    def because(self, why: str) -> None:
        self.why = self.why or why
        self.stop.set()


@dataclass
class TokenWatch:
    """`ask_bot` and `ask_app` try the two tokens, and answer with what Slack has against one; None where it is good.

    Over HTTP there is no app-level token, and nobody to ask about it.
    """

    ask_bot: Callable[[], SlackFailure | None]
    ask_app: Callable[[], SlackFailure | None] | None
    ending: Ending
    clock: Callable[[], datetime]
    _looked_at: datetime | None = field(default=None, init=False)

    def doubt(self, failure: SlackFailure) -> bool:
        """Slack did not accept the bot token for a call: ask once more, and end the bot where that is its last word."""
        log.warning("Slack did not accept the bot token (%s); it is asked once more.", failure.code)
        return self._is_bad("SLACK_BOT_TOKEN", self.ask_bot)

    def look(self) -> None:
        """Look at both where no socket proves them: an app that was removed is told by nothing else."""
        now = self.clock()
        if self._looked_at is not None and now - self._looked_at < LOOK_AGAIN:
            return
        self._looked_at = now
        if not self._is_bad("SLACK_BOT_TOKEN", self.ask_bot) and self.ask_app is not None:
            self._is_bad("SLACK_APP_TOKEN", self.ask_app)

    def _is_bad(self, variable: str, ask: Callable[[], SlackFailure | None]) -> bool:
        failure = ask()
        if failure is None or failure.kind is not SlackFailureKind.TOKEN:
            return False
        self.ending.because(
            f"environment: {variable}: Slack does not accept it any more ({failure.code}), so the bot has ended. "
            "Nothing is lost: what it owes is posted once it is started with a token that Slack accepts. "
            "Copy it anew from the app's settings, and install the app again if it was removed."
        )
        return True
