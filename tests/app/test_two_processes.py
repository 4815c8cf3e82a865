"""Two processes of the bot on one PostgreSQL: everything happens once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.models.requests import RequestState
from bot.process import Process
from bot.store.digests import DigestStore
from tests.app.house import CONFIGURATION, HANGS, House, eventually, house
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
    assert [entry.act for entry in shared.trail.newest(50) if entry.act.startswith("SCAN")] == [
        "SCAN_FINISHED",
        "SCAN_STARTED",
    ]


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
