"""Crontab lines as triggers, with the meaning that crontab(5) gives them.

APScheduler's own trigger counts weekdays from Monday = 0 where cron counts from Sunday = 0, reads a number with a step
as a range, wants both the day of the month and the day of the week to match where cron is content with either, fires
twice in the hour that comes twice when summer time ends, and not at all in a midnight that is left out when it begins.
So the line is read here, field by field, and `bot/trigger.py` says when it is due.
https://man7.org/linux/man-pages/man5/crontab.5.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from bot.trigger import CronTrigger, Line

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SUNDAY_AS_SEVEN = 7

_ITEM = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)


class BadScheduleError(ValueError):
    """The line is not a schedule; the message is a sentence that names the field."""


@dataclass(frozen=True, slots=True)
class _Field:
    """What one field of a crontab line may hold. Names stand for consecutive numbers from the lowest on."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def read(self, text: str) -> frozenset[int]:
        return frozenset(number for item in text.split(",") for number in self._read_item(item))

    def _read_item(self, item: str) -> Iterable[int]:
        match = _ITEM.fullmatch(item)
        if match is None:
            raise self._bad(f"“{item}” is not a number, a range such as 1-5, or a step such as */2")
        step = int(match["step"] or 1)
        if step == 0:
            raise self._bad(f"the step of “{item}” is 0")
        if match["all"]:
            return range(self.lowest, self.highest + 1, step)
        first = self._number(match["first"])
        if match["last"] is None:
            if match["step"]:
                raise self._bad(f"the step of “{item}” needs a range before it, such as */{step}")
            return (first,)
        last = self._number(match["last"])
        if last == 0 and first > 0 and match["last"].lower() == "sun":
            last = _SUNDAY_AS_SEVEN
        if last < first:
            raise self._bad(f"the range “{item}” runs backwards")
        return range(first, last + 1, step)

    def _number(self, text: str) -> int:
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.lowest
        if not text.isdigit():
            known = f", and neither is it one of {', '.join(self.names)}" if self.names else ""
            raise self._bad(f"“{text}” is not a number{known}")
        number = int(text)
        if not self.lowest <= number <= self.highest:
            raise self._bad(f"{number} is not between {self.lowest} and {self.highest}")
        return number

    def _bad(self, what: str) -> BadScheduleError:
        return BadScheduleError(f"In the {self.name} field {what}.")


_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of week", 0, 7, _WEEKDAYS)
_FIELDS = (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)


def cron_trigger(expression: str, timezone: ZoneInfo) -> CronTrigger:
    """Make the trigger of a five-field crontab line: minute, hour, day of month, month, day of week.

    Where both day fields are restricted, cron fires when either matches. A field that starts with `*` does not count
    as restricted. Raises BadScheduleError.
    """
    texts = expression.split()
    if len(texts) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        raise BadScheduleError(f"A schedule has five fields ({names}), “{expression}” has {len(texts)}.")
    minutes, hours, days, months, weekdays = (field.read(text) for field, text in zip(_FIELDS, texts, strict=True))
    _, hour_text, day_text, _, weekday_text = texts
    either_day = not day_text.startswith("*") and not weekday_text.startswith("*")
    if not either_day and min(days) > max(_LONGEST_MONTHS[month - 1] for month in months):
        raise BadScheduleError(f"In the day of month field {min(days)} never comes in the months given.")
    sundays_as_zero = frozenset(number % len(_WEEKDAYS) for number in weekdays)
    line = Line(minutes, hours, days, months, sundays_as_zero, either_day, hour_text.startswith("*"))
    return CronTrigger(line, timezone)


def last_due(trigger: BaseTrigger, before: datetime, within: timedelta) -> datetime | None:
    """Find the latest time in (before - within, before] at which the trigger fires; None where there is none.

    The times are aware. The span is widened from its end, so that a year of minutes is not walked through.
    """
    before = before.astimezone(UTC)  # two times of one zone compare by the clock on the wall
    span = min(timedelta(minutes=1), within)
    while True:
        due = _last_between(trigger, before - span, before)
        if due is not None or span >= within:
            return due
        span = min(span * 2, within)


def _last_between(trigger: BaseTrigger, after: datetime, until: datetime) -> datetime | None:
    last: datetime | None = None
    upcoming = trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
    while upcoming is not None and upcoming <= until:
        last = upcoming
        upcoming = trigger.get_next_fire_time(last, until)
    return last
