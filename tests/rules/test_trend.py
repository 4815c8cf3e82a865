"""What a trend shows, and that its words say no more than is known."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.posture import PosturePoint
from bot.models.scans import Summary
from bot.models.trend import Trend
from bot.rules.trend import BARS, MOST_BARS, NO_DIGEST, bars, beside, can_be_drawn, headline, in_words, runs, trend

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def point(day: int, open_keys: int = 10, compliant: int = 90, **more: int) -> PosturePoint:
    return PosturePoint(NINE + timedelta(days=day), Summary(compliant, open_keys, **more))


def told(*points: PosturePoint, with_percent: bool = True) -> Trend:
    return trend(points, ZoneInfo("UTC"), with_percent=with_percent)


def test_of_each_day_the_last_digest_counts_and_days_without_one_are_left_out() -> None:
    again = PosturePoint(NINE + timedelta(hours=3), Summary(95, 5))
    shown = told(point(0), again, point(3))
    assert [(each.day.day, each.open) for each in shown.points] == [(2, 5), (5, 10)]
    assert shown.days == 3


@pytest.mark.parametrize(("zone", "days"), [("UTC", 1), ("Asia/Tokyo", 2), ("America/New_York", 1)])
def test_a_day_begins_where_the_readers_are(zone: str, days: int) -> None:
    evening = [PosturePoint(datetime(2026, 3, 2, hour, tzinfo=UTC), Summary(1, 1)) for hour in (14, 16)]
    assert len(trend(evening, ZoneInfo(zone), with_percent=True).points) == days


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ((), "The trend is shown once 3 days have had a digest; none so far."),
        ((point(0),), "The trend is shown once 3 days have had a digest; so far there is 1."),
        ((point(0), point(9)), "The trend is shown once 3 days have had a digest; so far there are 2."),
        ((point(0), point(1), point(30, 5, 95)), "95% compliant, up from 90% 30 days ago."),
        ((point(0), point(1), point(30, 15, 85)), "85% compliant, down from 90% 30 days ago."),
        ((point(0), point(1, 50), point(2)), "90% compliant, the same as 2 days ago."),
        ((point(0), point(1), point(2, 0, 0)), "0 keys are open; 2 days ago there were 10."),
        ((point(0, 1, 0), point(1), point(2, 0, 0)), "0 keys are open; 2 days ago it was 1."),
    ],
)
def test_the_sentence_tells_the_first_point_and_the_last(points: tuple[PosturePoint, ...], sentence: str) -> None:
    assert headline(told(*points)) == sentence


def test_a_team_has_open_keys_and_no_percentage() -> None:
    shown = told(point(0, 3, 0), point(1, 2, 0), point(2, 1, 0), with_percent=False)
    assert not shown.has_percent
    assert headline(shown) == "1 key is open; 2 days ago there were 3."
    assert "ompliant" not in in_words(shown)
    assert bars(shown) == "█▅▁"


def test_what_the_figures_leave_out_is_said() -> None:
    shown = told(point(0), point(1, insufficient_data=2), point(2, exempt=4, insufficient_data=3))
    assert beside(shown.points[-1]) == "4 exempt · 3 could not be read"
    words = in_words(shown)
    assert "Not counted at last: 4 exempt · 3 could not be read." in words
    assert "On 2 of these days not every key could be read." in words


def test_the_words_say_all_that_the_picture_shows() -> None:
    assert in_words(told(point(0), point(1, 20, 80), point(2, 5, 95))) == (
        "Trend from 2 Mar to 4 Mar 2026, with a digest on 3 days. "
        "Percent compliant: 90% at first, 95% at last; lowest 80% on 3 Mar, highest 95% on 4 Mar. "
        "Open keys: 10 at first, 5 at last; most 20 on 3 Mar."
    )


def test_bars_leave_a_place_for_days_without_a_digest() -> None:
    assert bars(told(point(0, 30), point(1, 20), point(4, 10))) == f"▁▄{NO_DIGEST}{NO_DIGEST}█"
    assert bars(told(point(0), point(1), point(2))) == "▅▅▅"


@given(st.sets(st.integers(0, 90), min_size=3))
def test_bars_are_few_and_begin_and_end_with_a_digest(days: set[int]) -> None:
    shown = told(*(point(day, (day * 7) % 13) for day in sorted(days)))
    line = bars(shown)
    assert 3 <= len(line) <= MOST_BARS
    assert set(line) <= {*BARS, NO_DIGEST}
    assert line[0] != NO_DIGEST
    assert line[-1] != NO_DIGEST
    assert can_be_drawn(shown)


@given(st.sets(st.integers(0, 60)))
def test_a_line_is_drawn_through_following_days_alone(numbers: set[int]) -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in sorted(numbers)]
    parts = [days[begin:end] for begin, end in runs(days)]
    assert [day for part in parts for day in part] == days
    assert all((part[-1] - part[0]).days == len(part) - 1 for part in parts)
    assert all((after[0] - before[-1]).days > 1 for before, after in pairwise(parts))
