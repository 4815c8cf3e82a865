"""The bot as a child process, as anybody would run it: it learns of the sandbox by its environment alone."""

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen, TimeoutExpired
from threading import Thread

COMMAND = (sys.executable, "-m", "bot", "run")
REPOSITORY = Path(__file__).parents[2]
STOP_SECONDS = 8.0
LAST_LINES = 20


class BotProcess:
    """In a process group of its own, so that a Ctrl-C in the terminal does not reach it before its servers end."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, on_end: Callable[[], object]
    ) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = Popen(  # noqa: S603 - the bot of this repository, or a test's
                command,
                env=dict(environment),
                cwd=REPOSITORY,
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                process_group=0,
            )
        self._watch = Thread(target=self._wait, args=(on_end,), name="bot", daemon=True)
        self._watch.start()

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._process.poll()

    def last_lines(self) -> str:
        with self._log.open(encoding="utf-8", errors="replace") as lines:
            return "".join(deque(lines, LAST_LINES)).rstrip()

    def stop(self) -> None:
        """Let it end in order; end it where it does not."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._watch.join()

    def _wait(self, on_end: Callable[[], object]) -> None:
        self._process.wait()
        on_end()
