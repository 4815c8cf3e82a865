"""What a branch has read and not told yet: told many at a time, and soon, also where nothing more comes for long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from bot.scan.gateways import Reading
from bot.scan.tally import KeyRead

BATCH = 200
BATCH_SECONDS = 0.2
"""So many readings are sent together, or as many as there are after so long."""


class Outbox:
    """Keeps the order of what is put into it. It is put from one thread."""

    def __init__(self, send: Callable[[list[Reading | KeyRead]], None]) -> None:
        self._send = send
        self._lock = Lock()
        self._batch: list[Reading | KeyRead] = []

    def put(self, reading: Reading | KeyRead) -> None:
        with self._lock:
            self._batch.append(reading)
            if len(self._batch) >= BATCH:
                self._empty()

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """Empty it now and then until the block ends, and at its end."""
        over = Event()
        timer = Thread(target=self._empty_now_and_then, args=(over,), name="scan-outbox", daemon=True)
        timer.start()
        try:
            yield
        finally:
            over.set()
        timer.join()
        with self._lock:
            self._empty()

    def _empty_now_and_then(self, over: Event) -> None:
        while not over.wait(BATCH_SECONDS):
            try:
                with self._lock:
                    self._empty()
            except OSError:  # nobody listens; the branch meets it too, at its next reading or at its end
                return

    def _empty(self) -> None:
        if self._batch:
            self._send(self._batch)
            self._batch = []
