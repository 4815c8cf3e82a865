"""A digest with its trend: as a picture, in words, and while there is too little of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.models.posture import PosturePoint
from bot.models.scans import Summary
from bot.models.trend import Trend
from bot.plotting import draw
from bot.rules.trend import trend
from bot.views.digest import digest
from bot.views.trend import trend_blocks
from deploy.sandbox.gallery.digests import ANCHOR, plain_digest
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import NOW, later
from deploy.sandbox.slack.people import BOT_USER
from deploy.sandbox.slack.things import File

LENGTH = 88
WEEKEND = (5, 6)
BAD_WEEK = range(-39, -33)
BERLIN_TIME = ZoneInfo("Europe/Berlin")


def trends() -> Iterator[Sample]:
    last = course()[-1].summary
    better, worse, dim = _trend(course()), _trend(_worse()), _trend(_dim())
    team = trend([_team(point) for point in course()], BERLIN_TIME, with_percent=False)
    cases: Sequence[tuple[str, str, Trend, Summary]] = (
        ("picture, better", "88 days with a digest on weekdays", replace(better, picture="F0TREND01"), last),
        ("picture, worse", "The last two weeks", replace(worse, picture="F0TREND02"), _worse()[-1].summary),
        ("picture, partly unread", "Some days not wholly read", replace(dim, picture="F0TREND03"), _dim()[-1].summary),
        ("picture of a team", "Open keys alone: a team has no percentage", replace(team, picture="F0TREND04"), last),
        ("in words, better", "Where no picture could be uploaded", better, last),
        ("in words, worse", "The percentage fell", worse, _worse()[-1].summary),
        ("in words, partly unread", "Some days not wholly read", dim, _dim()[-1].summary),
        ("in words, of a team", "Open keys alone", team, last),
        ("in words, as before", "Nothing moved", _trend([_at(day, last) for day in (-2, -1, 0)]), last),
        ("the first day", "Too little for a trend", _trend(course()[-1:]), last),
        ("the second day", "Still too little", _trend(course()[-2:]), last),
    )
    for name, shows, told, summary in cases:
        made = plain_digest(summary, scope="" if told.has_percent else "team=payments", anchor=ANCHOR)
        yield shown(name, Surface.CHANNEL, shows).by(digest, made, {}, trend_blocks(told))


@cache
def pictures() -> Mapping[str, File]:
    """The files that these samples show."""
    team = trend([_team(point) for point in course()], BERLIN_TIME, with_percent=False)
    drawn = {
        "F0TREND01": _trend(course()), "F0TREND02": _trend(_worse()), "F0TREND03": _trend(_dim()), "F0TREND04": team,
    }  # fmt: skip
    made = {file_id: draw(each) for file_id, each in drawn.items()}
    return {
        file_id: File(file_id, each.name, each.content, len(each.content), BOT_USER, each.title, shared=True)
        for file_id, each in made.items()
    }


@cache
def course() -> Sequence[PosturePoint]:
    """From bad to good, with a bad week in between, and no digest on weekends."""
    days = [day for day in range(-LENGTH, 1) if later(days=day).weekday() not in WEEKEND]
    return [_at(day, _summary(22 - (day + LENGTH) // 6 + (6 if day in BAD_WEEK else 0))) for day in days]


def _worse() -> Sequence[PosturePoint]:
    return [_at(day, _summary(9 + (day + 14) // 2)) for day in range(-14, 1)]


def _dim() -> Sequence[PosturePoint]:
    return [
        replace(point, summary=replace(point.summary, insufficient_data=3)) if point.at > later(days=-20) else point
        for point in course()
    ]


def _team(point: PosturePoint) -> PosturePoint:
    return replace(point, summary=Summary(non_compliant=point.summary.non_compliant))


def _summary(open_keys: int) -> Summary:
    return Summary(compliant=500 - open_keys, non_compliant=open_keys, not_applicable=120, exempt=8)


def _at(day: int, summary: Summary) -> PosturePoint:
    return PosturePoint(NOW + timedelta(days=day), summary)


def _trend(points: Sequence[PosturePoint]) -> Trend:
    return trend(points, BERLIN_TIME, with_percent=True)
