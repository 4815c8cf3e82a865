"""What somebody else answered a moment ago, kept for as long as it counts."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

MOST_KEPT = 5000
"""Past it everything is forgotten and asked for again."""

Kept = TypeVar("Kept")


class Memory(Generic[Kept]):
    """Answers by what they were asked for. Every method may be called from many threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[datetime, Kept]] = {}

    def get(self, name: str) -> Kept | None:
        """Return what counts still."""
        with self._lock:
            until, kept = self._kept.get(name, (None, None))
        return kept if until is not None and self._clock() < until else None

    def keep(self, name: str, what: Kept, until: datetime) -> Kept:
        """Let an answer count until a moment."""
        with self._lock:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[name] = until, what
        return what
