"""What a schedule means on the days on which the clocks change: each local day has each of its times once."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cron import cron_trigger, last_due

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # left 2011-12-30 out
    "Africa/Casablanca",  # in Ramadan, back and forth
    "America/Sao_Paulo",  # at midnight
    "Asia/Beirut",  # at midnight, both ways
    "America/Nuuk",  # an hour before midnight
    "Antarctica/Troll",  # by two hours
    "Asia/Pyongyang",  # by half an hour, for good
)
QUARTERS_OF_TWO = ["30 02:30", "30 02:45", "31 02:30", "31 02:45"]
YEARS = (2011, 2015, 2018, 2026)
DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)


def changes_of(zone: ZoneInfo) -> Iterator[datetime]:
    """The days of some years on which the clocks change, about noon UTC before it."""
    noons = (datetime(year, 1, 1, 12, tzinfo=UTC) + number * DAY for year in YEARS for number in range(365))
    for before, after in pairwise(noons):
        if after - before == DAY and before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield before


CHANGES = [(name, before) for name in ZONES for before in changes_of(ZoneInfo(name))]
IDS = [f"{name} {before:%Y-%m-%d}" for name, before in CHANGES]


def fired(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """All moments in [start, end), as the scheduler asks for them."""
    trigger = cron_trigger(expression, zone)
    found: list[datetime] = []
    upcoming = trigger.get_next_fire_time(None, start)
    while upcoming is not None and upcoming.astimezone(UTC) < end:
        found.append(upcoming.astimezone(UTC))
        upcoming = trigger.get_next_fire_time(upcoming, upcoming)
    return found


def clock(zone: ZoneInfo, start: datetime, end: datetime) -> dict[datetime, datetime]:
    """What the clocks show, a quarter of an hour at a time: of each time the first moment."""
    shown: dict[datetime, datetime] = {}
    moment = start
    while moment < end:
        shown.setdefault(moment.astimezone(zone).replace(tzinfo=None, fold=0), moment)
        moment += QUARTER
    return shown


def expected_at(shown: dict[datetime, datetime], wall: datetime) -> datetime:
    """When a time is: when the clock shows it first, or would have shown it, had it not been changed."""
    before = max(each for each in shown if each <= wall)
    return shown[before] + (wall - before)


@pytest.mark.parametrize(("name", "before"), CHANGES, ids=IDS)
def test_each_local_day_has_each_time_once(name: str, before: datetime) -> None:
    zone, start, end = ZoneInfo(name), before - 2 * DAY, before + 3 * DAY
    shown = clock(zone, start, end)
    days = sorted({wall.date() for wall in shown})[1:-1]
    for hour, minute in ((0, 0), (0, 30), (1, 45), (2, 15), (2, 30), (3, 0), (23, 30)):
        expected = [expected_at(shown, datetime.combine(day, time(hour, minute))) for day in days]
        moments = fired(f"{minute} {hour} * * *", zone, expected[0], expected[-1] + QUARTER)
        assert moments == expected


@pytest.mark.parametrize(
    ("name", "line", "start", "told"),
    [
        ("Europe/Berlin", "30 2 * * *", "2026-03-28", ["28 02:30", "29 03:30", "30 02:30"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-24", ["24 02:30", "25 02:30", "26 02:30"]),
        ("Europe/Berlin", "30,45 2 * * *", "2026-03-29", ["29 03:30", "29 03:45", *QUARTERS_OF_TWO]),
        ("America/New_York", "30 2 * * *", "2026-03-07", ["07 02:30", "08 03:30", "09 02:30"]),
        ("America/New_York", "30 1 * * *", "2026-10-31", ["31 01:30", "01 01:30", "02 01:30"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03", ["03 02:15", "04 02:45", "05 02:15"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04", ["04 01:45", "05 01:45", "06 01:45"]),
        ("Pacific/Apia", "30 2 * * *", "2011-12-29", ["29 02:30", "31 02:30", "01 02:30"]),
        ("Pacific/Apia", "0 9 30 * *", "2011-12-29", []),
        ("Pacific/Apia", "0 9 * * fri", "2011-12-29", []),
        ("Africa/Casablanca", "30 2 * * *", "2026-02-14", ["14 02:30", "15 02:30", "16 02:30"]),
        ("Africa/Casablanca", "30 2 * * *", "2026-03-21", ["21 02:30", "22 03:30", "23 02:30"]),
        ("America/Sao_Paulo", "30 0 * * *", "2018-11-03", ["03 00:30", "04 01:30", "05 00:30"]),
        ("Asia/Beirut", "30 0 * * sun", "2026-03-28", ["29 01:30"]),
        ("America/Nuuk", "30 23 * * *", "2026-03-27", ["27 23:30", "29 00:30", "29 23:30"]),
    ],
)
def test_what_half_past_two_means_where_it_is_left_out_or_comes_twice(
    name: str, line: str, start: str, told: list[str]
) -> None:
    zone = ZoneInfo(name)
    midnight = datetime.fromisoformat(start).replace(tzinfo=zone).astimezone(UTC)

    moments = fired(line, zone, midnight, midnight + timedelta(hours=71))

    assert [f"{moment.astimezone(zone):%d %H:%M}" for moment in moments] == told


@pytest.mark.parametrize(("name", "before"), CHANGES, ids=IDS)
def test_an_hour_with_a_star_goes_by_the_clock_as_it_is(name: str, before: datetime) -> None:
    zone = ZoneInfo(name)
    expected = [
        moment for moment in (before + number * QUARTER for number in range(96)) if moment.astimezone(zone).minute == 15
    ]

    assert fired("15 * * * *", zone, before, before + DAY) == expected


@given(st.sampled_from(CHANGES), st.integers(0, 5 * 96), st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
def test_what_is_due_is_found_whenever_anybody_looks(
    change: tuple[str, datetime], looks_at: int, hour: int, minute: int
) -> None:
    zone, start = ZoneInfo(change[0]), change[1] - 2 * DAY
    now = start + looks_at * QUARTER
    past = [moment for moment in fired(f"{minute} {hour} * * *", zone, start - 2 * DAY, now + QUARTER) if moment <= now]

    due = last_due(cron_trigger(f"{minute} {hour} * * *", zone), now, timedelta(hours=30))

    assert (due is None and not past) or (due is not None and due.astimezone(UTC) == past[-1])
