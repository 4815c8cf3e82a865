"""What Slack said of people and user groups a moment ago: for what is shown, never for what is done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from bot.models.people import LookupFailure, Person
from bot.remediate.gateways import PeopleDirectory

KEPT_FOR = timedelta(minutes=1)
"""usergroups.users.list is tier 2, 20 a minute. https://docs.slack.dev/apis/web-api/rate-limits"""

MOST_KEPT = 2000
Answer = TypeVar("Answer")


@dataclass(slots=True)
class RecentPeople:
    """Asks again once an answer is a minute old. A look-up that fails is not kept, and nobody is let through on it."""

    people: PeopleDirectory
    clock: Callable[[], datetime]
    _persons: "_Kept[Person]" = field(init=False)
    _groups: "_Kept[frozenset[str]]" = field(init=False)

    def __post_init__(self) -> None:
        self._persons, self._groups = _Kept(), _Kept()

    def person(self, user_id: str) -> Person | LookupFailure:
        now = self.clock()
        kept = self._persons.get(user_id, now)
        if kept is not None:
            return kept
        found = self.people.person(user_id)
        if isinstance(found, Person):
            self._persons.put(user_id, found, now)
        return found

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
        now = self.clock()
        kept = self._groups.get(group, now)
        if kept is not None:
            return kept
        answer = self.people.members((group,))
        if isinstance(answer, LookupFailure):
            return answer
        self._groups.put(group, answer[group], now)
        return answer[group]


class _Kept(Generic[Answer]):
    """Answers with the moment of each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[str, tuple[datetime, Answer]] = {}

    def get(self, name: str, now: datetime) -> Answer | None:
        at, answer = self._answers.get(name, (None, None))
        return answer if at is not None and now - at < KEPT_FOR else None

    def put(self, name: str, answer: Answer, now: datetime) -> None:
        with self._lock:
            if len(self._answers) >= MOST_KEPT:
                self._answers.clear()
            self._answers[name] = (now, answer)
