"""A step of the end fails: every other one is taken all the same, the log names it, and the exit status tells of it."""

import logging
from collections.abc import Callable
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.process import Process
from tests.app.house import House, house
from tests.app.served import over_http, running
from tests.store.databases import SQLITE_ALONE

__all__ = ["house"]

STEPS = (
    "the schedule",
    "the way in",
    "the scan",
    "what runs",
    "the courier",
    "the presence",
    "the threads",
    "the database",
    "the pages",
)

BROKEN = """
import os, sys
import bot.terminal
from bot.presence import Presence

def fail(_presence):
    raise ValueError("for the test")

Presence.leave = fail
sys.exit(bot.terminal.main(["run"], os.environ))
"""


def ending(step: Callable[[str], Callable[..., Any]]) -> Process:
    """Make a process of which nothing but the end is there."""
    parts: dict[str, Any] = {name: SimpleNamespace() for name in Process.__dataclass_fields__}
    parts |= {
        "inbound": SimpleNamespace(close=step("the way in")),
        "stop": Event(),
        "stop_scan": step("the scan"),
        "crews": SimpleNamespace(drain=step("what runs")),
        "courier": SimpleNamespace(dismiss=step("the courier")),
        "presence": SimpleNamespace(leave=step("the presence")),
        "closing": (step("the threads"), step("the database")),
        "watch": SimpleNamespace(close=step("the pages")),
    }
    made = Process(**{name: part for name, part in parts.items() if Process.__dataclass_fields__[name].init})
    made._scheduler = cast("Any", SimpleNamespace(shutdown=step("the schedule")))
    return made


@pytest.mark.parametrize("broken", [(), *((step,) for step in STEPS), STEPS], ids=" and ".join)
def test_every_step_of_the_end_is_taken_in_its_order_whichever_fails(
    broken: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[str] = []

    def step(name: str) -> Callable[..., bool]:
        def take(*_args: object, **_more: object) -> bool:
            taken.append(name)
            if name in broken:
                raise ValueError(name)
            return True

        return take

    process = ending(step)
    process.close()
    assert process.stop.is_set()
    assert tuple(taken) == STEPS
    assert process.ended_in_order == (not broken)
    failures = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert tuple(str(record.exc_info[1]) for record in failures if record.exc_info) == broken
    assert all(record.message.endswith("failed; the bot goes on to end.") for record in failures)


def over_a_socket(_house: House) -> None:
    """It is that already."""


@SQLITE_ALONE
@pytest.mark.parametrize("prepare", [over_a_socket, over_http])
def test_an_end_of_which_a_step_failed_is_not_told_as_one_in_order(
    house: House, prepare: Callable[[House], None]
) -> None:
    prepare(house)
    with running(house, command=("-c", BROKEN)) as bot:
        bot.end()
        assert bot.process.returncode == 70, bot.log
        assert "Taking leave of the other processes failed; the bot goes on to end. ValueError: for the test" in bot.log
        assert "Traceback" not in bot.log
