"""What Slack said of people and user groups a moment ago: for what is shown, never for what is done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.memory import Memory
from bot.models.people import LookupFailure, Person
from bot.remediate.gateways import PeopleDirectory

KEPT_FOR = timedelta(minutes=1)
"""usergroups.users.list is tier 2, 20 a minute. https://docs.slack.dev/apis/web-api/rate-limits"""


@dataclass(slots=True)
class RecentPeople:
    """Asks again once an answer is a minute old. A look-up that fails is not kept, and nobody is let through on it."""

    people: PeopleDirectory
    clock: Callable[[], datetime]
    _persons: Memory[Person] = field(init=False)
    _groups: Memory[frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._persons, self._groups = Memory(self.clock), Memory(self.clock)

    def person(self, user_id: str) -> Person | LookupFailure:
        kept = self._persons.get(user_id)
        if kept is not None:
            return kept
        until = self.clock() + KEPT_FOR
        found = self.people.person(user_id)
        return self._persons.keep(user_id, found, until) if isinstance(found, Person) else found

    def members(self, groups: Iterable[str]) -> dict[str, frozenset[str]] | LookupFailure:
        """Say who is in each user group; where Slack does not say so of one, that failure."""
        found: dict[str, frozenset[str]] = {}
        for group in groups:
            answer = self.members_of(group)
            if isinstance(answer, LookupFailure):
                return answer
            found[group] = answer
        return found

    def members_of(self, group: str) -> frozenset[str] | LookupFailure:
        kept = self._groups.get(group)
        if kept is not None:
            return kept
        until = self.clock() + KEPT_FOR
        answer = self.people.members((group,))
        if isinstance(answer, LookupFailure):
            return answer
        return self._groups.keep(group, answer[group], until)
