"""Many threads that do one thing at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def all_at_once(act: Callable[[int], Result], threads: int) -> list[Result]:
    """Call `act(0)` … `act(threads - 1)`, each in its thread, none before all are ready; raise what any raises."""
    ready = Barrier(threads)

    def run(number: int) -> Result:
        ready.wait(timeout=60)
        return act(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
