"""Heeds those who want the running scan to stop: a button's click may reach any of several processes."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from bot.tracing import following

LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


@contextmanager
def heeding(is_asked: Callable[[], bool], stop: Event) -> Iterator[None]:
    """Look once a second, until the block ends, whether somebody left word, and set `stop` then."""
    over = Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            try:
                if is_asked():
                    stop.set()
                    return
            except Exception:  # the scan goes on, and so does the looking
                log.exception("Whether the scan is to stop could not be looked up.")

    watcher = Thread(target=following(look), name="scan-heeding", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
