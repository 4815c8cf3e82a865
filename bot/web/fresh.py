"""What takes its time to find out, for many who ask: one look at a time, and nobody waits past their patience."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Fresh(Generic[Found]):
    """Keeps what was found for some seconds. All who ask meanwhile share it, a failure as well.

    A look that hangs, at a database that went away perhaps, holds one thread and no more: nobody begins a second one.
    """

    def __init__(
        self,
        look: Callable[[], Found],
        keep_seconds: float,
        patience_seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._look = look
        self._keep_seconds = keep_seconds
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._lock = Lock()
        self._future: Future[Found] | None = None
        self._ended_at = 0.0

    def get(self) -> Found:
        """Return what was found. Raises TimeoutError, and whatever the look raised."""
        return self._current().result(self._patience_seconds)

    def _current(self) -> Future[Found]:
        with self._lock:
            future = self._future
            if future is None or (future.done() and self._clock() - self._ended_at >= self._keep_seconds):
                future = self._future = Future()
                Thread(target=self._run, args=(future,), name="watch", daemon=True).start()
            return future

    def _run(self, future: Future[Found]) -> None:
        try:
            found = self._look()
        except BaseException as error:  # noqa: BLE001 - raised again for whoever asks
            self._ended_at = self._clock()
            future.set_exception(error)
        else:
            self._ended_at = self._clock()
            future.set_result(found)
