"""At execution: whoever's word a change is carried out on may have lost their standing since, and the rules may differ.

Where nobody can tell, the change waits and says so; where the approval does not hold any more, it ends without a call.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.models.approval import ApprovalRule, KeyFacts, Permitted, RefusalReason, Refused
from bot.models.keys import FailureKind, ReadFailure
from bot.models.people import LookupFailure, Person
from bot.models.requests import Change, ChangeState, DecisionKind, Mandate, Request, RequestState
from bot.remediate.change import Remediation
from bot.remediate.facts import FactReader
from bot.remediate.recheck import GOOD_FOR, OTHER_RULE, RAN_OUT, Recheck
from bot.rules.house import STILL_FRESH
from bot.rules.verdict import Policy
from bot.store.scans import ScanStore
from tests.remediate.deciders import (
    ACCOUNT,
    ADMINS,
    ASKER,
    BREAKER,
    CHANNEL,
    FIRST,
    HOUR,
    MEMBER,
    NOBODY,
    NOW,
    OURS,
    QUIET,
    SECOND,
    THEIRS,
    UNREAD,
    Directory,
    Office,
    approval,
    request_under,
)

TIMEOUT = LookupFailure("users.info", "timeout")
DENIED = ReadFailure(FailureKind.ACCESS_DENIED, "kms:ListResourceTags", "AccessDeniedException", "")
ALL = ApprovalRule("all", ("*",), approvers=(FIRST, SECOND, ADMINS), quiet_approvers=(QUIET,))
TWO = replace(ALL, required=2)
GLASS = replace(TWO, break_glass=(BREAKER, "S0BREAKERS"))
FREE = replace(ALL, required=0, daily_cap=1000, requesters=(ASKER, "S0TEAM"))


@dataclass
class Aws:
    """What AWS says of keys, as a table by their ARN; tags may also fail."""

    tags_of: dict[str, dict[str, str] | ReadFailure] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...] | ReadFailure] = field(default_factory=dict)
    units: tuple[str, ...] | ReadFailure = ("r-ab12",)
    opened: list[Mandate] = field(default_factory=list)

    def tags(self, arn: str) -> Mapping[str, str] | ReadFailure:
        return self.tags_of.get(arn, {})

    def aliases_of(self, arn: str) -> tuple[str, ...] | ReadFailure:
        return self.aliases.get(arn, ())

    def units_of(self, account_id: str) -> tuple[str, ...] | ReadFailure:
        assert account_id == ACCOUNT
        return self.units

    def open(self, arn: str, mandate: Mandate) -> ReadFailure:
        """Whoever comes so far may change the key; here nobody can."""
        assert arn
        self.opened.append(mandate)
        return ReadFailure(FailureKind.ACCESS_DENIED, "sts:AssumeRole", "AccessDenied", "")


@dataclass
class Bench:
    """Everything that carries a change out, with the people and the keys as tables."""

    office: Office
    aws: Aws = field(default_factory=Aws)

    def __post_init__(self) -> None:
        self.recheck = self.new_recheck()

    def new_recheck(self) -> Recheck:
        house = self.office.house
        return Recheck(
            self.office.deciding.still_holds,
            FactReader(self.aws, self.aws, house),
            house,
            lambda: self.office.now,
        )

    def under(self, *rules: ApprovalRule) -> None:
        """Start again with other rules."""
        self.office.rules = rules
        self.recheck = self.new_recheck()

    def holds(self, request: Request) -> Permitted | Refused:
        return self.office.deciding.still_holds(self.office.now_of(request))

    def carry_out(self, change: Change) -> Change:
        Remediation(
            requests=self.office.store,
            findings=ScanStore(self.office.database),
            sessions=self.aws,
            policy=Policy(),
            channel=CHANNEL,
            recheck=self.recheck,
            clock=lambda: self.office.now,
            pause=lambda _: False,
        ).carry_out(change)
        request = self.office.store.get(change.request_id)
        assert request is not None
        return next(each for each in request.changes if each.id == change.id)


def bench(*rules: ApprovalRule) -> Bench:
    return Bench(Office(rules))


def approved_by_one(office: Office) -> Request:
    request = request_under(ALL)
    assert office.store.create(request, CHANNEL)
    return office.approved(request, approval(FIRST))


def approved_by_two(office: Office) -> Request:
    request = request_under(TWO)
    assert office.store.create(request, CHANNEL)
    return office.approved(request, approval(MEMBER, ADMINS), approval(FIRST))


def broken(office: Office) -> Request:
    request = request_under(GLASS)
    assert office.store.create(request, CHANNEL)
    word = replace(approval(FIRST), kind=DecisionKind.BREAK_GLASS, user_id=BREAKER, note="It cannot wait.")
    assert office.store.break_glass(request, word, rule="", channel=CHANNEL)
    return office.now_of(request)


def pre_approved(office: Office) -> Request:
    request = request_under(FREE)
    assert office.store.create(request, CHANNEL, {"all": 1000})
    return request


@dataclass(frozen=True)
class Basis:
    """On whose word a change is carried out, and how a lost standing of theirs is told."""

    rule: ApprovalRule
    make: Callable[[Office], Request]
    who: str
    did: str
    not_listed: str


BASES = {
    "an approval": Basis(ALL, approved_by_one, FIRST, "approved", "is not among the approvers any more"),
    "one of two approvals": Basis(TWO, approved_by_two, FIRST, "approved", "is not among the approvers any more"),
    "an approval by group": Basis(TWO, approved_by_two, MEMBER, "approved", "is not among the approvers any more"),
    "a broken glass": Basis(
        GLASS, broken, BREAKER, "broke the glass", "is not among those who may break the glass any more"
    ),
    "a rule that asks for none": Basis(FREE, pre_approved, ASKER, "asked", "is not among those who may ask any more"),
}
NO_MEMBER = "is not a full member of this workspace any more"
LOST: Mapping[str, tuple[Person | LookupFailure, str]] = {
    "deactivated": (Person("", OURS, deleted=True), NO_MEMBER),
    "a bot": (Person("", OURS, is_bot=True), NO_MEMBER),
    "a guest": (Person("", OURS, is_restricted=True), NO_MEMBER),
    "a guest of one channel": (Person("", OURS, is_ultra_restricted=True), NO_MEMBER),
    "a stranger": (Person("", OURS, is_stranger=True), NO_MEMBER),
    "of another workspace": (Person("", THEIRS), "does not belong to this workspace any more"),
}


@pytest.mark.parametrize("basis", BASES)
def test_what_holds_holds(basis: str) -> None:
    desk = bench(BASES[basis].rule)
    assert isinstance(desk.holds(BASES[basis].make(desk.office)), Permitted)


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("lost", LOST)
def test_whoever_lost_their_standing_counts_no_more(basis: str, lost: str) -> None:
    found, (person, why) = BASES[basis], LOST[lost]
    desk = bench(found.rule)
    request = found.make(desk.office)
    assert isinstance(person, Person)
    desk.office.people.people[found.who] = replace(person, user_id=found.who)
    verdict = desk.holds(request)
    assert isinstance(verdict, Refused)
    assert verdict.sentence == f"Somebody who {found.did} {why}."
    after = desk.carry_out(request.changes[0])
    assert after.state is ChangeState.FAILED
    assert after.result == f"The approval does not hold any more. {verdict.sentence}"
    assert desk.aws.opened == []


@pytest.mark.parametrize("basis", BASES)
def test_whoever_is_on_the_list_no_more_counts_no_more(basis: str) -> None:
    found = BASES[basis]
    desk = bench(found.rule)
    request = found.make(desk.office)

    def kept(entries: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in entries if each not in {found.who, ADMINS})

    desk.under(
        replace(
            found.rule,
            approvers=kept(found.rule.approvers),
            break_glass=kept(found.rule.break_glass),
            requesters=kept(found.rule.requesters),
        )
    )
    verdict = desk.holds(request)
    assert isinstance(verdict, Refused)
    assert verdict.sentence == f"Somebody who {found.did} {found.not_listed}."


@pytest.mark.parametrize("members", [frozenset({NOBODY}), frozenset[str]()])
def test_whoever_left_the_group_counts_no_more(members: frozenset[str]) -> None:
    desk = bench(TWO)
    request = approved_by_two(desk.office)
    desk.office.people.groups = {ADMINS: members}
    verdict = desk.holds(request)
    assert isinstance(verdict, Refused)
    assert verdict.sentence == "Somebody who approved is not among the approvers any more."


@pytest.mark.parametrize(
    ("admins", "operators", "holds"),
    [((FIRST,), (MEMBER,), True), ((MEMBER,), (FIRST,), True), ((FIRST, MEMBER), (), False), ((), (MEMBER,), False)],
)
def test_an_approval_counts_by_the_groups_that_its_approver_is_in_now(
    admins: tuple[str, ...], operators: tuple[str, ...], *, holds: bool
) -> None:
    rule = replace(TWO, approvers=(ADMINS, "S0OPERATORS"), quiet_approvers=(), from_different_groups=True)
    desk = bench(rule)
    request = request_under(rule)
    assert desk.office.store.create(request, CHANNEL)
    desk.office.approved(request, approval(FIRST, ADMINS), approval(MEMBER, "S0OPERATORS"))
    desk.office.people.groups = {ADMINS: frozenset(admins), "S0OPERATORS": frozenset(operators)}
    assert isinstance(desk.holds(request), Permitted) == holds


def test_a_name_outlives_a_group_that_cannot_be_read() -> None:
    desk = bench(ALL)
    desk.office.people.groups = UNREAD
    assert isinstance(desk.holds(approved_by_one(desk.office)), Permitted)


LOOKUPS: Mapping[str, Callable[[Directory, str], None]] = {
    "the person": lambda people, who: people.people.update({who: TIMEOUT}),
    "the groups": lambda people, _: setattr(people, "groups", UNREAD),
}


@pytest.mark.parametrize(
    ("basis", "what"),
    [
        *((basis, "the person") for basis in BASES),
        ("an approval by group", "the groups"),
        ("one of two approvals", "the groups"),
    ],
)
def test_where_nobody_can_tell_the_change_waits_says_so_and_goes_on_by_itself(basis: str, what: str) -> None:
    found = BASES[basis]
    desk = bench(found.rule)
    request = found.make(desk.office)
    before = dict(desk.office.people.people)
    LOOKUPS[what](desk.office.people, found.who)
    desk.office.recorded()
    failed = TIMEOUT if what == "the person" else UNREAD
    waits = f"{failed.sentence}, so nobody can tell whether the approval still holds. The bot tries again by itself."
    for _ in range(2):
        after = desk.carry_out(request.changes[0])
        assert (after.state, after.result) == (ChangeState.QUEUED, waits)
    assert desk.aws.opened == []
    assert desk.office.recorded() == []
    desk.office.people.people, desk.office.people.groups = before, dict(Directory().groups)  # type: ignore[arg-type]  # a table
    desk.office.now += GOOD_FOR
    after = desk.carry_out(request.changes[0])
    assert "sts:AssumeRole" in after.result
    assert len(desk.aws.opened) == 1


def test_what_is_known_of_one_weighs_more_than_that_another_cannot_be_looked_up() -> None:
    desk = bench(TWO)
    request = approved_by_two(desk.office)
    desk.office.people.people |= {FIRST: Person(FIRST, OURS, deleted=True), MEMBER: TIMEOUT}
    verdict = desk.holds(request)
    assert isinstance(verdict, Refused)
    assert verdict.reason is RefusalReason.NOT_A_FULL_MEMBER


CHANGED_RULES: Mapping[str, tuple[str, tuple[ApprovalRule, ...], str | None]] = {
    "laxer": ("one of two approvals", (ALL,), None),
    "stricter": (
        "an approval",
        (TWO,),
        "The rules ask for other approvals by now. 1 of 2 approvals so far.",
    ),
    "wants different groups": (
        "one of two approvals",
        (replace(TWO, approvers=(ADMINS, SECOND), from_different_groups=True),),
        "The rules ask for other approvals by now. 1 of 2 approvals so far.",
    ),
    "other approvers": ("an approval", (replace(ALL, approvers=(SECOND,)),), "Somebody who approved is not among"),
    "gone": ("an approval", (), "No approval rule covers account “prod” (111111111111), so nobody may approve."),
    "for other accounts": ("an approval", (replace(ALL, accounts=("test-*",)),), "No approval rule covers account"),
    "another before it": (
        "an approval",
        (replace(ALL, name="first", approvers=(SECOND,)), ALL),
        "Somebody who approved is not among the approvers any more.",
    ),
    "looks at tags by now": (
        "an approval",
        (replace(ALL, name="first", tags=(("team", "x"),)), ALL),
        "The tags of the key could not be read",
    ),
    "no glass": ("a broken glass", (TWO,), "Somebody who broke the glass is not among those who may"),
    "asks for approval by now": (
        "a rule that asks for none",
        (ALL,),
        "The rules ask for an approval by now. Ask again.",
    ),
    "asks for none by now": ("an approval", (FREE,), None),
}


@pytest.mark.parametrize("changed", CHANGED_RULES)
def test_the_rules_count_as_they_are_now(changed: str) -> None:
    basis, rules, sentence = CHANGED_RULES[changed]
    desk = bench(BASES[basis].rule)
    request = BASES[basis].make(desk.office)
    desk.under(*rules)
    verdict = desk.recheck.holds(request, request.changes[0])
    if sentence is None:
        assert isinstance(verdict, Permitted)
    else:
        assert isinstance(verdict, Refused)
        assert verdict.reason is not RefusalReason.LOOKUP_FAILED
        assert verdict.sentence.startswith(sentence)


def test_an_approval_that_nobody_holds_any_more_is_not_made_up_for_by_a_rule_that_asks_for_none() -> None:
    desk = bench(ALL)
    request = approved_by_one(desk.office)
    desk.under(FREE)
    desk.office.people.people[FIRST] = Person(FIRST, OURS, deleted=True)
    verdict = desk.holds(request)
    assert isinstance(verdict, Refused)
    assert verdict.reason is RefusalReason.NOT_A_FULL_MEMBER


def test_ones_own_approval_counts_no_more_where_the_rule_does_not_let_it_by_now() -> None:
    desk = bench(replace(ALL, self_approval=True))
    request = request_under(ALL, requester=FIRST)
    assert desk.office.store.create(request, CHANNEL)
    request = desk.office.approved(request, approval(FIRST))
    assert isinstance(desk.holds(request), Permitted)
    desk.under(ALL)
    verdict = desk.holds(request)
    assert isinstance(verdict, Refused)
    assert verdict.sentence == "Somebody who approved asked for it as well, which the rules do not allow any more."


TAGGED = replace(ALL, name="payments", tags=(("team", "payments"),), required=1)
ALIASED = replace(ALL, name="cards", aliases=("card/*",))
PLACED = replace(ALL, name="unit", units=("ou-ab12-payments1",))
PAYMENTS = KeyFacts(aliases=("alias/card/1",), tags=(("team", "payments"),), units=("ou-ab12-payments1", "r-ab12"))


def with_facts(desk: Bench, facts: KeyFacts) -> Request:
    request = request_under(ALL)
    request = replace(request, changes=tuple(replace(change, facts=facts) for change in request.changes))
    assert desk.office.store.create(request, CHANNEL)
    return desk.office.approved(request, approval(FIRST))


@pytest.mark.parametrize("rule", [TAGGED, ALIASED, PLACED], ids=["tags", "aliases", "units"])
@pytest.mark.parametrize("reads", ["as before", "otherwise", "not at all"])
def test_a_key_that_falls_under_another_rule_by_now_is_not_changed(rule: ApprovalRule, reads: str) -> None:
    desk = bench(rule, replace(ALL, name="rest", approvers=(FIRST,)))
    request = with_facts(desk, PAYMENTS)
    (change,) = request.changes
    if reads == "as before":
        desk.aws.tags_of[change.arn] = {"team": "payments"}
        desk.aws.aliases[change.arn] = ("alias/card/1",)
        desk.aws.units = ("ou-ab12-payments1", "r-ab12")
    elif reads == "not at all":
        desk.aws.tags_of[change.arn] = desk.aws.aliases[change.arn] = desk.aws.units = DENIED
    after = desk.carry_out(change)
    if reads == "as before":
        assert len(desk.aws.opened) == 1
    elif reads == "otherwise":
        assert after.state is ChangeState.FAILED
        assert after.result == f"The approval does not hold any more. {OTHER_RULE}"
    else:
        assert after.state is ChangeState.QUEUED
        assert "could not be read, so nobody can tell whether the approval rule" in after.result
    assert len(desk.aws.opened) == (reads == "as before")


def test_a_key_that_no_rule_means_any_more_is_not_changed() -> None:
    desk = bench(TAGGED)
    request = with_facts(desk, PAYMENTS)
    after = desk.carry_out(request.changes[0])
    assert after.state is ChangeState.FAILED
    assert "No approval rule means this key of account “prod” (111111111111), eu-central-1" in after.result


def test_what_other_rules_look_at_does_not_matter_where_the_first_one_decides_by_the_account() -> None:
    desk = bench(ALL, TAGGED)
    request = with_facts(desk, PAYMENTS)
    desk.aws.tags_of[request.changes[0].arn] = DENIED
    assert isinstance(desk.recheck.holds(request, request.changes[0]), Permitted)


def test_a_hundred_changes_of_a_request_take_one_look_at_its_people() -> None:
    desk = bench(TWO)
    request = request_under(TWO, keys=100)
    assert desk.office.store.create(request, CHANNEL)
    request = desk.office.approved(request, approval(FIRST), approval(MEMBER, ADMINS))
    with ThreadPoolExecutor(16) as crew:
        verdicts = list(crew.map(lambda change: desk.recheck.holds(request, change), request.changes))
    assert all(isinstance(verdict, Permitted) for verdict in verdicts)
    assert sorted(desk.office.people.asked) == sorted([FIRST, MEMBER, ADMINS])
    desk.office.now += GOOD_FOR - timedelta(seconds=1)
    desk.recheck.holds(request, request.changes[0])
    assert len(desk.office.people.asked) == 3
    desk.office.now += timedelta(seconds=1)
    desk.recheck.holds(request, request.changes[0])
    assert len(desk.office.people.asked) == 6


def test_another_request_has_a_look_of_its_own() -> None:
    desk = bench(ALL)
    first, second = approved_by_one(desk.office), approved_by_one(desk.office)
    for request in (first, second, first):
        desk.recheck.holds(request, request.changes[0])
    assert desk.office.people.asked == [FIRST, FIRST]


@pytest.mark.parametrize("basis", BASES)
def test_an_approval_that_ran_out_before_the_bot_came_to_it_changes_nothing(basis: str) -> None:
    found = BASES[basis]
    desk = bench(found.rule)
    request = found.make(desk.office)
    desk.office.now = request.expires_at - timedelta(microseconds=1)
    assert isinstance(desk.recheck.holds(request, request.changes[0]), Permitted)
    desk.office.now = request.expires_at
    desk.office.people.asked.clear()
    after = desk.carry_out(request.changes[0])
    assert after.state is ChangeState.FAILED
    assert after.result == f"The approval does not hold any more. {RAN_OUT}"
    assert desk.office.people.asked == []
    assert desk.office.now_of(request).state is RequestState.DONE


def test_an_approval_given_in_the_last_minute_holds_for_an_hour() -> None:
    desk = bench(ALL)
    request = request_under(ALL, expires_at=NOW + timedelta(minutes=1))
    assert desk.office.store.create(request, CHANNEL)
    request = desk.office.approved(request, approval(FIRST, at=NOW))
    desk.office.now = NOW + STILL_FRESH - timedelta(seconds=1)
    assert isinstance(desk.recheck.holds(request, request.changes[0]), Permitted)
    desk.office.now += timedelta(seconds=1)
    assert desk.recheck.holds(request, request.changes[0]) == Refused(RefusalReason.EXPIRED, RAN_OUT)
    assert HOUR == STILL_FRESH
