"""A bounded crew of threads with one agenda: neither one large account nor many empty ones leave anybody idle."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Full, Queue
from threading import Condition, Event
from typing import Generic, TypeVar

BACKLOG = 2000
"""Results that may wait for their reader; past that the crew waits, so that memory does not grow."""

PATIENCE_SECONDS = 0.2
"""How long a wait lasts before it looks whether it has become pointless."""

Task = Callable[[], None]
Result = TypeVar("Result")


class StoppedError(Exception):
    """The crew was told to stop before its work was done."""


class Crew(Generic[Result]):
    """Works through tasks that may add tasks and emit results; the results come out on the caller's thread.

    Tasks are taken lazily, the urgent ones first, so that what was begun is finished before more is begun.
    """

    def __init__(self, workers: int, stop: Event) -> None:
        self._workers = workers
        self._stop = stop
        self._dismissed = Event()
        self._changed = Condition()
        self._urgent: deque[Iterator[Task]] = deque()
        self._later: deque[Iterator[Task]] = deque()
        self._busy = 0
        self._results: Queue[Result | BaseException | None] = Queue(BACKLOG)

    def add(self, tasks: Iterable[Task], *, urgent: bool = False) -> None:
        with self._changed:
            (self._urgent if urgent else self._later).append(iter(tasks))
            self._changed.notify_all()

    def emit(self, result: Result) -> None:
        self._put(result)

    def results(self) -> Generator[Result]:
        """Start the work and yield its results as they come.

        Raises StoppedError, and whatever a task raised. A generator that is closed early dismisses the crew; calls
        in hand end by themselves.
        """
        threads = ThreadPoolExecutor(self._workers, thread_name_prefix="scan")
        try:
            for _ in range(self._workers):
                threads.submit(self._work)
            while (result := self._next()) is not None:
                if isinstance(result, BaseException):
                    raise result
                yield result
        finally:
            self._dismiss()
            threads.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> Result | BaseException | None:
        """Wait for a result; None is the end."""
        while not self._stop.is_set():
            try:
                return self._results.get(timeout=PATIENCE_SECONDS)
            except Empty:
                continue
        raise StoppedError

    def _work(self) -> None:
        try:
            while (task := self._take()) is not None:
                task()
                with self._changed:
                    self._busy -= 1
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
            self._put(error)

    def _take(self) -> Task | None:
        """Take the most urgent task, waiting for one while others are at work and may add some; None is the end."""
        with self._changed:
            while not self._dismissed.is_set():
                task = self._first_task()
                if task is not None:
                    self._busy += 1
                    return task
                if self._busy == 0:
                    return None
                self._changed.wait()
        return None

    def _first_task(self) -> Task | None:
        for agenda in (self._urgent, self._later):
            while agenda:
                task = next(agenda[0], None)
                if task is not None:
                    return task
                agenda.popleft()
        return None

    def _put(self, result: Result | BaseException | None) -> None:
        while not self._dismissed.is_set():
            try:
                self._results.put(result, timeout=PATIENCE_SECONDS)
            except Full:
                continue
            return

    def _dismiss(self) -> None:
        self._dismissed.set()
        with self._changed:
            self._changed.notify_all()
