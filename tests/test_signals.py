"""The first signal lets the bot end within a bound, the second ends it at once; whatever the main thread is doing."""

import signal
import subprocess
import sys
from time import monotonic

import pytest

import bot.process
from bot.inbound.connection import Patience
from bot.inbound.socket import ACK_SECONDS
from bot.signals import END_SECONDS

PROGRAM = """
import logging, sys, time
from threading import Event
from bot.signals import Ending
logging.basicConfig()
stop = Event()
ending = Ending(stop, lambda: 7, seconds=float(sys.argv[1]))
ending.heed_signals()
print("ready", flush=True)
if sys.argv[2] == "ends":
    stop.wait()
    ending.begin()
    print("ended in order", flush=True)
else:
    time.sleep(60)
"""


def start(seconds: float, what: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, str(seconds), what]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_lets_it_end_in_order(number: int) -> None:
    process = start(60, "ends")
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "ended in order\n")


def test_what_hangs_past_the_bound_is_left_with_a_line_in_the_log() -> None:
    process = start(0.3, "hangs")
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 7
    assert "something still hangs, and the bot ends now" in log


def test_the_second_signal_ends_it_at_once() -> None:
    process = start(60, "hangs")
    began = monotonic()
    process.send_signal(signal.SIGTERM)
    while process.poll() is None and monotonic() - began < 10:  # two of them at the same moment are one
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGINT


def test_all_that_an_end_may_wait_for_fits_into_its_bound() -> None:
    inbound = ACK_SECONDS + Patience().closing + 1.0
    assert inbound + bot.process.DRAIN_SECONDS + bot.process.LAST_DELIVERY_SECONDS < END_SECONDS < 25
