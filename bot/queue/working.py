"""Takes accounts from the queue and reads them, until it is told to stop."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from bot.queue.connecting import Read, make_app

POLL_SECONDS = 2.0
"""A new account is told of at once; so often it is looked for one that was handed back, of which nobody is told."""

DRAIN_SECONDS = 12.0
"""So long accounts that were begun may go on to their end; then they are handed back."""

STOP_SECONDS = 0.1
REST_SECONDS = 5.0
HEARTBEAT_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QueueWorker:
    """Reads so many accounts of one queue at once.

    `beat` is called again and again while it gets on, also where the database is away; `is_taking` is set while it
    takes accounts.
    """

    database_url: str
    queue: str
    read: Read
    concurrency: int
    drain_seconds: float = DRAIN_SECONDS
    beat: Callable[[], object] = lambda: None
    is_taking: Event = field(default_factory=Event)

    def run(self, stop: Event) -> None:
        """Work until `stop` is set: then nothing is begun any more, and what does not end soon is handed back.

        A database that goes away is waited for. What was begun is begun again by then: see `Queue.rescue`.
        """
        while not stop.is_set():
            self.beat()
            try:
                asyncio.run(self._work(stop))
            except Exception as error:  # noqa: BLE001 - whatever it was, the next try may do
                log.warning("The queue cannot be used, and is tried again: %s: %s", type(error).__name__, error)
            stop.wait(REST_SECONDS)

    async def _work(self, stop: Event) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self.concurrency, "account"))
        app = make_app(self.database_url, self.read)
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[self.queue],
                    concurrency=self.concurrency,
                    fetch_job_polling_interval=POLL_SECONDS,
                    shutdown_graceful_timeout=self.drain_seconds,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                )
            )
            self.is_taking.set()
            try:
                while not stop.is_set() and not working.done():
                    self.beat()
                    await asyncio.wait([working], timeout=STOP_SECONDS)
            finally:
                self.is_taking.clear()
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
