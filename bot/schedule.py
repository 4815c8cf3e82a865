"""Cron schedules whose firings are claimed in the database: a restart neither repeats one nor loses it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.alone import Alone
from bot.cron import last_due
from bot.models.firings import FiringState

GRACE = timedelta(hours=6)
"""How long after its time a missed firing is still worth making up for."""

log = logging.getLogger(__name__)


class Firings(Protocol):
    """Which scheduled moments were taken care of."""

    def claim(self, job: str, due_at: datetime, now: datetime, state: FiringState = ...) -> bool: ...

    def finish(self, job: str, due_at: datetime) -> None: ...

    def unfinished(self, job: str, since: datetime) -> list[datetime]: ...

    def ever(self, job: str) -> bool: ...

    def latest(self, job: str) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done when. `run` is handed the moment at which it was due.

    It answers whether that is done; False where the bot stops before, so that the next start takes it up.
    """

    name: str
    trigger: BaseTrigger
    run: Callable[[datetime], bool]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Fires jobs at their times, each firing once. One that fails is tried again, and keeps no other from firing.

    A firing's name is held while it runs, so that another process does not take it for cut short.
    """

    firings: Firings
    jobs: Sequence[Job]
    clock: Callable[[], datetime]
    alone: Alone
    _failed: list[tuple[Job, datetime]] = field(default_factory=list, init=False)

    def catch_up(self) -> None:
        """At a start: take up what a crash cut short, and make up for what was missed within the grace.

        Before a job's first firing ever there is nothing to make up for: the bot was not installed yet.
        """
        now = self.clock()
        for job in self.jobs:
            if not self.firings.ever(job.name):
                missed = last_due(job.trigger, now, GRACE)
                self.firings.claim(job.name, missed or now, now, FiringState.SKIPPED)
                continue
            for due_at in self.firings.unfinished(job.name, now - GRACE):
                log.warning("Taking up %s of %s, which was cut short.", job.name, due_at.isoformat())
                self._run(job, due_at)
            self.fire(job)

    def fire(self, job: Job) -> None:
        """Run a job for the latest moment at which it was due, unless that or a later one is taken care of.

        A later one is where the schedule was changed since: nobody waits for what another schedule would have done.
        """
        now = self.clock()
        due_at = last_due(job.trigger, now, GRACE)
        latest = self.firings.latest(job.name)
        if due_at is None or (latest is not None and due_at < latest):
            return
        if self.firings.claim(job.name, due_at, now):
            self._run(job, due_at)

    def try_again(self) -> None:
        """From time to time: run what failed, and fire what could not even be claimed."""
        failed, self._failed[:] = list(self._failed), []
        for job, due_at in failed:
            if self.clock() - due_at < GRACE:
                self._run(job, due_at)
        for job in self.jobs:
            if self.firings.ever(job.name):
                self.fire(job)

    def _run(self, job: Job, due_at: datetime) -> None:
        try:
            with self.alone(f"{job.name} of {due_at.isoformat()}") as is_ours:
                if is_ours and job.run(due_at):
                    self.firings.finish(job.name, due_at)
        except Exception:  # one job that fails keeps no other from firing
            log.exception("%s of %s failed and is tried again in a few minutes.", job.name, due_at.isoformat())
            self._failed.append((job, due_at))


def start_scheduler(calendar: Calendar, sweeps: Sequence[tuple[str, Callable[[], None], float]]) -> BackgroundScheduler:
    """Start firing. `sweeps` are small chores: a name, what to do, and the seconds between two times."""
    scheduler = BackgroundScheduler()
    options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    for job in calendar.jobs:
        scheduler.add_job(calendar.fire, job.trigger, args=[job], id=job.name, **options)
    for name, chore, seconds in sweeps:
        scheduler.add_job(chore, IntervalTrigger(seconds=seconds), id=name, **options)
    scheduler.start()
    return scheduler
