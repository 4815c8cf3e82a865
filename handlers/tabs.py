"""Home tabs, each shown by one thread at a time: an older rendering never takes the place of a newer one."""

import logging
from collections.abc import Callable
from threading import Lock

from bot.models.messages import Block
from bot.models.slack import SlackFailure

LOCKS = 64
MOST_KEPT = 10_000
CONFLICT = "hash_conflict"
"""The tab has changed since. https://docs.slack.dev/reference/methods/views.publish#errors"""

Publish = Callable[[str, Block, str], str | SlackFailure]
"""Shows somebody a tab in the place of the one with a hash, or of any where that is empty; answers with its own."""

log = logging.getLogger(__name__)


class Tabs:
    """Knows the hash of each tab that it showed last.

    https://docs.slack.dev/surfaces/modals#hashes
    """

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._locks = tuple(Lock() for _ in range(LOCKS))
        self._hashes: dict[str, str] = {}

    def is_known(self, user: str) -> bool:
        """Say whether somebody was shown a tab since the start."""
        return user in self._hashes

    def show(self, user: str, make: Callable[[], Block], seen: str = "") -> None:
        """Make somebody's tab and show it in the place of the one that was seen, or that was shown last.

        Where another process was faster, what is shown is made anew once, and after that the other's counts.
        """
        with self._locks[hash(user) % LOCKS]:
            hashes = dict.fromkeys(each for each in (seen, self._hashes.get(user, "")) if each)
            for known in hashes or {"": None}:
                answer = self._publish(user, make(), known)
                if not isinstance(answer, SlackFailure):
                    self._keep(user, answer)
                    return
                if answer.code != CONFLICT:
                    log.warning("A Home tab could not be shown: %s %s", answer.code, answer.detail)
                    return
            log.info("A Home tab was shown by another process meanwhile.")

    def _keep(self, user: str, shown: str) -> None:
        if len(self._hashes) >= MOST_KEPT:
            self._hashes.clear()
        self._hashes[user] = shown
