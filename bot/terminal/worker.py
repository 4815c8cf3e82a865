"""`worker`: reads accounts of scans that other processes share out, until it is told to stop."""

import logging
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event, Thread
from time import monotonic

from bot.app import open_database
from bot.errors import UserError
from bot.models.shares import ScanWorker
from bot.presence import Presence
from bot.rules.agreement import BEAT_SECONDS as PRESENCE_SECONDS
from bot.scan.scanner import utc_now
from bot.settings import Settings
from bot.settings.spreading import WORKERS
from bot.signals import Ending
from bot.store.engine import Database
from bot.store.scan_workers import BEAT_SECONDS, WorkerStore
from bot.terminal.exits import Exit
from bot.tracing import about
from bot.web.metrics import Metrics
from bot.web.watch import Watch
from bot.wiring.presence import build_presence
from bot.wiring.watching import build_worker_watch
from bot.wiring.workers import NO_POSTGRESQL, open_worker

LEAVE_SECONDS = 2.0

log = logging.getLogger(__name__)


def worker(settings: Settings, asked: Namespace) -> int:
    """Work until SIGTERM or SIGINT. Raises UserError, with nothing begun, where there is no PostgreSQL."""
    if settings.database_url.startswith("sqlite"):
        raise UserError(NO_POSTGRESQL)
    stop = Event()
    Ending(stop, lambda: Exit.OK).heed_signals()
    with closing(open_database(settings)) as database:
        metrics = Metrics()
        queue, me = open_worker(settings, database, asked.concurrency, metrics.aws_answered)
        watch = build_worker_watch(database, metrics, asked.listen or settings.web.listen, queue.is_taking, stop)
        if settings.scan.spread != WORKERS:
            log.warning('No scan with these settings is shared out: write scan.spread = "workers".')
        with _alive(database, me, build_presence(settings, database, utc_now)), _watched(watch, asked):
            log.info("Ready: %s reads up to %d accounts at once.", me.name, asked.concurrency)
            replace(queue, beat=watch.pulse.beat).run(stop)
            log.info("Stopping.")
    return Exit.OK


@contextmanager
def _watched(watch: Watch, asked: Namespace) -> Iterator[None]:
    """Serve the pages while the block runs. A bot or another worker of this machine may have the file's address."""
    try:
        watch.start()
    except UserError as error:
        if asked.listen is not None:
            raise
        log.warning("%s This worker goes on without pages, unless --listen names an address of its own.", error)
        watch.listening = None
        watch.start()
    with closing(watch):
        yield


@contextmanager
def _alive(database: Database, me: ScanWorker, presence: Presence) -> Iterator[None]:
    """Have it known that this worker is alive and which settings it has, while the block runs."""
    workers, over = WorkerStore(database), Event()

    def beat() -> None:
        with about(task="heartbeat"):
            go_on_beating()

    def go_on_beating() -> None:
        is_told, told_at = True, -PRESENCE_SECONDS
        while not over.wait(BEAT_SECONDS):
            try:
                workers.beat(me)
                if monotonic() - told_at >= PRESENCE_SECONDS:
                    presence.beat()
                    told_at = monotonic()
                is_told = True
            except Exception as error:  # noqa: BLE001 - the database may come back
                if is_told:
                    log.warning("It cannot be said that this worker is alive: %s", error)
                is_told = False

    workers.beat(me)
    beating = Thread(target=beat, name="alive", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join(LEAVE_SECONDS)  # or its last word could come after this one's
        presence.leave()
        try:
            workers.leave(me.id)
        except Exception as error:  # noqa: BLE001 - it is taken for dead soon
            log.warning("It cannot be said that this worker ends: %s", error)
