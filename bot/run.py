"""`python -m bot run`: the Slack app, until it is told to stop."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread
from time import monotonic

from bot.errors import UserError
from bot.inbound.http import HttpMode
from bot.inbound.server import Served, Serving, serve
from bot.process import Process
from bot.settings import Settings
from bot.signals import END_SECONDS, Ending
from bot.store.file_locks import one_bot_on
from bot.terminal.exits import Exit
from bot.wiring.assembly import build_process

LAST_WORDS_SECONDS = 1.0

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT, and return the exit status.

    Raises UserError, with nothing started, where something that must hold does not.
    """
    os.environ.pop("SLACK_BOT_TOKEN", None)  # the settings hold it; Bolt looks here too, and warns of two tokens
    over_http = settings.slack is not None and settings.slack.over_http
    with one_bot_on(settings.database_url):
        return _run_behind_server(settings) if over_http else _run_over_socket(settings)


def _run_over_socket(settings: Settings) -> int:
    stop = Event()
    why = ""
    ending = Ending(stop, lambda: _status(why))
    ending.heed_signals()
    with closing(build_process(settings, stop)) as process:
        process.start()
        log.info("Ready.")
        stop.wait()
        why = process.tokens.ending.why
        ending.begin()
    _say(why)
    status = _status(why, in_order=process.ended_in_order)
    _leave_unanswered_calls(status)
    return status


def _run_behind_server(settings: Settings) -> int:
    listen = settings.web.listen
    if listen is None:
        raise ValueError("the settings were read without an address for HTTP")

    def begin(end: Callable[[], None]) -> Served | int:
        stop = Event()
        try:
            process = build_process(settings, stop)
            try:
                process.start()
            except BaseException:
                process.close()
                raise
        except UserError as error:
            _say(str(error))
            return Exit.USAGE
        except Exception:  # the worker's last word: nobody above it would tell a person
            log.exception("This is a defect of the bot; --debug tells more.")
            return Exit.BUG
        Thread(target=_end_with, args=(stop, end), name="end", daemon=True).start()
        log.info("Ready.")
        return _Behind(process)

    return serve(Serving(listen.host, listen.port, begin, END_SECONDS, Exit.BUG))


def _end_with(stop: Event, end: Callable[[], None]) -> None:
    """The bot may end by itself; the server learns of it here."""
    stop.wait()
    end()


class _Behind:
    """The bot as the server sees it."""

    def __init__(self, process: Process) -> None:
        if not isinstance(process.inbound, HttpMode):
            raise TypeError("only HTTP mode can be served")
        self.wsgi = process.inbound
        self._process = process

    def end(self) -> int:
        self._process.close()
        why = self._process.tokens.ending.why
        _say(why)
        return _status(why, in_order=self._process.ended_in_order)


def _status(why: str, *, in_order: bool = True) -> int:
    """Tell an end that somebody wanted from one for want of a token, and from one of which a step failed."""
    if why:
        return Exit.NOT_ACCEPTED
    return Exit.OK if in_order else Exit.BUG


def _say(why: str) -> None:
    if why:
        print(why, file=sys.stderr, flush=True)  # noqa: T201 - whoever runs it looks here


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
