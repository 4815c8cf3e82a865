"""Looking again, before an approval is acted on, whether it still holds: for the people, the rules and the key."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from bot.models.approval import Permitted, RefusalReason, Refused, RuledKey
from bot.models.requests import Change, Request
from bot.remediate.facts import FactReader
from bot.rules.house import House, is_fresh, key_of

GOOD_FOR = timedelta(seconds=30)
"""One look at a request's people serves all of its changes for so long.

Slack lets a user group be read 20 times a minute, and a request may cover hundreds of keys.
https://docs.slack.dev/reference/methods/usergroups.users.list
"""

RAN_OUT = "It ran out before the bot came to this key. Ask again."
OTHER_RULE = (
    "The key's tags, aliases or place in the organisation changed since it was asked for, and another approval rule "
    "decides over it now. Ask again."
)


@dataclass(slots=True)
class _Look:
    lock: Lock = field(default_factory=Lock)
    at: datetime | None = None
    verdict: Permitted | Refused = field(default_factory=Permitted)


@dataclass(frozen=True, slots=True)
class Recheck:
    """Everything that looking again needs. Answers with LOOKUP_FAILED where nobody can tell just now.

    `still_holds` looks at the people on whose word a request is carried out.
    """

    still_holds: Callable[[Request], Permitted | Refused]
    facts: FactReader
    house: House
    clock: Callable[[], datetime]
    _looks: dict[str, _Look] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def holds(self, request: Request, change: Change) -> Permitted | Refused:
        """Say whether one change of a request may be carried out now."""
        if not is_fresh(request, self.clock()):
            return Refused(RefusalReason.EXPIRED, RAN_OUT)
        verdict = self._of_the_people(request)
        return verdict if isinstance(verdict, Refused) else self._of_the_key(change) or verdict

    def _of_the_people(self, request: Request) -> Permitted | Refused:
        look = self._look_of(request.id)
        with look.lock:
            now = self.clock()
            if look.at is None or now - look.at >= GOOD_FOR:
                look.verdict, look.at = self.still_holds(request), now
            return look.verdict

    def _look_of(self, request_id: str) -> _Look:
        """Find the last look at a request; those that nobody needs any more are forgotten."""
        now = self.clock()
        with self._lock:
            for id_, look in list(self._looks.items()):
                if look.at is not None and now - look.at >= GOOD_FOR and id_ != request_id:
                    del self._looks[id_]
            return self._looks.setdefault(request_id, _Look())

    def _of_the_key(self, change: Change) -> Refused | None:
        """Refuse where the rules look at more than the account, and by now another one decides."""
        key = key_of(change)
        fresh = replace(key, facts=self.facts.read_again(change.arn, key.facts))
        before, now = self.house.ruling(key).decides, self.house.ruling(fresh).decides
        if isinstance(now, Refused):
            return Refused(RefusalReason.LOOKUP_FAILED, now.sentence) if _is_unread(fresh, self.house) else now
        return None if before == now else Refused(RefusalReason.NO_RULE, OTHER_RULE)


def _is_unread(key: RuledKey, house: House) -> bool:
    """Say whether a reading failed of something that the rules look at: the next one may not."""
    needs, facts = house.needs, key.facts
    return any(
        is_needed and fact is None
        for is_needed, fact in ((needs.units, facts.units), (needs.tags, facts.tags), (needs.aliases, facts.aliases))
    )
