"""`python -m bot run`: the Slack app, until it is told to stop."""

import logging
import os
import signal
import sys
import threading
from contextlib import closing
from threading import Event
from time import monotonic
from types import FrameType

from bot.settings import Settings
from bot.terminal.exits import Exit
from bot.wiring.assembly import build_process

SIGNAL_SECONDS = 0.5
"""How often the main thread looks up. Where a kernel hands a signal to another thread, nothing else would wake it."""

LAST_WORDS_SECONDS = 1.0

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT, and return the exit status.

    Raises UserError, with nothing started, where something that must hold does not.
    """
    stop = Event()
    os.environ.pop("SLACK_BOT_TOKEN", None)  # the settings hold it; Bolt looks here too, and warns of two tokens

    def stop_now(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_now)
    with closing(build_process(settings, stop)) as process:
        process.start()
        log.info("Ready.")
        while not stop.wait(SIGNAL_SECONDS):
            pass
    why = process.tokens.ending.why
    if why:
        print(why, file=sys.stderr, flush=True)  # noqa: T201 - whoever runs it looks here
    status = Exit.NOT_ACCEPTED if why else Exit.OK
    _leave_unanswered_calls(status)
    return status


def _leave_unanswered_calls(status: int) -> None:
    """End now. Python would wait for every thread, and AWS may keep one for minutes; what it is for is on record."""
    until = monotonic() + LAST_WORDS_SECONDS
    others = [each for each in threading.enumerate() if each is not threading.main_thread() and not each.daemon]
    for thread in others:
        thread.join(max(0.0, until - monotonic()))
    if any(thread.is_alive() for thread in others):
        log.warning("Not every call to AWS was answered; what they were for is taken up at the next start.")
        logging.shutdown()
        os._exit(status)
