"""The posture over time, and the pictures of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.models.posture import PosturePoint
from bot.models.scans import Summary
from bot.store.engine import Database
from bot.store.history import History, note_point
from bot.store.pictures import PictureStore
from bot.trend import Trends
from tests.store.digest_stage import kept
from tests.store.samples import at, digest_of

COUNTS = Summary(5, 4, 3, 2, 1)


def test_points_of_an_audience_come_oldest_first_from_one_moment_to_another(database: Database) -> None:
    with database.write() as connection:
        for minutes in (3, 1, 2, 4):
            note_point(connection, "default", at(minutes), COUNTS)
        note_point(connection, "another", at(2), COUNTS)
        note_point(connection, "default", at(2), Summary())
    points = History(database).points("default", at(2), at(3))
    assert points == [PosturePoint(at(2), COUNTS), PosturePoint(at(3), COUNTS)]


def test_a_digest_has_one_picture_and_may_lose_it_for_good(database: Database) -> None:
    pictures = PictureStore(database)
    first, second = (kept(database, digest_of("a", name=name)).id for name in ("shown", "never"))
    assert pictures.of(first) is None
    pictures.keep(first, "F0ONE00001")
    pictures.keep(first, "F0TWO00002")
    assert pictures.of(first) == "F0ONE00001"
    pictures.do_without(first)
    pictures.do_without(second)
    assert (pictures.of(first), pictures.of(second)) == ("", "")
    pictures.keep(second, "F0TWO00002")
    assert pictures.of(second) == ""


def test_the_days_of_a_trend_are_those_of_the_digests_own_time_zone(database: Database) -> None:
    """At 01:00 in Greenwich it is the evening before in New York. A zone may be gone when the digest is rendered."""
    digest = replace(digest_of("a"), created_at=datetime(2026, 3, 3, 1, tzinfo=UTC))
    with database.write() as connection:
        note_point(connection, digest.name, datetime(2026, 3, 1, 1, tzinfo=UTC), COUNTS)
    trends = Trends(History(database), PictureStore(database), ZoneInfo("UTC"))
    days = {}
    for zone in ("", "America/New_York", "Asia/Atlantis"):
        shown = trends.of(replace(digest, content=replace(digest.content, timezone=zone)))
        assert shown is not None
        days[zone] = [point.day for point in shown.points]
    assert days == {
        "": [date(2026, 3, 1), date(2026, 3, 3)],
        "Asia/Atlantis": [date(2026, 3, 1), date(2026, 3, 3)],
        "America/New_York": [date(2026, 2, 28), date(2026, 3, 2)],
    }
