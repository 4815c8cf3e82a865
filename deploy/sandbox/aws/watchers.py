"""Whoever wants to know that something has changed."""

from collections.abc import Callable
from threading import Lock


class Watchers:
    """Listeners are called from the thread in which the change happened; they return at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: list[Callable[[], None]] = []

    def add(self, listener: Callable[[], None]) -> None:
        with self._lock:
            self._listeners.append(listener)

    def remove(self, listener: Callable[[], None]) -> None:
        with self._lock:
            self._listeners.remove(listener)

    def tell(self) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()
