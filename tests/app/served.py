"""`python -m bot run` as a process of its own, and over HTTP the address that Slack posts to."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from random import randrange
from time import monotonic
from urllib.parse import urlsplit

from tests.app.house import CONFIGURATION, House, eventually

START_SECONDS = 60
END_SECONDS = 25.0

IMPATIENT = """
import os, sys
import bot.process, bot.terminal
bot.process.DRAIN_SECONDS, bot.process.LAST_DELIVERY_SECONDS = 2.0, 0.5
sys.exit(bot.terminal.main(["run"], os.environ))
"""
"""`python -m bot run` that gives what hangs two seconds instead of twelve."""

RUN, IMPATIENTLY = ("-m", "bot", "run"), ("-c", IMPATIENT)


@dataclass
class Bot:
    """A running process; `address` is where it listens, if anywhere."""

    process: "subprocess.Popen[bytes]"
    log_file: Path
    address: str

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def end(self, number: int = signal.SIGTERM) -> float:
        """Send a signal, and return after how many seconds it was gone."""
        began = monotonic()
        self.process.send_signal(number)
        self.process.wait(END_SECONDS + 10)
        return monotonic() - began

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> int:
        """Ask for an address; 0 where nobody is there."""
        where = urlsplit(self.address)
        connection = HTTPConnection(str(where.hostname), where.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


def over_http(house: House, more: str = "") -> None:
    """Have the bot of this house reached over HTTP, at a port that is free."""
    port = free_port()
    text = CONFIGURATION.replace("[slack]\n", '[slack]\nmode = "http"\n')
    house.configure(f'{text}\n[web]\nlisten = "127.0.0.1:{port}"\n{more}')
    del house.environ["SLACK_APP_TOKEN"]
    house.slack.requests.url = f"http://127.0.0.1:{port}/slack/events"


@contextmanager
def running(
    house: House,
    *,
    scanned: bool = True,
    impatient: bool = False,
    environ: Mapping[str, str] | None = None,
    command: Sequence[str] = RUN,
) -> Iterator[Bot]:
    """Run the bot until the end of the block; killed there where it still runs, with all processes that it began.

    One that a server began would live on for a while, and scan into the database of the next test.
    """
    log = house.folder / "log.txt"
    command = [sys.executable, *(IMPATIENTLY if impatient else command)]
    with log.open("wb") as output:
        variables = {**os.environ, **house.environ, **(environ or {})}
        process = subprocess.Popen(command, env=variables, stderr=output, start_new_session=True)
    url = house.slack.requests.url
    bot = Bot(process, log, url.removesuffix("/slack/events") if url else "")
    try:
        eventually(lambda: "Ready." in bot.log or process.poll() is not None, "the start", START_SECONDS)
        if scanned:
            assert process.poll() is None, bot.log
            eventually(house.scans.current, "the first scan")
        yield bot
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port that no connection of another test is given meanwhile, as those above may be."""
    while True:
        port = randrange(20_000, 32_000)
        with socket.socket() as taken, suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
