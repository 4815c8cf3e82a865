"""Work that nobody waits for: AWS and the database take longer than the three seconds that Slack gives a click."""

import logging
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock

WORKERS = 16

log = logging.getLogger(__name__)


class Work:
    """Runs tasks on threads of its own. A task that fails is logged under a reference, and who asked is told it."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="work")
        self._lock = Lock()
        self._running: set[Future[None]] = set()

    def submit(self, name: str, task: Callable[[], None], on_failure: Callable[[str], None] | None = None) -> None:
        """Run a task soon. `on_failure` is handed a sentence for whoever asked."""
        future = self._threads.submit(self._run, name, task, on_failure)
        with self._lock:
            self._running.add(future)
        future.add_done_callback(self._forget)

    def drain(self, seconds: float) -> bool:
        """Take nothing more, and wait so long for what runs; answer whether all of it ended."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            running = set(self._running)
        return not wait(running, timeout=seconds).not_done

    def _run(self, name: str, task: Callable[[], None], on_failure: Callable[[str], None] | None) -> None:
        try:
            task()
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("%s failed (reference %s)", name, reference)
            if on_failure is not None:
                on_failure(
                    f"Something went wrong in the bot. The log says what, under the reference {reference}. "
                    "`/kms-rotation requests` and `/kms-rotation history` show what is on record."
                )

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._running.discard(future)
