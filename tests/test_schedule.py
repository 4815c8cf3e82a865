"""The calendar: each firing once, none lost, and no job that fails keeps another from firing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Semaphore
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.cron import cron_trigger
from bot.models.firings import FiringState
from bot.schedule import AT_ONCE, Calendar, Job, plan, start_scheduler
from bot.store.engine import Database
from bot.store.firings import Firings
from bot.store.tables import firings
from tests.store.databases import MakeUrl

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
def book(database: Database) -> Book:
    """A bot that has run since yesterday."""
    made = Book(database)
    for job in ("scan", "digest"):
        made.claim(job, NINE - timedelta(days=1), NOON, FiringState.DONE)
    return made


def calendar(book: Book, at: str = "0 9 * * *", **jobs: Callable[[datetime], bool]) -> Calendar:
    trigger = cron_trigger(at, ZoneInfo("UTC"))
    planned = [Job(name, trigger, run, at) for name, run in jobs.items()]
    return Calendar(book, lambda: planned, lambda: NOON, lambda _: nullcontext(True))


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


# A schedule that is changed.


class Bot:
    """One bot after another on one database, at the times and with the schedules that a test sets."""

    def __init__(self, book: Book, line: str, zone: str = "UTC") -> None:
        self.book, self.line, self.zone = book, line, zone
        self.now = NOON
        self.since: datetime | None = None
        self.told: list[datetime] = []
        self.calendar = Calendar(book, self._plan, lambda: self.now, lambda _: nullcontext(True))

    def _plan(self) -> list[Job]:
        zone = ZoneInfo(self.zone)
        return [Job("digest", cron_trigger(self.line, zone), self._tell, self.line, zone, self.since)]

    def _tell(self, _: datetime) -> bool:
        self.told.append(self.now)
        return True

    def at(self, text: str) -> "Bot":
        self.now = datetime.fromisoformat(f"2026-03-{text}+00:00")
        return self

    def starts(self, line: str | None = None) -> "Bot":
        self.line = line or self.line
        self.calendar.catch_up()
        return self

    def looks(self) -> "Bot":
        self.calendar.try_again()
        return self

    def is_edited(self, line: str) -> "Bot":
        self.line, self.since = line, self.now
        return self.looks()


NINE_DAILY, HALF_PAST = "0 9 * * *", "30 9 * * *"


@pytest.mark.parametrize(
    ("down_from", "line", "up_at", "told"),
    [
        ("03T08:00", NINE_DAILY, "03T10:00", ["03T10:00"]),
        ("03T09:10", NINE_DAILY, "03T10:00", ["03T09:00"]),
        ("03T09:10", HALF_PAST, "03T10:00", ["03T09:00"]),
        ("03T08:00", HALF_PAST, "03T10:00", ["03T10:00"]),
        ("03T09:10", HALF_PAST, "03T09:20", ["03T09:00", "03T09:30"]),
        ("03T08:00", "0 8 * * *", "03T10:00", ["03T10:00"]),
        ("03T09:10", "0 8 * * *", "03T10:00", ["03T09:00"]),
        ("03T09:10", "0 17 * * *", "03T10:00", ["03T09:00", "03T17:00"]),
        ("03T08:00", "0 17 * * *", "03T10:00", ["03T17:00"]),
        ("03T08:00", "0 9 * * mon", "03T10:00", []),
        ("03T09:10", "0,30 9 * * *", "03T10:00", ["03T09:00", "03T10:00"]),
    ],
)
def test_a_schedule_changed_while_the_bot_was_down_neither_repeats_nor_loses(
    book: Book, down_from: str, line: str, up_at: str, told: list[str]
) -> None:
    """The 3rd of March is a Tuesday. Before, the digest is told at nine."""
    bot = Bot(book, NINE_DAILY).at("02T09:30").starts()
    bot.told.clear()
    for moment in ("03T09:00", "03T09:30", "03T17:00"):
        if moment < down_from:
            bot.at(moment).looks()
    bot.at(up_at).starts(line)
    for moment in ("03T09:30", "03T17:00"):
        if moment > up_at:
            bot.at(moment).looks()
    assert [f"{moment:%dT%H:%M}" for moment in bot.told] == told


@pytest.mark.parametrize(
    ("edited_at", "line", "told"),
    [
        ("03T10:00", HALF_PAST, ["03T09:00", "04T09:30"]),
        ("03T10:00", "0 8 * * *", ["03T09:00", "04T08:00"]),
        ("03T10:00", "0 17 * * *", ["03T09:00", "03T17:00"]),
        ("03T08:00", HALF_PAST, ["03T09:30"]),
        ("03T08:00", "0 7 * * *", ["04T07:00"]),
        ("03T09:00", HALF_PAST, ["03T09:30"]),
    ],
)
def test_a_schedule_edited_in_slack_holds_from_then_on(book: Book, edited_at: str, line: str, told: list[str]) -> None:
    bot = Bot(book, NINE_DAILY).at("02T09:30").starts()
    bot.told.clear()
    moments = sorted({edited_at, *(f"{day}T{hour}" for day in ("03", "04") for hour in HOURS)})
    for moment in moments:
        bot.at(moment)
        if moment == edited_at:
            bot.is_edited(line)
        bot.looks()
        if moment == told[-1]:
            break
    assert [f"{moment:%dT%H:%M}" for moment in bot.told] == told
    for _ in range(2):
        bot.starts()
    assert len(bot.told) == len(told)


def test_a_moment_that_an_edited_schedule_added_is_made_up_for_after_the_bot_was_down(book: Book) -> None:
    bot = Bot(book, NINE_DAILY).at("02T09:30").starts().at("03T09:00").looks()
    bot.at("03T10:00").is_edited("0 17 * * *").at("03T18:00").starts().starts()
    assert [f"{moment:%dT%H:%M}" for moment in bot.told[1:]] == ["03T09:00", "03T18:00"]


def test_a_clock_that_ran_ahead_for_a_while_keeps_no_digest_back(book: Book) -> None:
    bot = Bot(book, NINE_DAILY).at("02T09:30").starts().at("30T09:00").looks()
    bot.at("03T09:00").looks().looks().at("04T10:00").starts().looks()
    assert [f"{moment:%dT%H:%M}" for moment in bot.told[1:]] == ["30T09:00", "03T09:00", "04T10:00"]


HOURS = ("07:00", "08:00", "09:00", "09:30", "10:00", "17:00")


@pytest.mark.parametrize(
    ("zone", "line", "days"),
    [
        ("Europe/Berlin", "30 2 * * *", ("2026-03-28", "2026-03-29", "2026-03-30")),
        ("Europe/Berlin", "30 2 * * *", ("2026-10-24", "2026-10-25", "2026-10-26")),
        ("Australia/Lord_Howe", "15 2 * * *", ("2026-10-03", "2026-10-04", "2026-10-05")),
        ("Asia/Beirut", "30 0 * * *", ("2026-03-28", "2026-03-29", "2026-03-30")),
        ("Pacific/Apia", "30 2 * * *", ("2011-12-29", "2011-12-31", "2012-01-01")),
    ],
)
def test_however_often_it_is_looked_at_or_started_each_local_day_has_one_digest(
    book: Book, zone: str, line: str, days: tuple[str, ...]
) -> None:
    bot = Bot(book, line, zone)
    start = datetime.fromisoformat(days[0]).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    with book._database.write() as connection:  # as if the bot had been installed just now
        connection.execute(firings.delete())
    for number in range(70 * 2):
        bot.now = start + number * timedelta(minutes=30)
        if number == 0 or number % 7 == 3:
            bot.starts()
        bot.looks()
    assert [f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d}" for moment in bot.told] == list(days)


# The scheduler follows the plan.


def test_the_scheduler_follows_jobs_that_come_change_and_go(book: Book) -> None:
    scheduler, planned = BackgroundScheduler(), dict[str, Job]()
    jobs = {name: Job(name, cron_trigger(NINE_DAILY, ZoneInfo("UTC")), lambda _: True, NINE_DAILY) for name in "ab"}
    made = Calendar(book, lambda: list(jobs.values()), lambda: NOON, lambda _: nullcontext(True))
    scheduler.start(paused=True)
    try:
        plan(scheduler, made, planned)
        before = {job.id: job.next_run_time for job in scheduler.get_jobs()}
        jobs["a"] = replace(jobs["a"], line=HALF_PAST, trigger=cron_trigger(HALF_PAST, ZoneInfo("UTC")))
        jobs["c"] = replace(jobs.pop("b"), name="c")
        plan(scheduler, made, planned)
        after = {job.id: job.next_run_time for job in scheduler.get_jobs()}
    finally:
        scheduler.shutdown()
    assert (set(before), set(after)) == ({"a", "b"}, {"a", "c"})
    assert [each["a"].strftime("%H:%M") for each in (before, after)] == ["09:00", "09:30"]


class AtNoon(BaseTrigger):  # type: ignore[misc]  # APScheduler is published without types
    """Fires once."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:  # noqa: ARG002 - its signature
        return NOON if previous is None else None


def test_firings_that_wait_for_a_scan_keep_no_chore_waiting_however_many_they_are(make_sqlite: MakeUrl) -> None:
    database = Database(make_sqlite("migrated"))
    waiting, is_over, beat = Semaphore(0), Event(), Event()

    def wait(_: datetime) -> bool:
        waiting.release()
        return is_over.wait(60)

    jobs = [Job(f"digest {number}", AtNoon(), wait) for number in range(2 * AT_ONCE)]
    made = Calendar(Firings(database), lambda: jobs, lambda: NOON, lambda _: nullcontext(True))
    scheduler = start_scheduler(made, [("pulse", beat.set, 0.05)])
    try:
        for _ in range(AT_ONCE):
            assert waiting.acquire(timeout=30)
        beat.clear()
        assert beat.wait(10)
    finally:
        is_over.set()
        scheduler.shutdown()
        database.close()


def test_a_job_that_was_changed_a_moment_ago_is_not_run_by_its_old_schedule(book: Book) -> None:
    bot = Bot(book, NINE_DAILY).at("02T09:30").starts()
    bot.told.clear()
    bot.at("03T08:59").is_edited(HALF_PAST).at("03T09:00").calendar.fire_by_name("digest")
    bot.calendar.fire_by_name("gone")
    assert bot.told == []


def test_a_firing_that_a_process_left_behind_is_taken_up_by_one_that_still_runs(book: Book) -> None:
    ran: list[datetime] = []
    assert book.claim("digest", NINE, NOON)
    made = calendar(book, digest=failing(0, ran))
    for _ in range(3):
        made.try_again()
    assert ran == [NINE]
    assert book.unfinished("digest", NINE) == []


def test_a_firing_that_another_process_has_in_hand_is_left_to_it(book: Book) -> None:
    ran: list[datetime] = []
    assert book.claim("digest", NINE, NOON)
    made = replace(calendar(book, digest=failing(0, ran)), alone=lambda _: nullcontext(False))
    made.try_again()
    assert ran == []
    assert book.unfinished("digest", NINE) == [NINE]


def test_a_firing_that_another_process_finished_just_after_the_look_is_not_run_again(book: Book) -> None:
    ran: list[datetime] = []
    book.claim("digest", NINE, NOON)
    made = calendar(book, digest=failing(0, ran))

    @contextmanager
    def finished_just_before(_: str) -> Iterator[bool]:
        book.finish("digest", NINE)
        yield True

    replace(made, alone=finished_just_before).try_again()
    assert ran == []
