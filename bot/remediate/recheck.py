"""Looking again, before an approval is acted on, whether it still holds: for the people, the rules and the key."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from bot.models.approval import KeyFacts, Permitted, RefusalReason, Refused, Ruled, RuledScope
from bot.models.requests import Change, Request
from bot.remediate.facts import FactReader
from bot.rules.house import House, is_fresh, key_of

GOOD_FOR = timedelta(seconds=30)
"""One look at a request's people serves all of its changes for so long.

Slack lets a user group be read 20 times a minute, and a request may cover hundreds of keys.
https://docs.slack.dev/reference/methods/usergroups.users.list
"""

RAN_OUT = "It ran out before the bot came to this key. Ask again."
OTHER_RULES = "Other approval rules decide over these keys by now. Ask again."
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
        return verdict if isinstance(verdict, Refused) else self._of_the_keys(change) or verdict

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

    def _of_the_keys(self, change: Change) -> Refused | None:
        """Refuse where the rules look at more than the account, and by now another one decides."""
        keys = key_of(change)
        fresh = replace(keys, facts=self._read_again(keys))
        before, now = self.house.rules_over(keys), self.house.rules_over(fresh)
        if isinstance(now, Refused):
            return Refused(RefusalReason.LOOKUP_FAILED, now.sentence) if _is_unread(fresh, self.house) else now
        if before == now:
            return None
        return Refused(RefusalReason.NO_RULE, OTHER_RULE if change.is_one_key else OTHER_RULES)

    def _read_again(self, keys: Ruled) -> KeyFacts:
        if isinstance(keys, RuledScope):
            return self.facts.read_of(keys.account.id if keys.account else "")
        return self.facts.read_again(keys.arn, keys.facts)


def _is_unread(keys: Ruled, house: House) -> bool:
    """Say whether a reading failed of something that the rules look at: the next one may not."""
    needs, facts = house.needs, keys.facts
    if isinstance(keys, RuledScope):
        return needs.units and keys.account is not None and facts.units is None
    return any(
        is_needed and fact is None
        for is_needed, fact in ((needs.units, facts.units), (needs.tags, facts.tags), (needs.aliases, facts.aliases))
    )
