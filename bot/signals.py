"""What SIGTERM and SIGINT mean: the first has the bot end in order, within a bound, and the second at once."""

import logging
import os
import signal
from collections.abc import Callable
from threading import Event, Lock, Thread, Timer
from types import FrameType

END_SECONDS = 24.0
"""All that an end may take. Who stops containers commonly waits 30 seconds, and then kills."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)


class Ending:
    """Heeds the signals on a thread of its own: the main one may be waiting for a database or for Slack.

    `stop` is set by the first signal. `status` is asked for the exit status where the bound is reached.
    """

    def __init__(self, stop: Event, status: Callable[[], int], seconds: float = END_SECONDS) -> None:
        self._stop = stop
        self._status = status
        self._seconds = seconds
        self._lock = Lock()
        self._bound: Timer | None = None

    def heed_signals(self) -> None:
        """From now on. Only the main thread may call it."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _leave_it_to_the_thread)
        Thread(target=self._heed, args=(reader,), name="signals", daemon=True).start()

    def begin(self) -> None:
        """Let the time run within which everything has to be over."""
        with self._lock:
            if self._bound is None:
                self._bound = Timer(self._seconds, self._give_up)
                self._bound.daemon = True
                self._bound.start()
        self._stop.set()

    def _heed(self, reader: int) -> None:
        told = False
        while True:
            for number in os.read(reader, 1):
                if number in SIGNALS and told:
                    os._exit(128 + number)
                if number in SIGNALS:
                    told = True
                    self.begin()

    def _give_up(self) -> None:
        log.warning(
            "%.0f seconds after it was told to end something still hangs, and the bot ends now. What it was doing is "
            "taken up at the next start.",
            self._seconds,
        )
        os._exit(self._status())


def _leave_it_to_the_thread(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: without a handler Python would not tell the thread."""
