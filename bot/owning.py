"""From an owner as tags and settings write it to somebody in Slack, and back.

It is for mentions and for lists of one's own, and gives nobody a right: who may do what is asked of Slack each time.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.memory import Memory
from bot.models.owners import Owner
from bot.models.people import LookupFailure, Person
from bot.models.staffing import UserGroup

KEPT = timedelta(hours=1)
KEPT_AFTER_A_FAILURE = timedelta(minutes=1)
"""So long an answer of Slack counts; where none came, nobody is asked for in that way until soon."""

_USER = re.compile(r"[UW](?=[A-Z0-9]*\d)[A-Z0-9]{2,}", re.ASCII)
_GROUP = re.compile(r"S(?=[A-Z0-9]*\d)[A-Z0-9]{2,}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NOT_THERE = frozenset({"users_not_found", "user_not_found", "user_not_visible"})
_NOT_ALLOWED = frozenset({"missing_scope", "plan_upgrade_required"})

NOBODY = "nobody in Slack goes by that"
HAS_LEFT = "that account was deactivated"
NOT_A_PERSON = "that is an app"
STRANGER = "that person is of another workspace"
DISABLED = "that user group is disabled"

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class Directory(Protocol):
    """Slack's people and user groups."""

    def person(self, user_id: str) -> Person | LookupFailure: ...

    def by_email(self, email: str) -> Person | LookupFailure: ...

    def groups(self) -> tuple[UserGroup, ...] | LookupFailure: ...


@dataclass(frozen=True, slots=True)
class Owners:
    """Everything that owners need. `people` is who stands for whom by the settings, in lower case.

    `workspaces` are those whose people may be told. Every method may be called from many threads.
    """

    directory: Directory
    people: Mapping[str, str]
    workspaces: frozenset[str]
    clock: Callable[[], datetime]
    _found: Memory[Owner] = field(init=False)
    _persons: Memory[Person] = field(init=False)
    _groups: Memory[tuple[UserGroup, ...]] = field(init=False)
    _troubles: Memory[LookupFailure] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("_found", "_persons", "_groups", "_troubles"):
            object.__setattr__(self, name, Memory(self.clock))

    def who(self, text: str) -> Owner:
        """Say who an owner is; where nobody is found, why not, in the middle of a sentence."""
        spelled = text.strip()
        name = spelled if _is_id(spelled) else spelled.lower()
        known = self._found.get(name)
        if known is None:
            slack_id, why_not, is_sure = self._look(spelled)
            known = self._found.keep(name, Owner(spelled, slack_id, why_not), self._until(is_sure=is_sure))
        return Owner(spelled, known.slack_id, known.why_not)

    def unfound(self) -> list[Owner]:
        """Say of each owner whom the settings give a Slack id why nobody is found by it, where that is so."""
        return [owner for name in self.people if (owner := self.who(name)).slack_id is None]

    def texts_of(self, user_id: str) -> frozenset[str]:
        """Return, in lower case, all that an owner may be called who is this person, or a group that they are in.

        As far as Slack answers: what it does not tell is left out.
        """
        groups = self._all_groups()
        ids = {user_id}
        if not isinstance(groups, LookupFailure):
            ids |= {each.id for each in groups if user_id in each.members and not each.is_disabled}
        person = self._person(user_id)
        texts = {each.lower() for each in ids}
        if isinstance(person, Person) and person.email:
            texts.add(person.email.lower())
        somebody_elses = {name for name, who in self.people.items() if who not in ids}
        return frozenset(texts - somebody_elses | {name for name, who in self.people.items() if who in ids})

    def _look(self, text: str) -> tuple[str | None, str, bool]:
        """Find an owner's id, or why there is none; and whether that is sure."""
        told = self.people.get(text.lower())
        wanted = told or text
        if _GROUP.fullmatch(wanted) or (told and told.startswith("S")):
            return self._checked_group(wanted)
        if _USER.fullmatch(wanted) or told:
            return self._checked(self._person(wanted))
        if _EMAIL.fullmatch(text):
            return self._checked(self._unless_troubled("by_email", lambda: self.directory.by_email(text)))
        return None, NOBODY, True

    def _checked(self, person: Person | LookupFailure) -> tuple[str | None, str, bool]:
        if isinstance(person, LookupFailure):
            if person.code in _NOT_THERE:
                return None, NOBODY, True
            return None, person.sentence, False
        hindrance = _hindrance(person, self.workspaces)
        return (None, hindrance, True) if hindrance else (person.user_id, "", True)

    def _checked_group(self, group_id: str) -> tuple[str | None, str, bool]:
        groups = self._all_groups()
        if isinstance(groups, LookupFailure):
            return None, groups.sentence, False
        found = next((each for each in groups if each.id == group_id), None)
        if found is None:
            return None, NOBODY, True
        return (None, DISABLED, True) if found.is_disabled else (group_id, "", True)

    def _person(self, user_id: str) -> Person | LookupFailure:
        known = self._persons.get(user_id)
        if known is not None:
            return known
        person = self._unless_troubled("person", lambda: self.directory.person(user_id))
        return person if isinstance(person, LookupFailure) else self._persons.keep(user_id, person, self._until())

    def _all_groups(self) -> tuple[UserGroup, ...] | LookupFailure:
        known = self._groups.get("")
        if known is not None:
            return known
        groups = self._unless_troubled("groups", self.directory.groups)
        return groups if isinstance(groups, LookupFailure) else self._groups.keep("", groups, self._until())

    def _until(self, *, is_sure: bool = True) -> datetime:
        return self.clock() + (KEPT if is_sure else KEPT_AFTER_A_FAILURE)

    def _unless_troubled(self, way: str, ask: Callable[[], Answer | LookupFailure]) -> Answer | LookupFailure:
        """Ask, unless nobody got an answer in this way just now: hundreds of owners are not to wait for Slack each."""
        trouble = self._troubles.get(way)
        if trouble is not None:
            return trouble
        answer = ask()
        if isinstance(answer, LookupFailure) and answer.code not in _NOT_THERE:
            log.warning("Owners stay plain names for now. %s.", answer.sentence)
            self._troubles.keep(way, answer, self._until(is_sure=answer.code in _NOT_ALLOWED))
        return answer


def _is_id(text: str) -> bool:
    """Say whether a text may be an id, of which case is a part; of anything else it is not."""
    return bool(_USER.fullmatch(text) or _GROUP.fullmatch(text))


def _hindrance(person: Person, workspaces: frozenset[str]) -> str:
    if person.deleted:
        return HAS_LEFT
    if person.is_bot:
        return NOT_A_PERSON
    return STRANGER if person.is_stranger or person.team_id not in workspaces else ""
