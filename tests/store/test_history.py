"""The posture over time, and the pictures of it."""

from bot.models.posture import PosturePoint
from bot.models.scans import Summary
from bot.store.engine import Database
from bot.store.history import History, note_point
from bot.store.pictures import PictureStore
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
