"""Calling the roll: looking up everybody whom the rules name, thriftily, for people who want to know.

Nothing is decided by it. Whoever decides looks people up at that moment.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.memory import Memory
from bot.models.people import LookupFailure, Person
from bot.models.slack import SlackFailure
from bot.models.staffing import Hindrance, NamedGroup, NamedPerson, Roll, UserGroup
from bot.rules.approval import is_group
from bot.rules.staffing import judge_group, judge_person
from bot.tracing import FollowingThreads

MOST_PEOPLE = 40
"""Slack answers `users.info` some hundred times a minute, and approvals need it too.

https://docs.slack.dev/apis/web-api/rate-limits
"""

GOOD_FOR = timedelta(minutes=1)
"""So long an answer serves everybody who wants to know, so that asking often keeps no approval waiting."""

READERS = 8


class Directory(Protocol):
    """Slack's people and user groups."""

    def person(self, user_id: str) -> Person | LookupFailure: ...

    def user_groups(self, wanted: Iterable[str]) -> Mapping[str, UserGroup | SlackFailure]: ...


@dataclass(frozen=True, slots=True)
class RollCall:
    """Everything that looking people up needs. `workspaces` are those whose people may act."""

    directory: Directory
    workspaces: frozenset[str]
    clock: Callable[[], datetime]
    most: int = MOST_PEOPLE
    _people: Memory[Person] = field(init=False)
    _groups: Memory[UserGroup] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("_people", "_groups"):
            object.__setattr__(self, name, Memory(self.clock))

    def of(self, entries: Iterable[str]) -> Roll:
        """Look up all whom these entries name: first those named by themselves, then the members of groups.

        Past the most that may be looked up, people are told as such.
        """
        wanted = tuple(dict.fromkeys(entries))
        groups = self.groups(wanted)
        members = (user for each in wanted if each in groups for user in sorted(groups[each].members))
        named = tuple(dict.fromkeys([*(each for each in wanted if each not in groups), *members]))
        with FollowingThreads(READERS) as readers:
            found = readers.map(self.person, named[: self.most])
            people = {
                user: judge_person(user, each, self.workspaces)
                for user, each in zip(named[: self.most], found, strict=True)
            }
        people |= {user: NamedPerson(user, Hindrance.NOT_LOOKED_UP) for user in named[self.most :]}
        return Roll(people, groups)

    def person(self, user_id: str) -> Person | LookupFailure:
        known = self._people.get(user_id)
        if known is not None:
            return known
        until = self.clock() + GOOD_FOR
        found = self.directory.person(user_id)
        return self._people.keep(user_id, found, until) if isinstance(found, Person) else found

    def groups(self, entries: Iterable[str]) -> dict[str, NamedGroup]:
        """Look up the user groups among these entries, and nobody else."""
        until, wanted = self.clock() + GOOD_FOR, tuple(filter(is_group, entries))
        known = {each: group for each in wanted if (group := self._groups.get(each)) is not None}
        found = self.directory.user_groups(each for each in wanted if each not in known)
        for name, answer in found.items():
            if isinstance(answer, UserGroup):
                self._groups.keep(name, answer, until)
        return {each: judge_group(each, known.get(each) or found[each]) for each in wanted}
