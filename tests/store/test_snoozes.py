"""Snoozes: who hears of a key later, and when that ends."""

import json
from dataclasses import replace

import pytest

from bot.models.keys import Verdict
from bot.models.requests import ChangeState, Outcome, RequestState
from bot.models.snoozes import Snooze
from bot.models.trail import SYSTEM, Act
from bot.store.engine import Database
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.snoozes import Snoozes
from bot.store.trail import Trail
from tests.store.samples import CHANNEL, arn_of, at, finding, request_for, rotating, run

MARA, JONAS = "U0MARA", "U0JONAS"
DAY = 24 * 60


@pytest.fixture
def snoozes(database: Database) -> Snoozes:
    return Snoozes(database)


def snooze(key: str = "a", whose: str = MARA, by: str = MARA, *, minutes: float = 0, until: float = DAY) -> Snooze:
    return Snooze(arn_of(key), whose, at(until), by, at(minutes))


def record(database: Database) -> list[tuple[str, str, str, str]]:
    entries = Trail(database).newest(100)[::-1]
    told = ((each, json.loads(each.details)) for each in entries if "KEY_" in each.act)
    return [(each.act, each.actor, details["whose"], details.get("why", "")) for each, details in told]


def test_a_key_is_snoozed_for_one_person_or_digest_until_its_moment(snoozes: Snoozes, database: Database) -> None:
    snoozes.snooze(snooze("a"))
    snoozes.snooze(snooze("b", "default", JONAS))
    assert snoozes.snoozed(MARA, at(1)) == {arn_of("a")}
    assert snoozes.snoozed("default", at(1)) == {arn_of("b")}
    assert snoozes.snoozed(JONAS, at(1)) == set()
    assert snoozes.snoozed(MARA, at(DAY)) == set()
    assert record(database) == [(Act.KEY_SNOOZED, MARA, MARA, ""), (Act.KEY_SNOOZED, JONAS, "default", "")]


def test_the_later_word_counts(snoozes: Snoozes) -> None:
    snoozes.snooze(snooze(until=DAY))
    snoozes.snooze(snooze(minutes=1, until=3 * DAY))
    assert [each.until for each in snoozes.of(MARA, at(2))] == [at(3 * DAY)]
    snoozes.snooze(snooze(minutes=2, until=2 * DAY))
    assert [each.until for each in snoozes.of_key(arn_of("a"), [MARA, "default"], at(3))] == [at(2 * DAY)]


def test_somebody_wakes_a_key_once(snoozes: Snoozes, database: Database) -> None:
    snoozes.snooze(snooze())
    assert snoozes.wake(arn_of("a"), MARA, MARA, at(5))
    assert not snoozes.wake(arn_of("a"), MARA, MARA, at(6))
    assert snoozes.snoozed(MARA, at(7)) == set()
    assert record(database)[1:] == [(Act.KEY_WOKEN, MARA, MARA, "BY_HAND")]


def test_what_is_over_is_woken_and_recorded_once(snoozes: Snoozes, database: Database) -> None:
    snoozes.snooze(snooze("a", until=10))
    snoozes.snooze(snooze("b", until=20))
    assert snoozes.wake_due(at(15)) == 1
    assert snoozes.wake_due(at(15)) == 0
    assert record(database)[2:] == [(Act.KEY_WOKEN, SYSTEM, MARA, "TIME_IS_OVER")]
    assert snoozes.snoozed(MARA, at(15)) == {arn_of("b")}


def test_a_key_that_was_found_fixed_wakes_so_that_it_is_news_if_it_is_open_again(
    snoozes: Snoozes, database: Database
) -> None:
    scans = ScanStore(database)
    run(scans, [finding("a"), finding("b")])
    snoozes.snooze(snooze("a", minutes=2))
    snoozes.snooze(snooze("b", minutes=2))
    assert snoozes.wake_due(at(3)) == 0
    run(scans, [rotating("a", minutes=10), finding("b", minutes=10)], minutes=9)
    assert snoozes.wake_due(at(12)) == 1
    run(scans, [finding("a", minutes=20), finding("b", minutes=20)], minutes=19)
    assert snoozes.snoozed(MARA, at(21)) == {arn_of("b")}
    assert record(database)[-1] == (Act.KEY_WOKEN, SYSTEM, MARA, "FIXED")


@pytest.mark.parametrize("verdict", [Verdict.NOT_APPLICABLE, Verdict.INSUFFICIENT_DATA])
def test_a_key_that_is_not_known_to_be_fixed_sleeps_on(snoozes: Snoozes, database: Database, verdict: Verdict) -> None:
    snoozes.snooze(snooze("a"))
    run(ScanStore(database), [replace(finding("a", minutes=10), verdict=verdict)], minutes=9)
    assert snoozes.wake_due(at(12)) == 0


def test_a_key_that_was_compliant_when_it_was_last_read_before_sleeps_on(snoozes: Snoozes, database: Database) -> None:
    """Whoever snoozed it saw it open; that reading is newer than the scan's."""
    run(ScanStore(database), [rotating("a", minutes=1)])
    snoozes.snooze(snooze("a", minutes=5))
    assert snoozes.wake_due(at(6)) == 0


def test_a_key_that_the_bot_enabled_is_awake_at_once_also_if_a_scan_finds_it_open_again(
    snoozes: Snoozes, database: Database
) -> None:
    requests, scans = RequestStore(database), ScanStore(database)
    snoozes.snooze(snooze("a", minutes=1, until=10 * DAY))
    asked = replace(request_for("a", required=0), state=RequestState.APPROVED)
    assert requests.create(asked, CHANNEL) is not None
    [change] = asked.changes
    requests.claim(change, at(2))
    assert snoozes.snoozed(MARA, at(3)) == {arn_of("a")}
    requests.conclude(change, Outcome(ChangeState.SUCCEEDED, "Rotation is on."), CHANNEL, at(4))
    assert snoozes.snoozed(MARA, at(5)) == set()
    run(scans, [finding("a", minutes=20)], minutes=19)
    assert snoozes.wake_due(at(21)) == 1
    snoozes.snooze(snooze("a", minutes=22, until=10 * DAY))
    assert snoozes.snoozed(MARA, at(23)) == {arn_of("a")}
