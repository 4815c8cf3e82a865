"""What is said to probes: whether the process is alive, and which part of its work it does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.cron import cron_trigger
from bot.models.watch import Readiness, ScanTimes
from bot.readiness import LONGEST_SILENCE_SECONDS, PULSE_SECONDS, Pulse, Punctuality, Watchman

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
EVERY_SIX_HOURS = "0 */6 * * *"


def ended(at: datetime) -> ScanTimes:
    return ScanTimes(at - timedelta(minutes=10), at)


def watchman(last: ScanTimes | None = ended(NOON - timedelta(hours=1)), schedule: str = EVERY_SIX_HOURS) -> Watchman:  # noqa: B008 - a frozen value
    punctuality = Punctuality(cron_trigger(schedule, ZoneInfo("UTC")))
    return Watchman(lambda: last, punctuality, lambda: NOON, lambda: False, lambda: True)


def sick(readiness: Readiness) -> dict[str, str]:
    return {part.name: part.says for part in readiness.parts if not part.is_well}


def test_a_pulse_beats_often_enough_to_miss_several_times() -> None:
    assert PULSE_SECONDS * 5 < LONGEST_SILENCE_SECONDS


@pytest.mark.parametrize(
    ("silent", "is_alive"), [(0, True), (LONGEST_SILENCE_SECONDS, True), (61, False), (600, False)]
)
def test_a_process_that_does_not_get_on_is_not_alive(silent: float, is_alive: bool) -> None:
    now = 50.0
    pulse = Pulse(lambda: now)
    now += silent
    assert pulse.alive().is_well is is_alive
    assert is_alive or f"for {silent} seconds" in pulse.alive().says
    pulse.beat()
    assert pulse.alive().is_well


def test_where_all_is_well_every_part_says_so() -> None:
    readiness = watchman().readiness()
    assert readiness.is_ready
    assert {part.name: part.says for part in readiness.parts} == {
        "process": "The bot runs.",
        "database": "The database answers.",
        "scan": "The last scan of everything ended at 2026-11-27T11:00:00Z.",
        "slack": "Slack's socket is open.",
    }


def refuse(error: Exception) -> Callable[[], ScanTimes | None]:
    def look() -> ScanTimes | None:
        raise error

    return look


NOT_READABLE = "When the last scan ended cannot be read."
BROKEN = [
    # what is changed in a watchman, and all that is not well then
    ({"is_stopping": lambda: True}, {"process": "The bot is stopping."}),
    ({"is_connected": lambda: False}, {"slack": "Slack's socket is not open."}),
    ({"last_scan": lambda: None}, {"scan": "No scan of everything has finished yet."}),
    (
        {"last_scan": refuse(TimeoutError())},
        {"database": "The database does not answer in time.", "scan": NOT_READABLE},
    ),
    (
        {"last_scan": refuse(RuntimeError("postgresql://user:secret@host"))},
        {"database": "The database does not answer as it should; the log says why.", "scan": NOT_READABLE},
    ),
]


@pytest.mark.parametrize(("change", "said"), BROKEN)
def test_each_part_that_is_not_well_is_said_and_hides_no_other(
    change: dict[str, Callable[[], object]], said: dict[str, str]
) -> None:
    readiness = replace(watchman(), **change).readiness()  # type: ignore[arg-type]  # a field of a watchman
    assert not readiness.is_ready
    assert sick(readiness) == said
    assert readiness.without(said).is_ready


def test_over_http_there_is_no_socket_to_be_open() -> None:
    readiness = replace(watchman(), is_connected=None).readiness()
    assert readiness.is_ready
    assert "Slack reaches the bot by HTTP." in [part.says for part in readiness.parts]


LATE = [
    # at noon: the schedule, when the last scan ended, whether that is late
    (EVERY_SIX_HOURS, NOON - timedelta(minutes=1), False),
    (EVERY_SIX_HOURS, NOON - timedelta(hours=6), False),
    (EVERY_SIX_HOURS, NOON - timedelta(hours=6, seconds=1), True),
    ("5 * * * *", NOON - timedelta(hours=1, minutes=55), False),
    ("5 * * * *", NOON - timedelta(hours=1, minutes=56), True),
    ("0 3 * * mon", NOON - timedelta(days=11), False),
    ("0 3 * * mon", NOON - timedelta(days=12), True),
    ("0 0 1 1 *", NOON - timedelta(days=690), False),
    ("0 0 1 1 *", NOON - timedelta(days=700), True),
    ("0 0 29 2 *", NOON - timedelta(days=3000), False),
    ("* * * * *", NOON - timedelta(minutes=1), False),
    ("* * * * *", NOON - timedelta(minutes=2), True),
]


@pytest.mark.parametrize(("schedule", "at", "is_late"), LATE)
def test_a_scan_is_late_where_a_whole_turn_of_its_schedule_went_by(schedule: str, at: datetime, is_late: bool) -> None:
    readiness = watchman(ended(at), schedule).readiness()
    assert ("scan" in sick(readiness)) is is_late
    if is_late:
        assert "by its schedule, one should have ended after" in sick(readiness)["scan"]


def test_what_is_wanted_moves_on_with_the_time() -> None:
    punctuality = Punctuality(cron_trigger(EVERY_SIX_HOURS, ZoneInfo("UTC")))
    assert punctuality.wanted_since(NOON - timedelta(seconds=1)) == NOON - timedelta(hours=12)
    assert punctuality.wanted_since(NOON) == NOON - timedelta(hours=6)
