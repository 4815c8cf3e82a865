"""When, and for how long: schedules, time zones, lengths of time."""

import re
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator

from bot.cron import BadScheduleError, cron_trigger
from bot.settings.mistakes import mistake, nearest, shown

LONGEST_APPROVAL = timedelta(days=30)
SHORTEST_PATIENCE = timedelta(minutes=5)
_DURATION = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _schedule(text: str) -> str:
    try:
        cron_trigger(text, ZoneInfo("UTC"))
    except BadScheduleError as error:
        raise mistake(str(error), 'Write a crontab line, for example "0 9 * * mon-fri".') from error
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = nearest(text, sorted(available_timezones()))
        remedy = f"Did you mean {near}?" if near else "Write an IANA name, for example Europe/Berlin."
        raise mistake(f"{shown(text)} is not a time zone.", remedy) from error
    return text


def read_duration(value: object) -> timedelta:
    """Read a length of time as people write it: 24h."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise mistake(f"{shown(value)} is not a length of time.", 'Write a number and m, h or d, for example "24h".')
    return int(match["count"]) * _UNITS[match["unit"]]


def _expiry(length: timedelta) -> timedelta:
    if timedelta(0) < length <= LONGEST_APPROVAL:
        return length
    what = "longer than 30 days" if length > timedelta(0) else "no time at all"
    raise mistake(f"An approval would live for {what}.", 'Write at least "1m" and at most "30d".')


def _patience(value: object) -> timedelta:
    """Read a length of time; none at all stands for never."""
    return timedelta(0) if value == "never" else read_duration(value)


def _waits(length: timedelta) -> timedelta:
    if not length or SHORTEST_PATIENCE <= length <= LONGEST_APPROVAL:
        return length
    raise mistake(
        f"A first reminder after {length} is out of range.", 'Write at least "5m" and at most "30d", or "never".'
    )


Schedule = Annotated[str, AfterValidator(_schedule)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Expiry = Annotated[timedelta, AfterValidator(_expiry), BeforeValidator(read_duration)]
Patience = Annotated[timedelta, AfterValidator(_waits), BeforeValidator(_patience)]
