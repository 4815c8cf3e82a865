"""Whether the bot does its work, as those are told who watch it from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic

from apscheduler.triggers.base import BaseTrigger

from bot.cron import last_due
from bot.models.watch import Part, Readiness, ScanTimes

PULSE_SECONDS = 5.0

LONGEST_SILENCE_SECONDS = 60.0
"""Past so long without a beat, the bot does not get on with its chores and is to be started anew."""

LONGEST_SCHEDULE = timedelta(days=366)
"""A schedule that fires more seldom is not held against anybody."""


class Pulse:
    """Beats while the bot gets on with its chores. What waits for AWS, Slack or the database does not stop it."""

    def __init__(self, clock: Callable[[], float] = monotonic, who: str = "The bot") -> None:
        self._clock = clock
        self._who = who
        self._last = clock()

    def beat(self) -> None:
        self._last = self._clock()

    def alive(self) -> Part:
        """Say whether the process is alive; where it is not, starting it anew is what helps."""
        silent = self._clock() - self._last
        if silent <= LONGEST_SILENCE_SECONDS:
            return Part("process", is_well=True, says=f"{self._who} gets on with its chores.")
        return Part(
            "process",
            is_well=False,
            says=f"{self._who} has not got on with its chores for {silent:.0f} seconds. Start it anew.",
        )


class Punctuality:
    """Since when there should be a finished scan, by the schedule. One whole turn may be missed, so that a scan may
    take as long as from one to the next.
    """

    def __init__(self, trigger: BaseTrigger) -> None:
        self._trigger = trigger
        self._lock = Lock()
        self._known: tuple[datetime, datetime | None] | None = None

    def wanted_since(self, now: datetime) -> datetime | None:
        """Return the last but one moment at which a scan was due; None where there is none within a year."""
        with self._lock:
            minute = now.replace(second=0, microsecond=0)  # no schedule is finer, and looking back costs some time
            if self._known is None or self._known[0] != minute:
                self._known = minute, self._last_but_one(minute)
            return self._known[1]

    def _last_but_one(self, now: datetime) -> datetime | None:
        last = last_due(self._trigger, now, LONGEST_SCHEDULE)
        return None if last is None else last_due(self._trigger, last - timedelta(microseconds=1), LONGEST_SCHEDULE)


@dataclass(slots=True)
class Watchman:
    """Looks at what must be well. `last_scan` asks the database and may raise anything; `is_connected` is None where
    Slack reaches the bot by HTTP.
    """

    last_scan: Callable[[], ScanTimes | None]
    punctuality: Punctuality
    clock: Callable[[], datetime]
    is_stopping: Callable[[], bool]
    is_connected: Callable[[], bool] | None = None

    def connected(self) -> bool | None:
        """Say whether Slack's socket is open; None where there is none."""
        return None if self.is_connected is None else self.is_connected()

    def readiness(self) -> Readiness:
        """Look at every part, each by itself: what is not well hides nothing else."""
        return Readiness((self._process(), *self._database(), self._slack()))

    def _process(self) -> Part:
        if self.is_stopping():
            return Part("process", is_well=False, says="The bot is stopping.")
        return Part("process", is_well=True, says="The bot runs.")

    def _slack(self) -> Part:
        is_connected = self.connected()
        if is_connected is None:
            return Part("slack", is_well=True, says="Slack reaches the bot by HTTP.")
        if is_connected:
            return Part("slack", is_well=True, says="Slack's socket is open.")
        return Part("slack", is_well=False, says="Slack's socket is not open.")

    def _database(self) -> tuple[Part, Part]:
        try:
            last = self.last_scan()
        except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering; the log has the details
            return _no_answer(error), Part("scan", is_well=False, says="When the last scan ended cannot be read.")
        return _ANSWERS, self._scan(last)

    def _scan(self, last: ScanTimes | None) -> Part:
        wanted = self.punctuality.wanted_since(self.clock())
        if last is None:
            return Part("scan", is_well=False, says="No scan of everything has finished yet.")
        ended = f"The last scan of everything ended at {last.finished_at:%Y-%m-%dT%H:%M:%SZ}"
        if wanted is None or last.finished_at >= wanted:
            return Part("scan", is_well=True, says=f"{ended}.")
        return Part(
            "scan",
            is_well=False,
            says=f"{ended}; by its schedule, one should have ended after {wanted:%Y-%m-%dT%H:%M:%SZ}.",
        )


@dataclass(frozen=True, slots=True)
class WorkerWatchman:
    """Looks at what must be well for a worker. `ask_database` asks it anything, and may raise anything."""

    ask_database: Callable[[], object]
    is_taking: Callable[[], bool]
    is_stopping: Callable[[], bool]

    def readiness(self) -> Readiness:
        """Look at every part, each by itself."""
        return Readiness((self._process(), self._database(), self._queue()))

    def _process(self) -> Part:
        if self.is_stopping():
            return Part("process", is_well=False, says="The worker is stopping.")
        return Part("process", is_well=True, says="The worker runs.")

    def _database(self) -> Part:
        try:
            self.ask_database()
        except Exception as error:  # noqa: BLE001 - as above
            return _no_answer(error)
        return _ANSWERS

    def _queue(self) -> Part:
        if self.is_taking():
            return Part("queue", is_well=True, says="Accounts are taken from the queue.")
        return Part("queue", is_well=False, says="The queue cannot be used yet, and is tried again; the log says why.")


_ANSWERS = Part("database", is_well=True, says="The database answers.")


def _no_answer(error: Exception) -> Part:
    why = "in time" if isinstance(error, TimeoutError) else "as it should; the log says why"
    return Part("database", is_well=False, says=f"The database does not answer {why}.")
