"""Waiting for a change without looking again and again."""

from collections.abc import Callable
from threading import Condition, RLock
from time import monotonic
from typing import Any


class Wakeup:
    """A condition over the state's lock, and listeners that are called (with the lock held) at every change."""

    def __init__(self, lock: RLock) -> None:
        self._condition = Condition(lock)
        self.listeners: list[Callable[[], None]] = []
        self.version = 0

    def pulse(self) -> None:
        with self._condition:
            self.version += 1
            self._condition.notify_all()
            for listener in tuple(self.listeners):
                listener()

    def look_for(self, predicate: Callable[[], object], timeout: float) -> Any:  # noqa: ANN401 - what the predicate found
        """The predicate's first true answer, or its last where none came in time."""
        deadline = monotonic() + timeout
        with self._condition:
            while not (found := predicate()):
                left = deadline - monotonic()
                if left <= 0:
                    break
                self._condition.wait(left)
            return found

    def wait_for(self, predicate: Callable[[], object], timeout: float, what: str, dump: Callable[[], str]) -> Any:  # noqa: ANN401 - what the predicate found
        with self._condition:
            found = self.look_for(predicate, timeout)
            if not found:
                raise AssertionError(f"waited {timeout:g} s in vain for {what}\n{dump()}")
            return found
