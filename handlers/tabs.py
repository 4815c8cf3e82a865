"""Home tabs, shown by several threads and processes: an older rendering never takes the place of a newer one."""

import logging
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Protocol

from bot.models.messages import Block
from bot.models.slack import SlackFailure

LOCKS = 64
CONFLICT = "hash_conflict"
"""The tab has changed since. https://docs.slack.dev/reference/methods/views.publish#errors"""

Publish = Callable[[str, Block, str], str | SlackFailure]
"""Shows somebody a tab in the place of the one with a hash, or of any where that is empty; answers with its own."""

log = logging.getLogger(__name__)


class Shown(Protocol):
    """The hash of each tab that any of our processes showed last."""

    def shown_to(self, user: str) -> str: ...

    def keep(self, user: str, shown: str) -> None: ...


class Tabs:
    """Shows tabs, each by one thread of a process at a time.

    https://docs.slack.dev/surfaces/modals#hashes
    """

    def __init__(self, publish: Publish, shown: Shown) -> None:
        self._publish = publish
        self._shown = shown
        self._locks = tuple(Lock() for _ in range(LOCKS))

    def is_known(self, user: str) -> bool:
        """Say whether somebody was ever shown a tab."""
        return bool(self._shown.shown_to(user))

    def show(self, user: str, make: Callable[[], Block], seen: str = "") -> None:
        """Make somebody's tab and show it in the place of the one that was seen, or that was shown last.

        Where another process was faster, what is shown is made anew, and after that the other's counts.
        """
        with self._locks[hash(user) % LOCKS]:
            for known in self._hashes(user, seen):
                answer = self._publish(user, make(), known)
                if not isinstance(answer, SlackFailure):
                    self._shown.keep(user, answer)
                    return
                if answer.code != CONFLICT:
                    log.warning("A Home tab could not be shown: %s %s", answer.code, answer.detail)
                    return
            log.info("A Home tab was shown by another process meanwhile.")

    def _hashes(self, user: str, seen: str) -> Iterator[str]:
        """Say in whose place it may go, each time that it may not go in that of the one before."""
        last = self._shown.shown_to(user)
        yield seen or last
        later = self._shown.shown_to(user)
        if later and later != (seen or last):
            yield later
