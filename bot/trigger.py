"""The moments of a crontab line in a time zone, also on the days on which the clocks change.

cron(8) of Debian: jobs at fixed hours are run once when the clocks change, jobs that run every hour or more often go
by the clock as it is. So, of fixed hours:

- an hour that comes twice counts the first time;
- one that is left out counts as if the clocks had not been changed yet: where they go from 02:00 to 03:00, 02:30 is
  at 03:30, which is the moment at which it would have been;
- a day that a zone left out altogether, as Samoa did on 2011-12-30, has no moments.

Of hours with a star, each that the clock shows counts, twice where it shows it twice.
https://manpages.debian.org/stable/cron/cron.8.en.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

DAY = timedelta(days=1)
HORIZON = 60 * 366
"""So many days are looked through: a 29th of February that is a Sunday may take 40 years."""


@dataclass(frozen=True, slots=True)
class Line:
    """A crontab line as numbers; Sunday is 0. `either_day`: the day of the month is enough, and so is the weekday."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    is_by_the_clock: bool

    def has(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_day or by_weekday if self.either_day else by_day and by_weekday


class CronTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler is published without types
    """Says when a line is due next. https://apscheduler.readthedocs.io/en/3.x/extending.html#custom-triggers."""

    def __init__(self, line: Line, zone: ZoneInfo) -> None:
        self._line = line
        self._zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the first moment that is not before now; where there was one before, the first after that."""
        start = now.astimezone(UTC)
        if previous_fire_time is not None:
            start = previous_fire_time.astimezone(UTC) + timedelta(microseconds=1)
        found = next(self._moments_from(start), None)
        return None if found is None else found.astimezone(self._zone)

    def _moments_from(self, start: datetime) -> Iterator[datetime]:
        """Moments of one day may come after those of the next: the next day is looked at as well."""
        first = start.astimezone(self._zone).date() - DAY
        for number in range(HORIZON):
            day = first + number * DAY
            found = [moment for moment in self._of(day) if moment >= start]
            if found:
                yield min([*found, *(moment for moment in self._of(day + DAY) if moment >= start)])

    def _of(self, day: date) -> tuple[datetime, ...]:
        return _moments(self._line, self._zone, day) if self._line.has(day) else ()


@lru_cache(maxsize=64)
def _moments(line: Line, zone: ZoneInfo, day: date) -> tuple[datetime, ...]:
    midnight, next_midnight = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + DAY))
    if midnight >= next_midnight:
        return ()
    walls = (datetime.combine(day, time(hour, minute)) for hour in line.hours for minute in line.minutes)
    return tuple(sorted({moment for wall in walls for moment in _moments_of(line, zone, wall)}))


def _moments_of(line: Line, zone: ZoneInfo, wall: datetime) -> Iterator[datetime]:
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if not line.is_by_the_clock:
        yield first
        return
    for moment in {first, wall.replace(tzinfo=zone, fold=1).astimezone(UTC)}:
        if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
            yield moment
