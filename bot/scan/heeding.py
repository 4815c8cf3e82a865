"""Heeds those who want the running scan to stop: a button's click may reach any of several processes."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from bot.errors import DatabaseAwayError
from bot.tracing import following

LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


@contextmanager
def heeding(is_asked: Callable[[], bool], stop: Event) -> Iterator[None]:
    """Look once a second, until the block ends, whether somebody left word, and set `stop` then."""
    over = Event()

    def look() -> None:
        is_told = False
        while not over.wait(LOOK_SECONDS):
            try:
                if is_asked():
                    stop.set()
                    return
                is_told = False
            except Exception as error:  # the scan goes on, and so does the looking
                if not is_told:  # it looks every second, a worker for each account that it reads
                    is_bug = not isinstance(error, DatabaseAwayError)
                    log.warning("Whether the scan is to stop cannot be looked up: %s", error, exc_info=is_bug)
                is_told = True

    watcher = Thread(target=following(look), name="scan-heeding", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
