"""Whether those whom a rule names could act on it as things are, counted as approvals are counted."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from bot.models.approval import ApprovalRule
from bot.models.people import LookupFailure, Person
from bot.models.requests import Decision, DecisionKind
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.staffing import (
    GroupState,
    Hindrance,
    NamedGroup,
    NamedPerson,
    Roll,
    Staffing,
    Strength,
    UserGroup,
)
from bot.rules.counting import tally

NO_SUCH_USER = frozenset({"user_not_found", "users_not_found", "user_not_visible"})
"""https://docs.slack.dev/reference/methods/users.info#errors"""

NO_SUCH_GROUP = "no_such_subteam"
NO_GROUPS_ON_PLAN = "plan_upgrade_required"
"""https://docs.slack.dev/reference/methods/usergroups.users.list#errors"""

_SOMEBODY_ELSE = ""
_ANY_TIME = datetime.min.replace(tzinfo=UTC)


def judge_person(user_id: str, found: Person | LookupFailure, workspaces: Collection[str]) -> NamedPerson:
    """Say what keeps somebody from acting on any rule: the same as `refuse_outsiders` refuses, by name."""
    if isinstance(found, LookupFailure):
        is_unknown = found.code in NO_SUCH_USER
        return NamedPerson(
            user_id, Hindrance.NO_SUCH_USER if is_unknown else Hindrance.LOOKUP_FAILED, "" if is_unknown else found.code
        )
    return NamedPerson(user_id, next(_hindrances(user_id, found, workspaces), None))


def _hindrances(user_id: str, person: Person, workspaces: Collection[str]) -> Iterator[Hindrance]:
    if person.deleted:
        yield Hindrance.DEACTIVATED
    if person.is_stranger:
        yield Hindrance.STRANGER
    if person.team_id not in workspaces or person.user_id != user_id:
        yield Hindrance.OTHER_WORKSPACE
    if person.is_bot:
        yield Hindrance.BOT
    if not person.is_full_member:
        yield Hindrance.GUEST


def judge_group(group_id: str, found: UserGroup | SlackFailure) -> NamedGroup:
    """Say what a user group is worth: its members, or why it has none, or that nobody knows."""
    if isinstance(found, UserGroup):
        if found.is_disabled:
            return NamedGroup(group_id, GroupState.DISABLED, found.handle)
        state = GroupState.MANNED if found.members else GroupState.EMPTY
        return NamedGroup(group_id, state, found.handle, found.members)
    if found.code == NO_SUCH_GROUP:
        return NamedGroup(group_id, GroupState.NO_SUCH_GROUP)
    if found.code == NO_GROUPS_ON_PLAN:
        return NamedGroup(group_id, GroupState.NO_GROUPS_ON_PLAN, code=found.code)
    is_passing = found.kind is SlackFailureKind.UNAVAILABLE
    return NamedGroup(group_id, GroupState.UNREAD if is_passing else GroupState.NOT_ALLOWED, code=found.code)


def staffing(rule: ApprovalRule, roll: Roll, requester: str | None = None) -> Staffing:
    """Say whether enough people are left to approve under a rule: for what one person asks, or for what anybody could.

    Who is not known counts as somebody who might; where that decides, nobody can tell.
    """
    able = roll_of(roll, rule.may_approve, lambda each: each.is_able)
    least = _could_be_given(rule, able, _requesters(rule, roll, requester, lambda each: each.is_able))
    most = max(least, _might_be_given(rule, roll, requester))
    unknown = len(roll_of(roll, rule.may_approve, lambda each: each.may_be_able)) - len(able)
    return Staffing(_strength(least, most, rule.required), len(able), unknown, most, rule.required)


def roll_of(
    roll: Roll, entries: Iterable[str], is_wanted: Callable[[NamedPerson], bool]
) -> Mapping[str, tuple[str, ...]]:
    """Name those people of a list of whom something holds, each with the entries that name them."""
    return {
        user_id: by
        for user_id, by in roll.capacities(entries).items()
        if user_id in roll.people and is_wanted(roll.people[user_id])
    }


def is_staffed(entries: Iterable[str], roll: Roll) -> Strength:
    """Say whether anybody of a list could act on it."""
    listed = tuple(entries)
    if roll_of(roll, listed, lambda each: each.is_able):
        return Strength.ENOUGH
    if roll_of(roll, listed, lambda each: each.may_be_able) or _unread(listed, roll):
        return Strength.UNKNOWN
    return Strength.NOBODY


def _strength(least: int, most: int, required: int) -> Strength:
    if least >= required:
        return Strength.ENOUGH
    if most >= required:
        return Strength.UNKNOWN
    return Strength.TOO_FEW if most else Strength.NOBODY


def _might_be_given(rule: ApprovalRule, roll: Roll, requester: str | None) -> int:
    """Count the approvals if all of whom nobody knows were full members, and groups that are unread full of such."""
    possible = dict(roll_of(roll, rule.may_approve, lambda each: each.may_be_able))
    for group in _unread(rule.may_approve, roll):
        possible |= {f"{group} {number}": (group,) for number in range(rule.required)}
    asking = _requesters(rule, roll, requester, lambda each: each.may_be_able)
    return _could_be_given(rule, possible, [*asking, _SOMEBODY_ELSE] if _unread(rule.requesters, roll) else asking)


def _requesters(
    rule: ApprovalRule, roll: Roll, requester: str | None, is_wanted: Callable[[NamedPerson], bool]
) -> list[str]:
    """Name those for whom it is counted: one approver less where it is they who ask."""
    if requester is not None:
        return [requester]
    asking = list(roll_of(roll, rule.requesters, is_wanted))
    return asking or [_SOMEBODY_ELSE]


def _could_be_given(rule: ApprovalRule, people: Mapping[str, tuple[str, ...]], requesters: Iterable[str]) -> int:
    approvals = [
        Decision(user_id, DecisionKind.APPROVE, _ANY_TIME, capacities=by) for user_id, by in sorted(people.items())
    ]
    return max(tally([rule], approvals, each)[0].given for each in requesters)


def _unread(entries: Iterable[str], roll: Roll) -> list[str]:
    return [each for each in entries if each in roll.groups and roll.groups[each].state is GroupState.UNREAD]
