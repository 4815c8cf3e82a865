"""Being one of several processes: saying that one is there, and hearing whether the others have the same settings."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol

from bot.models.processes import Difference, Disagreement, RunningProcess
from bot.rules.agreement import in_words

log = logging.getLogger(__name__)


class ProcessBook(Protocol):
    """Which processes there are."""

    def beat(self, process: RunningProcess, now: datetime, tell: str | None) -> Disagreement | None: ...

    def leave(self, process_id: str) -> None: ...


@dataclass(slots=True)
class Presence:
    """Has the others know of this process. `tell` is who hears of settings that differ for long; None tells nobody."""

    book: ProcessBook
    me: RunningProcess
    clock: Callable[[], datetime]
    tell: str | None = None
    _known: tuple[Difference, ...] = field(default=(), init=False)
    _turn: Lock = field(default_factory=Lock, init=False)
    _has_left: bool = field(default=False, init=False)

    def beat(self) -> None:
        """From time to time: say that this process is there, and in the log what is new about the settings.

        Nothing once it has left: the last time may come due while the process ends.
        """
        with self._turn:
            if not self._has_left:
                self._beat()

    def _beat(self) -> None:
        found = self.book.beat(self.me, self.clock(), self.tell)
        now_known = () if found is None else found.differences
        for each in now_known if now_known != self._known else ():
            log.warning(
                "%s: Processes that share this database have different settings: %s. This one is %s. "
                "Give all of them the same file, and start again those that have an old one.",
                f"[{each.section}]",
                in_words(each),
                self.me.name,
            )
        if self._known and not now_known:
            log.info("The processes that share this database have the same settings again.")
        self._known = now_known

    def leave(self) -> None:
        """Say that this process ends. Without that it is forgotten in a while."""
        with self._turn:
            self._has_left = True
            try:
                self.book.leave(self.me.id)
            except Exception:  # the process ends in any case
                log.exception("The other processes could not be told that this one ends.")
