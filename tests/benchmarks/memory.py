"""Watches how much memory a process and its descendants take.

`ru_maxrss` will not do: it begins with what the process that forks has, and knows nothing of several at once.
https://docs.kernel.org/filesystems/proc.html
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

LOOK_SECONDS = 0.2
PROC = Path("/proc")


class Memory:
    """The peaks of all processes of a tree, added up; pages that they share count for each."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._peaks: dict[int, int] = {}

    @property
    def mebibytes(self) -> float:
        return sum(self._peaks.values()) / 1024

    def look(self) -> None:
        for process in self._tree():
            with suppress(OSError):  # it has ended
                for line in (PROC / str(process) / "status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        self._peaks[process] = int(line.split()[1])

    def _tree(self) -> set[int]:
        parents = dict(_parents())
        tree = {self._root}
        while more := {process for process, parent in parents.items() if parent in tree} - tree:
            tree |= more
        return tree


@contextmanager
def watching(root: int) -> Iterator[Memory]:
    """Look now and then, until the block ends."""
    memory, over = Memory(root), Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            memory.look()

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        over.set()
        watcher.join()


def _parents() -> Iterator[tuple[int, int]]:
    for process in PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            yield int(process.name), int((process / "stat").read_text().rpartition(")")[2].split()[1])
