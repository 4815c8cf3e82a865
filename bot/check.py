"""Checking the rules against Slack and AWS as they are: who has left, what is not there, which rule nobody can satisfy.

What is wrong with the rules in themselves is found when they are read. This looks at what they name.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import Problem
from bot.explain import named_by
from bot.models.approval import ApprovalRule
from bot.models.keys import ReadFailure
from bot.models.staffing import GroupState, Hindrance, NamedGroup, NamedPerson, Roll, Strength
from bot.models.visibility import VisibilityRule
from bot.remediate.gateways import Organization
from bot.roll import Directory, RollCall
from bot.rules.approval import is_group
from bot.rules.explanation import say_group, say_hindrance, say_staffing
from bot.rules.house import House
from bot.rules.staffing import is_staffed, judge_group, staffing

Place = Callable[[tuple[str | int, ...]], str]
"""Says where in the file something stands; positions count from zero."""

LISTS = ("approvers", "quiet_approvers", "requesters", "break_glass")
LOOKED_UP_LATER = "Each is looked up when they act."
NO_SUCH_UNIT = "ChildNotFoundException"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html#API_ListParents_Errors"""


class Weight(StrEnum):
    """How much a remark matters. What is REFUSED lets the bot not start; a NOTE is no fault of the rules."""

    REFUSED = "REFUSED"
    GRAVE = "GRAVE"
    WARNING = "WARNING"
    UNREAD = "UNREAD"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about the rules that somebody should know."""

    weight: Weight
    problem: Problem

    def __str__(self) -> str:
        return str(self.problem)


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """Everything that checking needs. Without a roll call nobody is looked up, and that is said."""

    house: House
    place: Place
    roll_call: RollCall | None
    organization: Organization

    def run(self) -> list[Remark]:
        """Look at everything that the rules name, in the order of the file."""
        roll = None if self.roll_call is None else self.roll_call.of(self._entries())
        remarks = [each for number in range(len(self.house.rules)) for each in self._of_rule(number, roll)]
        if roll is None and self._entries():
            what = "Nobody was looked up in Slack."
            remarks.append(_remark(Weight.UNREAD, "environment: SLACK_BOT_TOKEN", what, "Set it to have them checked."))
        return list(dict.fromkeys(remarks))

    def _entries(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each for rule in self.house.rules for each in named_by(rule)))

    def _of_rule(self, number: int, roll: Roll | None) -> Iterator[Remark]:
        rule, path = self.house.rules[number], ("approval", "rule", number)
        if roll is not None:
            for name in LISTS:
                for position, entry in enumerate(getattr(rule, name)):
                    yield from _of_entry(self.place((*path, name, position)), entry, roll)
            yield from self._of_strength(rule, path, roll)
        for position, unit in enumerate(rule.units):
            yield from self._of_unit(self.place((*path, "organizational_units", position)), unit)

    def _of_strength(self, rule: ApprovalRule, path: tuple[str | int, ...], roll: Roll) -> Iterator[Remark]:
        staffed = staffing(rule, roll)
        if staffed.strength is not Strength.ENOUGH:
            weight = Weight.UNREAD if staffed.strength is Strength.UNKNOWN else Weight.GRAVE
            what = f"“{rule.name}”: {say_staffing(rule, staffed)}"
            yield _remark(weight, self.place((*path, "approvers")), what, "Name full members of this workspace.")
        for name, act in (("requesters", "ask"), ("break_glass", "break the glass")):
            if getattr(rule, name) and is_staffed(getattr(rule, name), roll) is Strength.NOBODY:
                what = f"“{rule.name}”: Nobody could {act} as things are."
                yield _remark(Weight.GRAVE, self.place((*path, name)), what, "Name full members of this workspace.")

    def _of_unit(self, place: str, unit: str) -> Iterator[Remark]:
        """Ask for the parents of a unit: that needs no other permission than finding an account's units does."""
        if unit.startswith("r-"):
            return
        found = self.organization.units_of(unit)
        if not isinstance(found, ReadFailure):
            return
        if found.code == NO_SUCH_UNIT:
            what = f"The organisation has no unit {unit}, so no account is in it."
            yield _remark(Weight.WARNING, place, what, "Copy its id from AWS Organizations, or take the entry out.")
        else:
            what = f"{unit} could not be looked up: {found.sentence}"
            yield _remark(Weight.UNREAD, place, what, "Until it can, rules that look at units mean no key.")


def refused(
    rules: Sequence[ApprovalRule], place: Place, directory: Directory, visibility: Sequence[VisibilityRule] = ()
) -> list[Problem]:
    """Find the user groups with which the bot may not start, in one call to Slack."""
    lists: list[tuple[tuple[str | int, ...], Sequence[str]]] = [
        *(
            (("approval", "rule", number, name), getattr(rule, name))
            for number, rule in enumerate(rules)
            for name in LISTS
        ),
        *((("visibility", "rule", number, "visible_to"), each.visible_to) for number, each in enumerate(visibility)),
    ]
    named = [
        (place((*path, position)), entry)
        for path, entries in lists
        for position, entry in enumerate(entries)
        if is_group(entry)
    ]
    found = directory.user_groups(entry for _, entry in named)
    remarks = (_of_group(where, judge_group(entry, found[entry])) for where, entry in named)
    return [each.problem for each in remarks if each is not None and each.weight is Weight.REFUSED]


def _of_entry(place: str, entry: str, roll: Roll) -> Iterator[Remark]:
    group = roll.groups.get(entry)
    if group is None:
        yield from _of_person(place, roll.people[entry])
        return
    remark = _of_group(place, group)
    if remark is not None:
        yield remark
    members = [roll.people[each] for each in sorted(group.members)]
    for person in members:
        yield from _of_person(place, person, group)
    yield from _not_looked_up(place, group, members)


def _of_group(place: str, group: NamedGroup) -> Remark | None:
    if group.state is GroupState.MANNED:
        return None
    weight, remedy = _GROUPS[group.state]
    return _remark(weight, place, f"{_name(group)} {say_group(group)}.", remedy)


def _of_person(place: str, person: NamedPerson, group: NamedGroup | None = None) -> Iterator[Remark]:
    if person.hindrance is None or (group is not None and person.hindrance is Hindrance.NOT_LOOKED_UP):
        return
    if person.hindrance is Hindrance.NOT_LOOKED_UP:
        weight, remedy = Weight.NOTE, LOOKED_UP_LATER
    elif person.hindrance is Hindrance.LOOKUP_FAILED:
        weight, remedy = Weight.UNREAD, "Check again in a minute; until Slack answers they cannot act."
    else:
        weight = Weight.WARNING
        remedy = "Name a full member of this workspace instead." if group is None else "Take them out of the group."
    who = person.user_id if group is None else f"{person.user_id}, who is in {_name(group)},"
    yield _remark(weight, place, f"{who} {say_hindrance(person)}.", remedy)


def _not_looked_up(place: str, group: NamedGroup, members: Iterable[NamedPerson]) -> Iterator[Remark]:
    left = sum(each.hindrance is Hindrance.NOT_LOOKED_UP for each in members)
    if left:
        what = f"{left} of the {len(group.members)} people in {_name(group)} were not looked up: too many are named."
        yield _remark(Weight.NOTE, place, what, LOOKED_UP_LATER)


def _name(group: NamedGroup) -> str:
    return f"@{group.handle} ({group.id})" if group.handle else group.id


def _remark(weight: Weight, place: str, what: str, remedy: str) -> Remark:
    return Remark(weight, Problem(place, what, remedy))


_GROUPS = {
    GroupState.EMPTY: (Weight.WARNING, "Add people to it in Slack, or name another group."),
    GroupState.DISABLED: (Weight.WARNING, "Enable it in Slack, or name another group."),
    GroupState.NO_SUCH_GROUP: (Weight.REFUSED, "Copy the group's id (S…) from Slack, or take the entry out."),
    GroupState.NO_GROUPS_ON_PLAN: (Weight.REFUSED, "Name people (U…) instead."),
    GroupState.NOT_ALLOWED: (
        Weight.REFUSED,
        "Install the app again: it needs the scopes of deploy/slack/manifest.yml, usergroups:read among them.",
    ),
    GroupState.UNREAD: (Weight.UNREAD, "Check again in a minute; until Slack answers nobody can act by this entry."),
}
