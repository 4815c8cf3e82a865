"""Two processes of the bot on one PostgreSQL: everything happens once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from bot.deliver import Delivery
from bot.models.messages import Message, MessageKind
from bot.models.requests import RequestState
from bot.models.scans import Scan
from bot.process import Process
from bot.slack.posting import Poster
from bot.store.digests import DigestStore
from bot.store.messages import MessageStore
from bot.store.scans import ScanStore
from tests.app.house import CHANNEL, CONFIGURATION, HANGS, PATIENCE_SECONDS, House, eventually, house, shown
from tests.app.lives import owed
from tests.store.databases import POSTGRESQL_ALONE

__all__ = ["house"]

pytestmark = POSTGRESQL_ALONE

KEY = "payments/card-vault"
HOUR = timedelta(hours=1)
CUT_OFF = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
HOURLY = CONFIGURATION.replace('[digest]\nschedule = "0 0 1 1 *"', '[digest]\nschedule = "0 * * * *"')


@pytest.fixture
def shared(house: House) -> House:
    house.configure(HOURLY)
    return house


@contextmanager
def two_running(house: House) -> Iterator[tuple[Process, Process]]:
    with house.running() as first, house.running() as second:
        house.slack.wait_for(lambda: house.slack.connections == 2, what="both bots")
        yield first, second


def test_a_scan_that_runs_is_not_taken_for_one_that_a_crash_left(shared: House) -> None:
    shared.key(KEY)
    shared.aws.faults.slow(HANGS, action="kms:DescribeKey")
    with shared.running(scanned=False):
        eventually(shared.scans.running, "the first scan")
        with shared.running(scanned=False):
            shared.aws.faults.clear()
            eventually(shared.scans.current, "the end of it")
    assert scans_told(shared) == ["SCAN_FINISHED", "SCAN_STARTED"]


def test_a_scan_that_ends_just_after_another_process_looked_for_one_is_not_made_again(
    shared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.key(KEY)
    shared.aws.faults.slow(HANGS, action="kms:DescribeKey")
    look, seen = ScanStore.current, list[Scan | None]()
    with shared.running(scanned=False) as first:
        eventually(shared.scans.running, "the first scan")

        def look_and_dawdle(store: ScanStore) -> Scan | None:
            found = look(store)
            if not seen:
                seen.append(found)
                shared.aws.faults.clear()
                assert first.crews.looking.wait(PATIENCE_SECONDS)
            return found

        monkeypatch.setattr(ScanStore, "current", look_and_dawdle)
        with shared.running(scanned=False) as second:
            assert second.crews.looking.wait(PATIENCE_SECONDS)
    assert seen == [None]
    assert scans_told(shared) == ["SCAN_FINISHED", "SCAN_STARTED"]


def scans_told(house: House) -> list[str]:
    """What the record says of scans, the newest first."""
    return [entry.act for entry in house.trail.newest(50) if entry.act.startswith("SCAN")]


def test_a_request_is_posted_once_and_its_change_made_once(shared: House) -> None:
    arn = shared.key(KEY)
    with two_running(shared) as (first, second):
        message = shared.ask(shared.mara, KEY)
        shared.aws.faults.slow(HANGS, action="kms:*")
        shared.press(shared.jonas, message, "Approve")
        eventually(shared.requests.executing, "the claim")
        for each in (first, second, first, second):
            each.sweep()
        shared.aws.faults.clear()
        shared.until_shown(message, "Rotation is on")
        assert len(shared.request_messages()) == 1
    assert shared.request().state is RequestState.DONE
    assert shared.rotates(arn)
    assert len(shared.enable_calls) == 1
    assert shared.trail.verify().fault is None


def test_a_firing_that_both_are_due_makes_one_digest(shared: House) -> None:
    shared.key(KEY)
    with two_running(shared) as both:
        eventually(lambda: both[0].calendar.firings.ever("digest") or None, "the first look at the calendar")
        shared.clock.ahead += shared.clock().replace(minute=1) - shared.clock() + HOUR
        for each in both:
            each.calendar.try_again()
        shared.slack.wait_for(lambda: shared.channel.roots, what="the digest")
    assert [entry.act for entry in shared.trail.newest(50)].count("DIGEST_POSTED") == 1
    assert len(shared.channel.roots) == 1


def test_a_firing_makes_one_digest_though_its_name_is_lost_just_before(
    shared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is cut off from the database does not know that the other one is at it as well."""
    shared.key(KEY)
    publish, took_over = DigestStore.publish, list[bool]()
    with two_running(shared) as (first, second):
        eventually(lambda: first.calendar.firings.ever("digest") or None, "the first look at the calendar")
        shared.clock.ahead += shared.clock().replace(minute=1) - shared.clock() + HOUR

        def publish_late(store: DigestStore, *told: Any, **more: Any) -> Any:  # noqa: ANN401 - passed on
            if not took_over:
                took_over.append(True)
                with shared.database.write() as connection:
                    connection.exec_driver_sql(CUT_OFF)
                second.calendar.try_again()
            return publish(store, *told, **more)

        monkeypatch.setattr(DigestStore, "publish", publish_late)
        first.calendar.try_again()
        eventually(lambda: not owed(shared), "everything to be shown")
    assert took_over
    assert [entry.act for entry in shared.trail.newest(50)].count("DIGEST_POSTED") == 1
    assert len(shared.channel.roots) == 1


def test_who_loses_its_turn_in_the_middle_of_a_round_posts_nothing_that_another_one_posts(
    shared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is in the middle of a post by then, of which nothing is written down."""
    mark, deliver, post = MessageStore.mark_shown, Delivery.deliver_due, Poster.post
    lost, other_posts, over = list[Delivery](), Event(), Event()
    delivering = list[Delivery]()

    def mark_and_lose(store: MessageStore, message: Message, *told: Any) -> None:  # noqa: ANN401 - passed on
        mark(store, message, *told)
        if message.kind is MessageKind.DIGEST and not lost:
            lost.append(delivering[-1])
            with shared.database.write() as connection:
                connection.exec_driver_sql(CUT_OFF)
            assert other_posts.wait(PATIENCE_SECONDS)

    def deliver_and_tell(delivery: Delivery) -> None:
        delivering.append(delivery)
        try:
            deliver(delivery)
        finally:
            if lost and delivery is lost[0]:
                over.set()

    def post_late(poster: Poster, *told: Any) -> Any:  # noqa: ANN401 - passed on
        if lost and not other_posts.is_set():
            other_posts.set()
            assert over.wait(PATIENCE_SECONDS)
        return post(poster, *told)

    for number in range(12):
        shared.key(f"batch/key-{number}")
    with two_running(shared):
        monkeypatch.setattr(MessageStore, "mark_shown", mark_and_lose)
        monkeypatch.setattr(Delivery, "deliver_due", deliver_and_tell)
        monkeypatch.setattr(Poster, "post", post_late)
        shared.jonas.slash("/kms-rotation digest", channel=CHANNEL)
        assert over.wait(PATIENCE_SECONDS)
        eventually(lambda: not owed(shared), "everything to be shown")
    told = [shown(each) for each in shared.channel.messages]
    assert len(told) > 1
    assert len(set(told)) == len(told)


def test_a_message_that_another_process_has_shown_since_the_round_began_is_not_posted_again(
    shared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before lost its turn while Slack had the message, and writes down late that it is shown."""
    due, late = MessageStore.due, list[Message]()

    def shown_meanwhile(store: MessageStore, *told: Any) -> list[Message]:  # noqa: ANN401 - passed on
        found = due(store, *told)
        if found and not late:
            late.extend(found)
            for each in found:
                store.mark_shown(each, "1700000000.000001", shared.clock())
        return found

    with shared.running():
        monkeypatch.setattr(MessageStore, "due", shown_meanwhile)
        shared.jonas.slash("/kms-rotation digest", channel=CHANNEL)
        eventually(lambda: late, "the digest to be due")
    assert shared.channel.messages == []
