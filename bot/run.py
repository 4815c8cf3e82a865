"""`python -m bot run`: the Slack app, until it is told to stop."""

import logging
import os
import signal
from contextlib import closing
from threading import Event
from types import FrameType

from bot.assembly import build_process
from bot.settings import Settings

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT. Raises UserError, with nothing started, where something that must hold does not."""
    stop = Event()
    os.environ.pop("SLACK_BOT_TOKEN", None)  # the settings hold it; Bolt looks here too, and warns of two tokens

    def stop_now(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_now)
    with closing(build_process(settings, stop)) as process:
        process.start()
        log.info("Ready.")
        stop.wait()
    return 0
