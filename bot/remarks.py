"""What is told of the people and user groups that the configuration names, and how much it matters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import Problem
from bot.models.staffing import GroupState, Hindrance, NamedGroup, NamedPerson, Roll
from bot.rules.explanation import say_group, say_hindrance

LOOKED_UP_LATER = "Each is looked up when they act."


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


def remark(weight: Weight, place: str, what: str, remedy: str) -> Remark:
    return Remark(weight, Problem(place, what, remedy))


def of_entry(place: str, entry: str, roll: Roll) -> Iterator[Remark]:
    """Say what keeps an entry's people from acting, one by one."""
    group = roll.groups.get(entry)
    if group is None:
        yield from _of_person(place, roll.people[entry])
        return
    fault = of_group(place, group)
    if fault is not None:
        yield fault
    members = [roll.people[each] for each in sorted(group.members)]
    for person in members:
        yield from _of_person(place, person, group)
    yield from _not_looked_up(place, group, members)


def of_group(place: str, group: NamedGroup) -> Remark | None:
    """Say what is wrong with a user group itself."""
    if group.state is GroupState.MANNED:
        return None
    weight, remedy = _GROUPS[group.state]
    return remark(weight, place, f"{_name(group)} {say_group(group)}.", remedy)


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
    yield remark(weight, place, f"{who} {say_hindrance(person)}.", remedy)


def of_viewer(place: str, person: NamedPerson) -> Remark | None:
    """Say what keeps somebody from seeing what only they and others may see. Guests of ours may look like everybody."""
    match person.hindrance:
        case None | Hindrance.GUEST | Hindrance.NOT_LOOKED_UP:
            return None
        case Hindrance.LOOKUP_FAILED:
            weight, remedy = Weight.UNREAD, "Check again in a minute."
        case _:
            weight, remedy = Weight.WARNING, "Name somebody of this workspace instead, or take the entry out."
    return remark(weight, place, f"{person.user_id} {say_hindrance(person)}.", remedy)


def _not_looked_up(place: str, group: NamedGroup, members: Iterable[NamedPerson]) -> Iterator[Remark]:
    left = sum(each.hindrance is Hindrance.NOT_LOOKED_UP for each in members)
    if left:
        what = f"{left} of the {len(group.members)} people in {_name(group)} were not looked up: too many are named."
        yield remark(Weight.NOTE, place, what, LOOKED_UP_LATER)


def _name(group: NamedGroup) -> str:
    return f"@{group.handle} ({group.id})" if group.handle else group.id


_GROUPS = {
    GroupState.EMPTY: (Weight.WARNING, "Add people to it in Slack, or name another group."),
    GroupState.DISABLED: (Weight.WARNING, "Enable it in Slack, or name another group."),
    GroupState.NO_SUCH_GROUP: (Weight.REFUSED, "Copy the group's id (S…) from Slack, or take the entry out."),
    GroupState.NO_GROUPS_ON_PLAN: (Weight.REFUSED, "Name people (U…) instead."),
    GroupState.NOT_ALLOWED: (
        Weight.REFUSED,
        "Install the app again: it needs the scopes of deploy/slack/manifest.yml, usergroups:read among them.",
    ),
    GroupState.UNREAD: (Weight.UNREAD, "Check again in a minute; until Slack answers this entry names nobody."),
}
