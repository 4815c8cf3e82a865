"""What takes its time to find out is looked for once, however many ask."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from bot.web.fresh import Fresh

PATIENT = 20.0


class Clock:
    """Seconds, as a test has them go by."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Look:
    """Counts how often it is asked, and does what a test wants."""

    def __init__(self, act: Callable[[], None] = lambda: None) -> None:
        self.times = 0
        self.act = act

    def __call__(self) -> int:
        self.times += 1
        self.act()
        return self.times


def test_what_was_found_is_kept_for_a_while_and_then_looked_for_anew() -> None:
    clock, look = Clock(), Look()
    fresh = Fresh(look, 5.0, PATIENT, clock)
    assert [fresh.get(), fresh.get()] == [1, 1]
    clock.now += 4.9
    assert fresh.get() == 1
    clock.now += 0.2
    assert fresh.get() == 2


def test_many_who_ask_at_once_share_one_look() -> None:
    go = Event()
    look = Look(lambda: None if go.wait(PATIENT) else pytest.fail("nobody let it go"))
    fresh = Fresh(look, 5.0, PATIENT)
    with ThreadPoolExecutor(8) as askers:
        asked = [askers.submit(fresh.get) for _ in range(8)]
        go.set()
        assert {each.result() for each in asked} == {1}


def test_nobody_waits_past_their_patience_and_a_look_that_hangs_is_the_only_one() -> None:
    go = Event()
    look = Look(lambda: None if go.wait(PATIENT) else pytest.fail("nobody let it go"))
    fresh = Fresh(look, 0.0, 0.01)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            fresh.get()
    assert look.times == 1
    go.set()


def test_a_failure_is_told_to_all_who_ask_meanwhile_and_then_tried_again() -> None:
    def fail() -> None:
        raise ConnectionError("gone")

    clock, look = Clock(), Look(fail)
    fresh = Fresh(look, 5.0, PATIENT, clock)
    for _ in range(2):
        with pytest.raises(ConnectionError, match="gone"):
            fresh.get()
    assert look.times == 1
    clock.now += 5
    look.act = lambda: None
    assert fresh.get() == 2
