"""Crontab lines mean what crontab(5) says, proved against a plain walk through the calendar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cron import BadScheduleError, cron_trigger, last_due

Span = frozenset[int]
Written = tuple[str, Span]
"""A field as it is written, and the numbers that cron(5) takes it for."""

WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
SUNDAY = date(2026, 3, 1)
UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def fire_times(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """All fire times in [start, end), as a scheduler asks for them, in UTC."""
    trigger = cron_trigger(expression, zone)
    found: list[datetime] = []
    upcoming = trigger.get_next_fire_time(None, start)
    while upcoming is not None and upcoming.astimezone(UTC) < end:
        found.append(upcoming.astimezone(UTC))
        upcoming = trigger.get_next_fire_time(upcoming, upcoming)
    return found


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("6", "sat"),
        ("1-5", "mon tue wed thu fri"),
        ("5-7", "fri sat sun"),
        ("0-2", "sun mon tue"),
        ("0-7", "sun mon tue wed thu fri sat"),
        ("*", "sun mon tue wed thu fri sat"),
        ("*/2", "sun tue thu sat"),
        ("*/3", "sun wed sat"),
        ("1-5/2", "mon wed fri"),
        ("0,3", "sun wed"),
        ("1-2,6-7", "mon tue sat sun"),
        ("mon-fri", "mon tue wed thu fri"),
        ("SUN", "sun"),
        ("sat-sun", "sat sun"),
        ("sun-tue", "sun mon tue"),
        ("fri,1", "fri mon"),
    ],
)
def test_weekdays_count_from_sunday(written: str, days: str) -> None:
    week = datetime.combine(SUNDAY, time(), UTC)

    fired = fire_times(f"0 9 * * {written}", UTC_ZONE, week, week + timedelta(days=7))

    assert {WEEKDAYS[moment.isoweekday() % 7] for moment in fired} == set(days.split())
    assert {moment.time() for moment in fired} == {time(9)}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 9 * *", "five fields (minute, hour, day of month, month, day of week), “0 9 * *” has 4"),
        ("@daily", "five fields"),
        ("", "five fields"),
        ("60 * * * *", "minute field 60 is not between 0 and 59"),
        ("0 24 * * *", "hour field 24 is not between 0 and 23"),
        ("0 0 0 * *", "day of month field 0 is not between 1 and 31"),
        ("0 0 32 * *", "day of month field 32"),
        ("0 0 * 13 *", "month field 13 is not between 1 and 12"),
        ("0 0 * janu *", "month field “janu” is not a number"),
        ("0 0 * * 8", "day of week field 8 is not between 0 and 7"),
        ("0 0 * * xyz", "day of week field “xyz” is not a number, and neither is it one of sun, mon"),
        ("0 0 mon * *", "day of month field “mon” is not a number."),
        ("0 0 last * *", "day of month field “last” is not a number"),
        ("0 0 * * 5-1", "day of week field the range “5-1” runs backwards"),
        ("*/0 * * * *", "minute field the step of “*/0” is 0"),
        ("5/15 * * * *", "minute field the step of “5/15” needs a range before it, such as */15"),
        ("1,,2 * * * *", "minute field “” is not a number"),
        ("-5 * * * *", "minute field “-5” is not a number"),
        ("0 0 30 2 *", "day of month field 30 never comes in the months given"),
        ("0 0 31 4,6 *", "day of month field 31 never comes"),
        ("² * * * *", "minute field “²” is not"),
    ],
)
def test_a_bad_line_is_refused_in_a_sentence_that_names_the_field(expression: str, words: str) -> None:
    with pytest.raises(BadScheduleError) as caught:
        cron_trigger(expression, UTC_ZONE)

    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_leap_day_is_waited_for() -> None:
    upcoming = cron_trigger("0 0 29 2 *", UTC_ZONE).get_next_fire_time(None, datetime(2026, 1, 1, tzinfo=UTC))

    assert upcoming == datetime(2028, 2, 29, tzinfo=UTC)


def test_the_hour_is_that_of_the_time_zone_in_winter_and_in_summer() -> None:
    fired = fire_times("0 9 * * *", BERLIN, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC))

    assert fired == [datetime(2026, 3, 28, 8, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)]


def test_a_fixed_hour_fires_once_in_the_night_that_has_it_twice() -> None:
    fired = fire_times("30 2 * * *", BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))

    assert fired == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_a_fixed_hour_fires_once_in_the_night_that_lacks_it() -> None:
    fired = fire_times(
        "30 2 * * *", BERLIN, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)
    )

    assert fired == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["shorter day", "longer day"])
def test_every_hour_fires_every_hour_when_the_clocks_change(day: date) -> None:
    start = datetime.combine(day, time(), UTC)

    assert fire_times("0 * * * *", BERLIN, start, start + timedelta(hours=6)) == [
        start + timedelta(hours=hour) for hour in range(6)
    ]


# The calendar, walked through.


def numbers(lowest: int, highest: int, names: list[str]) -> st.SearchStrategy[Written]:
    """A number, or a name where the field has names."""

    def write(number: int, use_name: bool) -> Written:
        name = names[(number - lowest) % len(names)] if names and use_name else str(number)
        return name, frozenset({number})

    return st.builds(write, st.integers(lowest, highest), st.booleans())


def ranges(lowest: int, highest: int) -> st.SearchStrategy[Written]:
    def write(ends: list[int], step: int) -> Written:
        first, last = sorted(ends)
        return f"{first}-{last}{f'/{step}' if step > 1 else ''}", frozenset(range(first, last + 1, step))

    return st.builds(write, st.lists(st.integers(lowest, highest), min_size=2, max_size=2), st.integers(1, 5))


def stars(lowest: int, highest: int) -> st.SearchStrategy[Written]:
    return st.integers(1, 7).map(
        lambda step: (f"*/{step}" if step > 1 else "*", frozenset(range(lowest, highest + 1, step)))
    )


def field(lowest: int, highest: int, names: list[str]) -> st.SearchStrategy[Written]:
    items = st.lists(st.one_of(numbers(lowest, highest, names), ranges(lowest, highest)), min_size=1, max_size=3)
    listed = items.map(
        lambda each: (",".join(text for text, _ in each), frozenset().union(*(span for _, span in each)))
    )
    return st.one_of(stars(lowest, highest), listed)


WEEKDAY_FIELD = field(0, 7, WEEKDAYS)
LINES = st.tuples(field(0, 59, []), field(0, 23, []), field(1, 31, []), field(1, 12, MONTHS), WEEKDAY_FIELD)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - timezones= adds it


def days_that_match(line: tuple[Written, ...], days: Iterator[date]) -> Iterator[date]:
    """crontab(5): if both day fields are restricted (do not start with *), either is enough."""
    _, _, (day_text, of_month), (_, months), (weekday_text, weekdays) = line
    for each in days:
        on_day = each.day in of_month
        on_weekday = each.isoweekday() in weekdays or (each.isoweekday() == 7 and 0 in weekdays)
        either = not day_text.startswith("*") and not weekday_text.startswith("*")
        if each.month in months and ((on_day or on_weekday) if either else (on_day and on_weekday)):
            yield each


def walk(line: tuple[Written, ...], start: date, days: int) -> Iterator[datetime]:
    """All the times of a line from a day on, in order."""
    (_, minutes), (_, hours), *_ = line
    for day in days_that_match(line, (start + timedelta(days=number) for number in range(days))):
        for hour in sorted(hours):
            for minute in sorted(minutes):
                yield datetime.combine(day, time(hour, minute), UTC)


def spelled(line: tuple[Written, ...]) -> str:
    return " ".join(text for text, _ in line)


@given(WEEKDAY_FIELD, st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_any_weekday_field_fires_on_the_days_that_cron_means(weekdays: Written, start: date) -> None:
    line = (
        ("0", frozenset({0})),
        ("9", frozenset({9})),
        ("*", frozenset(range(1, 32))),
        ("*", frozenset(range(1, 13))),
    )
    since = datetime.combine(start, time(), UTC)

    fired = fire_times(spelled((*line, weekdays)), UTC_ZONE, since, since + timedelta(days=14))

    assert fired == list(walk((*line, weekdays), start, 14))
    assert fired


@given(LINES, MOMENTS)
def test_any_line_fires_next_when_the_calendar_says(line: tuple[Written, ...], now: datetime) -> None:
    expected = next((moment for moment in walk(line, now.date(), 400) if moment >= now), None)
    try:
        upcoming = cron_trigger(spelled(line), UTC_ZONE).get_next_fire_time(None, now)
    except BadScheduleError as error:
        assert "never comes" in str(error)  # noqa: PT017 - refusing is right where the calendar has no such day
        assert expected is None
        return

    is_past_what_was_walked = upcoming is not None and upcoming > now + timedelta(days=398)
    assert upcoming == expected or (expected is None and is_past_what_was_walked)


@given(LINES, MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(days=20)))
def test_the_last_due_time_is_the_latest_that_the_calendar_has(
    line: tuple[Written, ...], before: datetime, within: timedelta
) -> None:
    try:
        trigger = cron_trigger(spelled(line), UTC_ZONE)
    except BadScheduleError:
        return
    since = before - within
    past = [moment for moment in walk(line, since.date(), 23) if since < moment <= before]

    assert last_due(trigger, before, within) == (past[-1] if past else None)


def test_a_time_that_is_due_now_counts_and_one_a_whole_span_ago_does_not() -> None:
    trigger = cron_trigger("0 9 * * *", UTC_ZONE)
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)

    assert last_due(trigger, nine, timedelta(hours=1)) == nine
    assert last_due(trigger, nine + timedelta(hours=1), timedelta(hours=1)) is None
    assert last_due(trigger, nine + timedelta(minutes=59), timedelta(hours=1)) == nine
    assert last_due(trigger, nine - timedelta(microseconds=1), timedelta(days=1)) == nine - timedelta(days=1)


def test_the_last_due_time_is_found_within_the_hour_that_comes_twice() -> None:
    at_a_quarter_to = cron_trigger("45 * * * *", BERLIN)
    second_ten_past_two = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)

    due = last_due(at_a_quarter_to, second_ten_past_two, timedelta(hours=3))

    assert due is not None
    assert due.astimezone(UTC) == datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
