"""Wires what is seen of the bot from outside."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from threading import Event
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from bot.cron import cron_trigger
from bot.models.watch import Census
from bot.readiness import Punctuality, Watchman, WorkerWatchman
from bot.settings import Settings
from bot.settings.spreading import WORKERS
from bot.settings.web import ListenAddress
from bot.store.census import CensusTaker
from bot.store.engine import Database
from bot.store.scan_workers import WorkerStore
from bot.store.shares import ShareStore
from bot.web.figures import Figures
from bot.web.fresh import Fresh
from bot.web.metrics import Metrics
from bot.web.watch import Watch, make_watch, make_worker_watch

CENSUS_SECONDS = 5.0
"""So long figures are kept: three that scrape one process do not make the database count thrice."""

PROBE_SECONDS = 1.0
PATIENCE_SECONDS = 3.0
"""A scrape is given up after ten seconds, a probe often sooner: better an answer without the database."""

log = logging.getLogger(__name__)

Found = TypeVar("Found")


def build_watch(
    settings: Settings, database: Database, clock: Callable[[], datetime], stop: Event, metrics: Metrics
) -> Watch:
    """Nothing listens and nothing is asked yet."""
    taker = CensusTaker(database)
    last_scan = Fresh(_Heard("the time of the last scan", taker.last_scan), PROBE_SECONDS, PATIENCE_SECONDS)
    shared = settings.scan.spread == WORKERS
    take = partial(_with_queue, taker, ShareStore(database), WorkerStore(database), clock) if shared else taker.take
    census = Fresh(_Heard("the figures", take), CENSUS_SECONDS, PATIENCE_SECONDS)
    punctuality = Punctuality(cron_trigger(settings.scan.schedule, ZoneInfo("UTC")))
    watchman = Watchman(last_scan.get, punctuality, clock, stop.is_set)
    figures = Figures(census.get, punctuality.wanted_since, watchman.connected, clock)
    listen = settings.web.listen
    return make_watch(metrics, figures, watchman, None if listen is None else (listen.host, listen.port))


def build_worker_watch(
    database: Database, metrics: Metrics, listen: ListenAddress | None, is_taking: Event, stop: Event
) -> Watch:
    """Nothing listens and nothing is asked yet."""
    ask = Fresh(_Heard("the database", WorkerStore(database).alive), PROBE_SECONDS, PATIENCE_SECONDS)
    watchman = WorkerWatchman(ask.get, is_taking.is_set, stop.is_set)
    return make_worker_watch(metrics, watchman, None if listen is None else (listen.host, listen.port))


def _with_queue(taker: CensusTaker, shares: ShareStore, workers: WorkerStore, clock: Callable[[], datetime]) -> Census:
    return replace(taker.take(), queue=shares.depth(clock()), workers=len(workers.alive()))


class _Heard(Generic[Found]):
    """Has the log say why something cannot be read, once, and when it can again: whoever asks is told only that."""

    def __init__(self, what: str, look: Callable[[], Found]) -> None:
        self._what = what
        self._look = look
        self._is_down = False

    def __call__(self) -> Found:
        try:
            found = self._look()
        except Exception as error:
            if not self._is_down:
                log.warning("For those who watch, %s cannot be read: %s", self._what, str(error).partition("\n")[0])
            self._is_down = True
            raise
        if self._is_down:
            log.info("For those who watch, %s can be read again.", self._what)
        self._is_down = False
        return found
