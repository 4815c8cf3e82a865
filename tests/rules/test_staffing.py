"""Whether those whom a rule names are enough as things are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.models.approval import ApprovalRule, Permitted, Refused, RuledKey, Wish
from bot.models.people import Actor, LookupFailure, Person, Standing
from bot.models.requests import Change, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.scans import Account
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.staffing import GroupState, Hindrance, NamedGroup, NamedPerson, Roll, Strength, UserGroup
from bot.rules.approval import may_ask, may_decide, refuse_outsiders
from bot.rules.counting import is_enough
from bot.rules.house import House
from bot.rules.staffing import is_staffed, judge_group, judge_person, staffing

OURS, OTHERS = "T0OURS", "T0OTHER"
HOUSE = House(frozenset({OURS}), ())
ADMINS, AUDIT = "S0ADMINS", "S0AUDIT"
NOW, DAY = datetime(2026, 3, 2, 9, tzinfo=UTC), timedelta(days=1)


def roll(people: dict[str, Hindrance | None], groups: dict[str, tuple[str, ...] | GroupState] | None = None) -> Roll:
    return Roll(
        {user: NamedPerson(user, hindrance) for user, hindrance in people.items()},
        {
            group: NamedGroup(group, members)
            if isinstance(members, GroupState)
            else NamedGroup(group, GroupState.MANNED, members=frozenset(members))
            for group, members in (groups or {}).items()
        },
    )


@pytest.mark.parametrize("flags", [*product([False, True], repeat=5)])
@pytest.mark.parametrize("team", [OURS, OTHERS])
@pytest.mark.parametrize("user_id", ["U0JONAS", "U0SOMEBODY"])
def test_whoever_the_rules_would_refuse_is_hindered_and_nobody_else(
    flags: tuple[bool, ...], team: str, user_id: str
) -> None:
    person = Person(user_id, team, *flags)
    refused = refuse_outsiders(HOUSE, Standing(Actor("U0JONAS", OURS), person))
    judged = judge_person("U0JONAS", person, HOUSE.workspaces)
    assert judged.is_able == (not isinstance(refused, Refused))
    assert judged.may_be_able == judged.is_able


@pytest.mark.parametrize(
    ("person", "hindrance"),
    [
        (Person("U0", OURS), None),
        (Person("U0", OURS, deleted=True), Hindrance.DEACTIVATED),
        (Person("U0", OURS, is_bot=True), Hindrance.BOT),
        (Person("U0", OURS, is_restricted=True), Hindrance.GUEST),
        (Person("U0", OURS, is_ultra_restricted=True), Hindrance.GUEST),
        (Person("U0", OTHERS, is_stranger=True), Hindrance.STRANGER),
        (Person("U0", OTHERS), Hindrance.OTHER_WORKSPACE),
        (LookupFailure("users.info", "user_not_found"), Hindrance.NO_SUCH_USER),
        (LookupFailure("users.info", "ratelimited"), Hindrance.LOOKUP_FAILED),
    ],
)
def test_each_hindrance_has_its_name(person: Person | LookupFailure, hindrance: Hindrance | None) -> None:
    assert judge_person("U0", person, {OURS}).hindrance is hindrance


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (UserGroup(ADMINS, "admins", frozenset({"U0"})), GroupState.MANNED),
        (UserGroup(ADMINS, "admins"), GroupState.EMPTY),
        (UserGroup(ADMINS, "admins", frozenset({"U0"}), is_disabled=True), GroupState.DISABLED),
        (SlackFailure(SlackFailureKind.REFUSED, "no_such_subteam"), GroupState.NO_SUCH_GROUP),
        (SlackFailure(SlackFailureKind.REFUSED, "plan_upgrade_required"), GroupState.NO_GROUPS_ON_PLAN),
        (SlackFailure(SlackFailureKind.SCOPE, "missing_scope"), GroupState.NOT_ALLOWED),
        (SlackFailure(SlackFailureKind.UNAVAILABLE, "ratelimited"), GroupState.UNREAD),
    ],
)
def test_each_group_is_worth_what_slack_says(found: UserGroup | SlackFailure, state: GroupState) -> None:
    judged = judge_group(ADMINS, found)
    assert judged.state is state
    assert judged.members == (frozenset({"U0"}) if state is GroupState.MANNED else frozenset())


LEFT, FAILED = Hindrance.DEACTIVATED, Hindrance.LOOKUP_FAILED
TWO = ApprovalRule("two", approvers=("U0A", "U0B", "U0C"), required=2)
APART = ApprovalRule("apart", approvers=(ADMINS, AUDIT), required=2, from_different_groups=True)
CLOSED = ApprovalRule("closed", requesters=("U0A", "U0B"), approvers=("U0A", "U0B"), required=1)
QUIET = ApprovalRule("quiet", approvers=("U0A",), quiet_approvers=("U0B",), required=2)


@pytest.mark.parametrize(
    ("rule", "called", "strength", "at_most"),
    [
        (TWO, roll({"U0A": None, "U0B": None, "U0C": None}), Strength.ENOUGH, 3),
        (TWO, roll({"U0A": None, "U0B": None, "U0C": LEFT}), Strength.ENOUGH, 2),
        (TWO, roll({"U0A": None, "U0B": LEFT, "U0C": LEFT}), Strength.TOO_FEW, 1),
        (TWO, roll({"U0A": LEFT, "U0B": LEFT, "U0C": LEFT}), Strength.NOBODY, 0),
        (TWO, roll({"U0A": None, "U0B": FAILED, "U0C": LEFT}), Strength.UNKNOWN, 2),
        (TWO, roll({"U0A": LEFT, "U0B": FAILED, "U0C": LEFT}), Strength.TOO_FEW, 1),
        (TWO, roll({"U0A": None, "U0B": Hindrance.NOT_LOOKED_UP, "U0C": LEFT}), Strength.UNKNOWN, 2),
        (QUIET, roll({"U0A": None, "U0B": None}), Strength.ENOUGH, 2),
        (QUIET, roll({"U0A": None, "U0B": LEFT}), Strength.TOO_FEW, 1),
        (APART, roll({"U0A": None, "U0B": None}, {ADMINS: ("U0A", "U0B"), AUDIT: ("U0B",)}), Strength.ENOUGH, 2),
        (APART, roll({"U0A": None, "U0B": None}, {ADMINS: ("U0A", "U0B"), AUDIT: ()}), Strength.TOO_FEW, 1),
        (APART, roll({"U0A": None}, {ADMINS: ("U0A",), AUDIT: ("U0A",)}), Strength.TOO_FEW, 1),
        (APART, roll({"U0A": None}, {ADMINS: ("U0A",), AUDIT: GroupState.UNREAD}), Strength.UNKNOWN, 2),
        (APART, roll({"U0A": None}, {ADMINS: ("U0A",), AUDIT: GroupState.NO_SUCH_GROUP}), Strength.TOO_FEW, 1),
        (APART, roll({}, {ADMINS: GroupState.EMPTY, AUDIT: GroupState.NOT_ALLOWED}), Strength.NOBODY, 0),
        (APART, roll({}, {ADMINS: GroupState.UNREAD, AUDIT: GroupState.EMPTY}), Strength.TOO_FEW, 1),
        (CLOSED, roll({"U0A": None, "U0B": None}), Strength.ENOUGH, 1),
        (CLOSED, roll({"U0A": None, "U0B": LEFT}), Strength.NOBODY, 0),
        (ApprovalRule("self", requesters=("U0A",), approvers=("U0A",), self_approval=True), roll({"U0A": None}),
         Strength.ENOUGH, 1),
        (ApprovalRule("free", required=0, daily_cap=5), roll({}), Strength.ENOUGH, 0),
    ],
)  # fmt: skip
def test_approvals_are_counted_as_the_rule_counts_them(
    rule: ApprovalRule, called: Roll, strength: Strength, at_most: int
) -> None:
    staffed = staffing(rule, called)
    assert (staffed.strength, staffed.at_most) == (strength, at_most)


def test_whoever_asks_is_not_counted_unless_the_rule_lets_them() -> None:
    called = roll({"U0A": None, "U0B": None, "U0C": LEFT})
    assert staffing(TWO, called, "U0A").strength is Strength.TOO_FEW
    assert staffing(TWO, called, "U0MARA").strength is Strength.ENOUGH
    assert staffing(ApprovalRule("two", approvers=("U0A", "U0B"), required=2, self_approval=True), called, "U0A"
                    ).strength is Strength.ENOUGH  # fmt: skip


def test_a_list_of_which_nothing_is_known_is_not_called_empty() -> None:
    assert is_staffed(("U0A",), roll({"U0A": None})) is Strength.ENOUGH
    assert is_staffed(("U0A",), roll({"U0A": LEFT})) is Strength.NOBODY
    assert is_staffed(("U0A",), roll({"U0A": FAILED})) is Strength.UNKNOWN
    assert is_staffed((ADMINS,), roll({}, {ADMINS: GroupState.UNREAD})) is Strength.UNKNOWN
    assert is_staffed((ADMINS,), roll({}, {ADMINS: GroupState.EMPTY})) is Strength.NOBODY


PEOPLE = ("U0A", "U0B", "U0C")
GROUPED: tuple[dict[str, tuple[str, ...]], ...] = (
    {ADMINS: ("U0A", "U0B"), AUDIT: ("U0B",)},
    {ADMINS: ("U0A",), AUDIT: ("U0A", "U0C")},
    {ADMINS: (), AUDIT: ("U0A", "U0B", "U0C")},
)
LISTS = ((), ("U0A",), (ADMINS,), (ADMINS, AUDIT), ("U0A", AUDIT))


def every_rule() -> Iterator[ApprovalRule]:
    for approvers, quiet, requesters, required, apart, alone in product(
        LISTS, ((), ("U0C",)), ((), ("U0A",), (AUDIT,)), (1, 2), (False, True), (False, True)
    ):
        yield ApprovalRule(
            "it",
            ("*",),
            requesters=requesters,
            approvers=approvers,
            quiet_approvers=quiet,
            required=required,
            from_different_groups=apart,
            self_approval=alone,
        )


def could_be_satisfied(rule: ApprovalRule, groups: dict[str, tuple[str, ...]], able: frozenset[str]) -> bool:
    """Let everybody who may ask do so, and everybody who may approve do that, by the rules that decide."""
    house = House(frozenset({OURS}), (rule,))
    key = RuledKey("arn:aws:kms:eu-central-1:111111111111:key/1", Account("111111111111", "prod"), "eu-central-1")
    members = {group: frozenset(users) for group, users in groups.items()}

    def standing(user: str) -> Standing:
        return Standing(Actor(user, OURS), Person(user, OURS, deleted=user not in able), members)

    for requester in [*PEOPLE, "U0MARA"]:
        if requester != "U0MARA" and isinstance(may_ask(house, standing(requester), [key]), Refused):
            continue
        if requester == "U0MARA" and rule.requesters:
            continue
        change = Change("c", "r", key.arn, "", "prod", ChangeState.QUEUED, 365)
        request = Request("r", RequestState.PENDING, requester, OURS, "", rule.required, NOW, NOW + DAY, (change,))
        given = [
            Decision(user, DecisionKind.APPROVE, NOW, capacities=permitted.capacities)
            for user in PEOPLE
            if isinstance(permitted := may_decide(house, standing(user), request, Wish.APPROVE, NOW), Permitted)
        ]
        if is_enough([rule], given, requester):
            return True
    return False


@pytest.mark.parametrize("groups", GROUPED)
def test_enough_is_what_the_deciding_rules_would_let_through(groups: dict[str, tuple[str, ...]]) -> None:
    """Every such rule, with every choice of who has left."""
    for rule, left in product(every_rule(), product([False, True], repeat=len(PEOPLE))):
        able = frozenset(user for user, is_gone in zip(PEOPLE, left, strict=True) if not is_gone)
        called = roll({user: None if user in able else LEFT for user in PEOPLE}, dict(groups))
        enough = staffing(rule, called).strength is Strength.ENOUGH
        if rule.requesters and not (able & named(rule.requesters, groups)):
            continue  # nobody could ask at all: that is told by itself
        assert enough == could_be_satisfied(rule, groups, able), (rule, groups, able)


def named(entries: tuple[str, ...], groups: dict[str, tuple[str, ...]]) -> set[str]:
    return {user for entry in entries for user in groups.get(entry, (entry,))}
