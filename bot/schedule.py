"""Cron schedules whose firings are claimed in the database: a restart neither repeats one nor loses it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.alone import Alone
from bot.cron import last_due
from bot.models.firings import FiringState
from bot.tracing import about

GRACE = timedelta(hours=6)
"""How long after its time a missed firing is still worth making up for."""

PLAN_SECONDS = 20.0
"""Between two looks at whether a schedule was edited, here or by another process."""

AT_ONCE = 10
"""So many firings run at the same time; a digest may wait for a scan."""

_CHORES = "chores"

log = logging.getLogger(__name__)


class Firings(Protocol):
    """Which scheduled moments were taken care of."""

    def claim(self, job: str, due_at: datetime, now: datetime, state: FiringState = ...) -> bool: ...

    def finish(self, job: str, due_at: datetime) -> None: ...

    def unfinished(self, job: str, since: datetime) -> list[datetime]: ...

    def ever(self, job: str) -> bool: ...

    def latest(self, job: str) -> datetime | None: ...

    def last_run(self, job: str) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done when. `run` is handed the moment at which it was due.

    It answers whether that is done; False where the bot stops before, so that the next start takes it up.
    `line` is the schedule as it is written, in the time zone `zone`; `since` is when that was edited while the bot ran:
    nothing is due before.
    """

    name: str
    trigger: BaseTrigger
    run: Callable[[datetime], bool]
    line: str = ""
    zone: tzinfo = UTC
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Fires jobs at their times, each firing once. One that fails is tried again, and keeps no other from firing.

    `plan` says which jobs there are: that may change while the bot runs.
    A firing's name is held while it runs, so that another process does not take it for cut short.
    """

    firings: Firings
    plan: Callable[[], Sequence[Job]]
    clock: Callable[[], datetime]
    alone: Alone

    @property
    def jobs(self) -> Sequence[Job]:
        return self.plan()

    def catch_up(self) -> None:
        """At a start: take up what a crash cut short, and make up for what was missed within the grace.

        Before a job's first firing ever there is nothing to make up for: the bot was not installed yet. Nor is there
        where its schedule was changed in the file since it last ran, and that was on the day of the moment that was
        missed. One that was edited in Slack since then holds from that moment on, whether the bot runs or not.
        """
        now = self.clock()
        for job in self.jobs:
            if not self.firings.ever(job.name):
                missed = last_due(job.trigger, now, GRACE)
                self.firings.claim(job.name, missed or now, now, FiringState.SKIPPED)
                continue
            for due_at in self.firings.unfinished(job.name, now - GRACE):
                with about(firing=_name(job, due_at)):
                    log.warning("Taking up %s, which was cut short.", _name(job, due_at))
                self._run(job, due_at)
            missed = self._due(job)
            if missed is not None and self._ran_that_day_by_another_schedule(job, missed):
                self.firings.claim(job.name, missed, now, FiringState.SKIPPED)
            self.fire(job)

    def fire_by_name(self, name: str) -> None:
        """Run a job if it is due by its schedule as that is now; it may have been changed, or be gone, a moment ago."""
        for job in self.jobs:
            if job.name == name:
                self.fire(job)

    def fire(self, job: Job) -> None:
        """Run a job for the latest moment at which it was due, unless that or a later one is taken care of.

        A later one is where the schedule was changed since: nobody waits for what another schedule would have done.
        One that is still to come is where the clock was wrong: it keeps nothing from firing.
        """
        due_at = self._due(job)
        if due_at is not None and self.firings.claim(job.name, due_at, self.clock()):
            self._run(job, due_at)

    def try_again(self) -> None:
        """From time to time: run what failed here or was cut short in a process that is gone, and fire what could not
        even be claimed.
        """
        for job in self.jobs:
            for due_at in self.firings.unfinished(job.name, self.clock() - GRACE):
                self._run(job, due_at)
            if self.firings.ever(job.name):
                self.fire(job)

    def _due(self, job: Job) -> datetime | None:
        due_at = last_due(job.trigger, self.clock(), GRACE)
        if due_at is None or (job.since is not None and due_at <= job.since):
            return None
        latest = self.firings.latest(job.name)
        return None if latest is not None and due_at < latest <= self.clock() else due_at

    def _ran_that_day_by_another_schedule(self, job: Job, due_at: datetime) -> bool:
        ran_at = self.firings.last_run(job.name)
        if ran_at is None or last_due(job.trigger, ran_at, timedelta(seconds=1)) is not None:
            return False
        if job.since is not None and ran_at <= job.since:
            return False
        return ran_at.astimezone(job.zone).date() == due_at.astimezone(job.zone).date()

    def _run(self, job: Job, due_at: datetime) -> None:
        name = _name(job, due_at)
        with about(firing=name):
            try:
                with self.alone(name) as is_ours:
                    # whoever held the name before may have finished it since it was looked for
                    if is_ours and due_at in self.firings.unfinished(job.name, due_at) and job.run(due_at):
                        self.firings.finish(job.name, due_at)
            except Exception:  # one job that fails keeps no other from firing
                log.exception("%s failed and is tried again in a few minutes.", name)


def _name(job: Job, due_at: datetime) -> str:
    return f"{job.name} of {due_at.isoformat()}"


def start_scheduler(calendar: Calendar, sweeps: Sequence[tuple[str, Callable[[], None], float]]) -> BackgroundScheduler:
    """Start firing. `sweeps` are small chores: a name, what to do, and the seconds between two times.

    Each chore has a thread: firings that wait for a scan keep none waiting, however many they are.
    """
    planned = dict[str, Job]()

    def look() -> None:
        plan(scheduler, calendar, planned)

    chores = (*sweeps, ("plan", look, PLAN_SECONDS))
    pools = {"default": ThreadPoolExecutor(AT_ONCE), _CHORES: ThreadPoolExecutor(len(chores))}
    scheduler = BackgroundScheduler(executors=pools)
    look()
    for name, chore, seconds in chores:
        every = IntervalTrigger(seconds=seconds)
        scheduler.add_job(_named(name, chore), every, id=name, executor=_CHORES, **_OPTIONS)
    scheduler.start()
    return scheduler


def _named(name: str, chore: Callable[[], None]) -> Callable[[], None]:
    def do() -> None:
        with about(task=name):
            chore()

    return do


def plan(scheduler: BackgroundScheduler, calendar: Calendar, planned: dict[str, Job]) -> None:
    """Have the scheduler fire the jobs that there are now, at their times as they are now."""
    wanted = {job.name: job for job in calendar.jobs}
    for name in planned.keys() - wanted.keys():
        scheduler.remove_job(name)
        del planned[name]
    for name, job in wanted.items():
        known = planned.get(name)
        if known is not None and (known.line, known.zone, known.since) == (job.line, job.zone, job.since):
            continue
        arguments = {"args": [name], "id": name, "replace_existing": True}
        scheduler.add_job(calendar.fire_by_name, job.trigger, **arguments, **_OPTIONS)
        planned[name] = job


_OPTIONS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
