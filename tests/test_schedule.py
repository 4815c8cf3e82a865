"""The calendar: each firing once, none lost, and no job that fails keeps another from firing."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.cron import cron_trigger
from bot.models.firings import FiringState
from bot.schedule import Calendar, Job
from bot.store.engine import Database
from bot.store.firings import Firings
from bot.store.schema import upgrade

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NINE = NOON.replace(hour=9)


class Book(Firings):
    """The firings of a database that can go away."""

    is_away = False

    def claim(self, job: str, due_at: datetime, now: datetime, state: FiringState = FiringState.CLAIMED) -> bool:
        if self.is_away:
            raise OSError("the database is away")
        return super().claim(job, due_at, now, state)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """A bot that has run since yesterday."""
    database = Database(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    upgrade(database)
    made = Book(database)
    for job in ("scan", "digest"):
        made.claim(job, NINE - timedelta(days=1), NOON, FiringState.DONE)
    yield made
    database.close()


def calendar(book: Book, at: str = "0 9 * * *", **jobs: Callable[[datetime], bool]) -> Calendar:
    trigger = cron_trigger(at, ZoneInfo("UTC"))
    return Calendar(
        book, [Job(name, trigger, run) for name, run in jobs.items()], lambda: NOON, lambda _: nullcontext(True)
    )


def failing(times: int, ran: list[datetime]) -> Callable[[datetime], bool]:
    def run(due_at: datetime) -> bool:
        ran.append(due_at)
        if len(ran) <= times:
            raise RuntimeError("not today")
        return True

    return run


def test_a_job_that_fails_at_the_start_keeps_no_other_from_being_made_up_for(book: Book) -> None:
    ran: list[datetime] = []
    calendar(book, scan=failing(1, []), digest=failing(0, ran)).catch_up()
    assert ran == [NINE]


def test_a_firing_that_failed_is_tried_again_until_it_succeeds_and_then_never(book: Book) -> None:
    ran: list[datetime] = []
    made = calendar(book, digest=failing(2, ran))
    made.fire(made.jobs[0])
    assert book.unfinished("digest", NINE) == [NINE]
    for _ in range(4):
        made.try_again()
    assert ran == [NINE] * 3
    assert book.unfinished("digest", NINE) == []


def test_a_firing_that_could_not_be_claimed_is_fired_once_the_database_is_back(book: Book) -> None:
    ran: list[datetime] = []
    made = calendar(book, digest=failing(0, ran))
    book.is_away = True
    try:
        made.fire(made.jobs[0])
    except OSError:
        book.is_away = False
    made.try_again()
    made.try_again()
    assert ran == [NINE]


def test_before_its_first_firing_ever_a_job_is_not_made_up_for_by_trying_again(book: Book) -> None:
    ran: list[datetime] = []
    calendar(book, report=failing(0, ran)).try_again()
    assert ran == []


def test_a_firing_that_the_stop_cut_short_is_taken_up_at_the_next_start(book: Book) -> None:
    ran: list[datetime] = []
    stopped = calendar(book, scan=lambda _: False)
    stopped.fire(stopped.jobs[0])
    calendar(book, scan=failing(0, ran)).catch_up()
    assert ran == [NINE]
    assert book.unfinished("scan", NINE) == []


def test_an_earlier_hour_by_a_changed_schedule_is_not_made_up_for(book: Book) -> None:
    ran: list[datetime] = []
    calendar(book, digest=failing(0, ran)).catch_up()
    changed = calendar(book, at="0 8 * * *", digest=failing(0, ran))
    changed.catch_up()
    changed.try_again()
    assert ran == [NINE]
