"""Two processes of the bot on one PostgreSQL: everything happens once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from bot.models.requests import RequestState
from bot.process import Process
from tests.app.house import CONFIGURATION, House, eventually, house
from tests.store.databases import POSTGRESQL_ALONE

__all__ = ["house"]

pytestmark = POSTGRESQL_ALONE

KEY = "payments/card-vault"
HOUR = timedelta(hours=1)
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
    shared.aws.faults.slow(1, action="kms:DescribeKey")
    with shared.running(scanned=False):
        eventually(shared.scans.running, "the first scan")
        with shared.running():
            scan = shared.scans.current()
    assert scan is not None
    assert [entry.act for entry in shared.trail.newest(50) if entry.act.startswith("SCAN")] == [
        "SCAN_FINISHED",
        "SCAN_STARTED",
    ]


def test_a_request_is_posted_once_and_its_change_made_once(shared: House) -> None:
    arn = shared.key(KEY)
    with two_running(shared) as (first, second):
        message = shared.ask(shared.mara, KEY)
        shared.aws.faults.slow(0.5, action="kms:*")
        shared.press(shared.jonas, message, "Approve")
        eventually(shared.requests.executing, "the claim")
        for each in (first, second, first, second):
            each.sweep()
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
