"""Work that nobody waits for: AWS and the database take longer than the three seconds that Slack gives a click."""

import logging
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import monotonic

from bot.errors import DatabaseAwayError
from bot.tracing import FollowingThreads, about, following

WORKERS = 16
CHANGERS = 8
"""Each holds a connection to the database while it works, and needs a second one: fewer than half of the pool."""

STOPPING = "The bot is stopping, and nothing was done with that. Try again once it is back."

AWAY = (
    "The bot cannot use its database just now, and nothing more was done with that. Once the database is back, "
    "`/kms-rotation requests` shows what is on record; do again what is not."
)

log = logging.getLogger(__name__)

Told = Callable[[str], None]


class Work:
    """A crew of threads. A task that fails is logged under a reference, and who asked is told it.

    Who asked is told as well where the crew was dismissed before it came to their task.
    """

    def __init__(self, name: str, workers: int = WORKERS) -> None:
        self._threads = FollowingThreads(workers, thread_name_prefix=name)
        self._lock = Lock()
        self._running: set[Future[None]] = set()
        self._left: list[Told] = []
        self._is_dismissed = False

    def submit(self, name: str, task: Callable[[], object], on_failure: Told | None = None) -> None:
        """Run a task soon. `on_failure` is handed a sentence for whoever asked."""
        try:
            future = self._threads.submit(self._run, name, task, on_failure)
        except RuntimeError:  # how an executor says that it was shut down
            log.warning("%s was left undone: the bot is stopping.", name)
            _tell(on_failure, STOPPING)
            return
        with self._lock:
            self._running.add(future)
        told = None if on_failure is None else following(on_failure)
        future.add_done_callback(lambda done: self._forget(done, told))

    def dismiss(self) -> Sequence[Told]:
        """Take nothing more; return the ways to tell those whose tasks were not begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_dismissed = True
            return self._left

    def wait(self, seconds: float) -> bool:
        """Wait so long for what runs; answer whether all of it ended."""
        with self._lock:
            running = set(self._running)
        return not wait(running, timeout=seconds).not_done

    def _run(self, name: str, task: Callable[[], object], on_failure: Told | None) -> None:
        with about(task=name):
            self._try(name, task, on_failure)

    def _try(self, name: str, task: Callable[[], object], on_failure: Told | None) -> None:
        try:
            task()
        except DatabaseAwayError as error:
            log.error("%s failed: %s", name, error)  # noqa: TRY400 - its sentence says all of it
            _tell(on_failure, AWAY)
        except Exception:  # logged, and who asked is told where to look
            reference = secrets.token_hex(4)
            log.exception("%s failed (reference %s)", name, reference)
            _tell(on_failure, went_wrong(reference))

    def _forget(self, future: Future[None], on_failure: Told | None) -> None:
        with self._lock:
            self._running.discard(future)
            is_late = self._is_dismissed
            if future.cancelled() and on_failure is not None and not is_late:
                self._left.append(on_failure)
        if future.cancelled() and is_late:
            _tell(on_failure, STOPPING)


@dataclass(frozen=True, slots=True)
class Crews:
    """Crews of their own, so that people who look hold up nobody who decides, and changes hold up neither."""

    looking: Work = field(default_factory=lambda: Work("looking"))
    deciding: Work = field(default_factory=lambda: Work("deciding"))
    changing: Work = field(default_factory=lambda: Work("changing", CHANGERS))

    def drain(self, seconds: float) -> bool:
        """Take nothing more, tell those who are left waiting, and wait so long for what runs; True if all ended."""
        crews = (self.looking, self.deciding, self.changing)
        left = [told for crew in crews for told in crew.dismiss()]
        telling = Thread(target=_tell_all, args=(left,), name="telling", daemon=True)
        telling.start()
        until = monotonic() + seconds
        ended = all(crew.wait(max(0.0, until - monotonic())) for crew in crews)
        telling.join(max(0.0, until - monotonic()))
        return ended and not telling.is_alive()


def went_wrong(reference: str) -> str:
    return (
        f"Something went wrong in the bot. The log says what, under the reference {reference}. "
        "`/kms-rotation requests` and `/kms-rotation history` show what is on record."
    )


def _tell_all(left: Sequence[Told]) -> None:
    for told in left:
        _tell(told, STOPPING)


def _tell(told: Told | None, sentence: str) -> None:
    if told is None:
        return
    try:
        told(sentence)
    except Exception:  # whoever cannot be told keeps nobody else from it
        log.exception("Nobody could be told: %s", sentence)
