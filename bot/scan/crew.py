"""A bounded crew of threads with one agenda: neither one large account nor many empty ones leave anybody idle."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Condition, Event, Thread
from typing import Generic, TypeVar

from bot.tracing import following

BACKLOG = 2000
"""Results that may wait for their reader; past that the crew waits, so that memory does not grow."""

PATIENCE_SECONDS = 0.2
"""How long a wait lasts before it looks whether it has become pointless."""

Task = Callable[[], None]
Result = TypeVar("Result")


class StoppedError(Exception):
    """The crew was told to stop before its work was done."""


class Lane:
    """Tasks that belong together, as the keys of one target do: what is to be done, and how many are at it."""

    __slots__ = ("agenda", "in_hand")

    def __init__(self) -> None:
        self.agenda: deque[Iterator[Task]] = deque()
        self.in_hand = 0

    def next_task(self) -> Task | None:
        """Take the next task; None where there is none now."""
        while self.agenda:
            task = next(self.agenda[0], None)
            if task is not None:
                return task
            self.agenda.popleft()
        return None


class Crew(Generic[Result]):
    """Works through tasks that may add tasks and emit results; the results come out on the caller's thread.

    Tasks are taken lazily, those of lanes first, so that what was begun is finished before more is begun. Lanes share
    the workers evenly, and one that is slow, a throttled account say, holds half of them at most while there is
    anything else to do.
    """

    def __init__(self, workers: int, stop: Event) -> None:
        self._workers = workers
        self._most_in_a_lane = max(1, workers // 2)
        self._stop = stop
        self._dismissed = Event()
        self._changed = Condition()
        self._lanes: list[Lane] = []
        self._later = Lane()
        self._busy = 0
        self._results: Queue[Result | BaseException | None] = Queue(BACKLOG)

    def add(self, tasks: Iterable[Task], lane: Lane | None = None, *, first: bool = False) -> None:
        """Put tasks on the agenda: into a lane, at its front if they are to come first, or behind all lanes."""
        with self._changed:
            if lane is not None and lane not in self._lanes:
                self._lanes.append(lane)
            agenda = (lane or self._later).agenda
            (agenda.appendleft if first else agenda.append)(iter(tasks))
            self._changed.notify_all()

    def emit(self, result: Result) -> None:
        self._put(result)

    def results(self) -> Generator[Result]:
        """Start the work and yield its results as they come.

        Raises StoppedError, and whatever a task raised. A generator that is closed early dismisses the crew; calls
        in hand end by themselves, and keep no process from ending.
        """
        try:
            for number in range(self._workers):
                Thread(target=following(self._work), name=f"scan-{number}", daemon=True).start()
            while (result := self._next()) is not None:
                if isinstance(result, BaseException):
                    raise result
                yield result
        finally:
            self._dismiss()

    def _next(self) -> Result | BaseException | None:
        """Wait for a result; None is the end. After a stop there are those that were there by then, and no more."""
        while not self._stop.is_set():
            try:
                return self._results.get(timeout=PATIENCE_SECONDS)
            except Empty:
                continue
        self._dismiss()
        try:
            return self._results.get_nowait()
        except Empty:
            raise StoppedError from None

    def _work(self) -> None:
        try:
            lane = None
            while (taken := self._take(lane)) is not None:
                lane, task = taken
                task()
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
            self._put(error)

    def _take(self, done: Lane | None) -> tuple[Lane, Task] | None:
        """Lay a task of a lane down and take the next, waiting while others may add some; None is the end."""
        with self._changed:
            if done is not None:
                done.in_hand -= 1
                self._busy -= 1
            while not self._dismissed.is_set():
                taken = self._first_task()
                if taken is not None:
                    taken[0].in_hand += 1
                    self._busy += 1
                    return taken
                if self._busy == 0:
                    return None
                self._changed.wait()
        return None

    def _first_task(self) -> tuple[Lane, Task] | None:
        by_hands = sorted(self._lanes, key=lambda lane: lane.in_hand)
        free = [lane for lane in by_hands if lane.in_hand < self._most_in_a_lane]
        for lane in (*free, self._later, *by_hands[len(free) :]):
            task = lane.next_task()
            if task is not None:
                return lane, task
            if lane is not self._later:
                self._lanes.remove(lane)
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
