"""The sandbox as a process of its own, as people start it."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parents[2]
STAND_IN = """
import sys
from deploy.sandbox.terminal import main
sys.exit(main(sys.argv[1:], [sys.executable, "-m", "tests.sandbox.stand_in_bot"]))
"""
END_SECONDS = 20
READY = re.compile(r"Ctrl-C ends it( all)?\.")


class Sandbox:
    """One run of it. `stand_in` names what a bot of a few lines does in place of the real one."""

    def __init__(self, *arguments: str, stand_in: str = "", **environ: str) -> None:
        how = ["-c", STAND_IN] if stand_in else ["-m", "deploy.sandbox"]
        self.process: Popen[str] = Popen(
            [sys.executable, *how, *arguments],
            cwd=ROOT,
            env={**os.environ, "STAND_IN": stand_in, **environ},
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        )
        self.printed = ""

    def until_ready(self) -> str:
        """What it has printed once it waits. Errors: AssertionError where it ends instead."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if READY.search(line):
                return self.printed
        raise AssertionError(f"it ended: {self.printed} {self.process.communicate()}")

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Exit status, all that it printed, and its errors."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=END_SECONDS)
        return self.process.returncode, self.printed + output, errors

    def clear_away(self) -> None:
        """End what a failed test has left behind, its bot too."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)


Start: TypeAlias = Callable[..., Sandbox]
"""Takes what Sandbox takes."""


@pytest.fixture
def start() -> Iterator[Start]:
    runs: list[Sandbox] = []

    def run(*arguments: str, stand_in: str = "", **environ: str) -> Sandbox:
        runs.append(Sandbox(*arguments, stand_in=stand_in, **environ))
        return runs[-1]

    yield run
    for each in runs:
        each.clear_away()


def exported(text: str) -> dict[str, str]:
    """The environment of a shell that has read the text."""
    lines = [shlex.split(line) for line in text.splitlines() if line.strip().startswith("export ")]
    return dict(words[1].split("=", 1) for words in lines)
