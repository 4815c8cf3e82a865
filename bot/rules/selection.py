"""Whether an account is to be scanned. What could not be read is neither yes nor no: such an account is not entered.

Patterns ignore case, and so do the names of tags. An account pattern of digits matches ids alone, any other one ids and
names: members may rename their accounts, so that a name which looks like an id must not count as one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase, translate

from bot.models.keys import ReadFailure
from bot.models.scans import Account
from bot.models.selection import Conditions, Selection, Tags, UnitContents
from bot.rules.matching import Fit

NOT_INCLUDED = "Nothing in scan.include matches it."


class Choice(StrEnum):
    """What becomes of an account."""

    SCAN = "SCAN"
    LEAVE_OUT = "LEAVE_OUT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an account; why it is left out, or what kept us from knowing (nothing while tags are unasked)."""

    choice: Choice
    why: str = ""
    unread: tuple[ReadFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """Whether an account meets conditions; which one it meets, or what kept us from knowing."""

    fit: Fit
    by: str = ""
    unread: tuple[ReadFailure, ...] = ()


class Selector:
    """Decides of each account. Its cost does not grow with the number of ids and units that are named."""

    def __init__(self, selection: Selection, units: Mapping[str, UnitContents]) -> None:
        self._include = None if selection.include.is_empty else _Side("scan.include", selection.include, units)
        self._exclude = None if selection.exclude.is_empty else _Side("scan.exclude", selection.exclude, units)

    def decide(self, account: Account, tags: Tags = None) -> Decision:
        """Decide of one account; without its tags as far as that goes."""
        included = Meeting(Fit.YES) if self._include is None else self._include.meeting(account, tags)
        excluded = Meeting(Fit.NO) if self._exclude is None else self._exclude.meeting(account, tags)
        return weigh(included, excluded)


def weigh(included: Meeting, excluded: Meeting) -> Decision:
    """Weigh both sides. Either may decide alone against an account; for it, both must be known."""
    if excluded.fit is Fit.YES:
        return Decision(Choice.LEAVE_OUT, f"It is excluded by {excluded.by}.")
    if included.fit is Fit.NO:
        return Decision(Choice.LEAVE_OUT, NOT_INCLUDED)
    if included.fit is Fit.YES and excluded.fit is Fit.NO:
        return Decision(Choice.SCAN)
    return Decision(Choice.UNKNOWN, unread=tuple(dict.fromkeys((*included.unread, *excluded.unread))))


class _Side:
    """One of the two tables of conditions; any condition that is met is enough."""

    def __init__(self, name: str, conditions: Conditions, units: Mapping[str, UnitContents]) -> None:
        self._name = name
        self._patterns = _Patterns(conditions.accounts)
        contents = [units.get(unit, UnitContents(frozenset())) for unit in conditions.units]
        self._in_units: dict[str, int] = {}
        for position, unit in enumerate(contents):
            for account in unit.accounts:
                self._in_units.setdefault(account, position)
        self._units = conditions.units
        self._unread = tuple(failure for unit in contents for failure in unit.unread)
        self._tags = conditions.tags

    def meeting(self, account: Account, tags: Tags) -> Meeting:
        named = self._patterns.first(account)
        if named is not None:
            position, pattern = named
            return Meeting(Fit.YES, f"{self._name}.accounts[{position + 1}], “{pattern}”")
        if account.id in self._in_units:
            position = self._in_units[account.id]
            return Meeting(Fit.YES, f"{self._name}.units[{position + 1}], {self._units[position]}")
        if not self._tags:
            return Meeting(Fit.UNKNOWN, unread=self._unread) if self._unread else Meeting(Fit.NO)
        if tags is None or isinstance(tags, ReadFailure):
            return Meeting(Fit.UNKNOWN, unread=self._unread if tags is None else (*self._unread, tags))
        if _has(tags, self._tags):
            said = ", ".join(f"{name}=“{pattern}”" for name, pattern in self._tags)
            return Meeting(Fit.YES, f"{self._name}.tags, {said}")
        return Meeting(Fit.UNKNOWN, unread=self._unread) if self._unread else Meeting(Fit.NO)


class _Patterns:
    """Account ids, names and patterns, by their positions. What has no wildcard is looked up and not compared."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._plain: dict[str, tuple[int, str]] = {}
        self._wild: list[tuple[re.Pattern[str], tuple[int, str]]] = []
        for position, pattern in enumerate(patterns):
            lower = pattern.lower()
            if any(sign in lower for sign in "*?["):
                self._wild.append((re.compile(translate(lower)), (position, pattern)))
            else:
                self._plain.setdefault(lower, (position, pattern))

    def first(self, account: Account) -> tuple[int, str] | None:
        """Find the first pattern that matches, and its position."""
        name = account.name.lower()
        found = [each for regex, each in self._wild if regex.match(account.id) or regex.match(name)]
        if account.id in self._plain:
            found.append(self._plain[account.id])
        if name in self._plain and not name.isdigit():
            found.append(self._plain[name])
        return min(found, default=None)


def _has(tags: Mapping[str, str], wanted: Iterable[tuple[str, str]]) -> bool:
    """Say whether every named tag is there with a value like that."""
    return all(
        any(tag.lower() == name.lower() and fnmatchcase(value.lower(), pattern.lower()) for tag, value in tags.items())
        for name, pattern in wanted
    )
