"""Runs a command to its end, and says what it took."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from time import perf_counter

from tests.benchmarks.memory import watching

PATIENCE_SECONDS = 900.0
TAIL = 2000


@dataclass(frozen=True, slots=True)
class Run:
    """Times are in seconds, its descendants' CPU with it; memory is that of all its processes, in MiB."""

    wall: float
    cpu: float
    peak_memory: float
    status: int
    output: str


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, expected: frozenset[int]) -> Run:
    """Run a command; its standard error is kept in the folder. Raises RuntimeError for an unexpected exit status."""
    log = folder / "stderr.log"
    begun = perf_counter()
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        if process.stdout is None:
            raise RuntimeError("the command has no pipe")
        impatience = Timer(PATIENCE_SECONDS, process.kill)
        impatience.start()
        with watching(process.pid) as memory:
            output = process.stdout.read()
        _, waited, usage = os.wait4(process.pid, 0)
        impatience.cancel()
        process.returncode = os.waitstatus_to_exitcode(waited)
    if process.returncode not in expected:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-TAIL:]}")
    return Run(
        wall=perf_counter() - begun,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_memory=memory.mebibytes,
        status=process.returncode,
        output=output,
    )
