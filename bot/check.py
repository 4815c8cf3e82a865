"""Checking the rules against Slack and AWS as they are: who has left, what is not there, which rule nobody can satisfy.

What is wrong with the rules in themselves is found when they are read. This looks at what they name.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.errors import Problem
from bot.explain import named_by
from bot.models.approval import ApprovalRule
from bot.models.keys import ReadFailure
from bot.models.staffing import Roll, Strength
from bot.models.visibility import VisibilityRule
from bot.remarks import Remark, Weight, of_entry, of_group, of_viewer, remark
from bot.remediate.gateways import Organization
from bot.roll import Directory, RollCall
from bot.rules.approval import is_group
from bot.rules.explanation import say_staffing
from bot.rules.house import House
from bot.rules.staffing import is_staffed, judge_group, staffing

Place = Callable[[tuple[str | int, ...]], str]
"""Says where in the file something stands; positions count from zero."""

LISTS = ("approvers", "quiet_approvers", "requesters", "break_glass")
NO_SUCH_UNIT = "ChildNotFoundException"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html#API_ListParents_Errors"""


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """Everything that checking needs. Without a roll call nobody is looked up, and that is said."""

    house: House
    place: Place
    roll_call: RollCall | None
    organization: Organization
    visibility: Sequence[VisibilityRule] = ()

    def run(self) -> list[Remark]:
        """Look at everything that the rules name, in the order of the file."""
        roll = None if self.roll_call is None else self.roll_call.of(self._entries())
        remarks = [each for number in range(len(self.house.rules)) for each in self._of_rule(number, roll)]
        remarks += self._of_viewers(roll)
        if roll is None and (self._entries() or self.visibility):
            what = "Nobody was looked up in Slack."
            remarks.append(remark(Weight.UNREAD, "environment: SLACK_BOT_TOKEN", what, "Set it to have them checked."))
        return list(dict.fromkeys(remarks))

    def _entries(self) -> tuple[str, ...]:
        """Name whom to look up. Of a group that may see something, only the group itself is asked about."""
        approval = (each for rule in self.house.rules for each in named_by(rule))
        return tuple(dict.fromkeys((*approval, *(each for _, each in self._viewers() if not is_group(each)))))

    def _viewers(self) -> Iterator[tuple[str, str]]:
        """Name everybody who may see what others may not, each with the place."""
        for number, rule in enumerate(self.visibility):
            for position, entry in enumerate(rule.visible_to):
                yield self.place(("visibility", "rule", number, "visible_to", position)), entry

    def _of_viewers(self, roll: Roll | None) -> Iterator[Remark]:
        if self.roll_call is None or roll is None:
            return
        groups = self.roll_call.groups(entry for _, entry in self._viewers())
        for place, entry in self._viewers():
            found = of_group(place, groups[entry]) if is_group(entry) else of_viewer(place, roll.people[entry])
            if found is not None:
                yield found

    def _of_rule(self, number: int, roll: Roll | None) -> Iterator[Remark]:
        rule, path = self.house.rules[number], ("approval", "rule", number)
        if roll is not None:
            for name in LISTS:
                for position, entry in enumerate(getattr(rule, name)):
                    yield from of_entry(self.place((*path, name, position)), entry, roll)
            yield from self._of_strength(rule, path, roll)
        for position, unit in enumerate(rule.units):
            yield from self._of_unit(self.place((*path, "organizational_units", position)), unit)

    def _of_strength(self, rule: ApprovalRule, path: tuple[str | int, ...], roll: Roll) -> Iterator[Remark]:
        staffed = staffing(rule, roll)
        if staffed.strength is not Strength.ENOUGH:
            weight = Weight.UNREAD if staffed.strength is Strength.UNKNOWN else Weight.GRAVE
            what = f"“{rule.name}”: {say_staffing(rule, staffed)}"
            yield remark(weight, self.place((*path, "approvers")), what, "Name full members of this workspace.")
        for name, act in (("requesters", "ask"), ("break_glass", "break the glass")):
            if getattr(rule, name) and is_staffed(getattr(rule, name), roll) is Strength.NOBODY:
                what = f"“{rule.name}”: Nobody could {act} as things are."
                yield remark(Weight.GRAVE, self.place((*path, name)), what, "Name full members of this workspace.")

    def _of_unit(self, place: str, unit: str) -> Iterator[Remark]:
        """Ask for the parents of a unit: that needs no other permission than finding an account's units does."""
        if unit.startswith("r-"):
            return
        found = self.organization.units_of(unit)
        if not isinstance(found, ReadFailure):
            return
        if found.code == NO_SUCH_UNIT:
            what = f"The organisation has no unit {unit}, so no account is in it."
            yield remark(Weight.WARNING, place, what, "Copy its id from AWS Organizations, or take the entry out.")
        else:
            what = f"{unit} could not be looked up: {found.sentence}"
            yield remark(Weight.UNREAD, place, what, "Until it can, rules that look at units mean no key.")


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
    remarks = (of_group(where, judge_group(entry, found[entry])) for where, entry in named)
    return [each.problem for each in remarks if each is not None and each.weight is Weight.REFUSED]
