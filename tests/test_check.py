"""Checking the rules' organisational units, and not looking up more people than Slack lets us."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.check import RuleCheck
from bot.models.approval import ApprovalRule
from bot.models.keys import FailureKind, ReadFailure
from bot.models.people import LookupFailure, Person
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.staffing import Hindrance, UserGroup
from bot.remarks import Weight
from bot.roll import GOOD_FOR, RollCall
from bot.rules.house import House
from bot.settings.places import spell

OURS = frozenset({"T0OURS"})
PROD, GONE = "ou-nw1x-prod0001", "ou-nw1x-gone0001"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Organization:
    """One unit below the root; whatever else is asked for is answered as AWS does, or with a failure."""

    failure: ReadFailure = field(
        default_factory=lambda: ReadFailure(
            FailureKind.SERVICE_ERROR, "organizations:ListParents", "ChildNotFoundException", "You specified a child …"
        )
    )

    def units_of(self, account_id: str) -> tuple[str, ...] | ReadFailure:
        return ("r-nw1x",) if account_id == PROD else self.failure


@dataclass
class Directory:
    """A workspace of full members, with one large group, which counts what it is asked."""

    members: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def person(self, user_id: str) -> Person | LookupFailure:
        self.asked.append(user_id)
        return LookupFailure("users.info", "ratelimited") if self.down else Person(user_id, "T0OURS")

    def user_groups(self, wanted: Iterable[str]) -> Mapping[str, UserGroup | SlackFailure]:
        names = [*wanted]
        self.asked += names
        failure = SlackFailure(SlackFailureKind.UNAVAILABLE, "ratelimited")
        return {each: failure if self.down else UserGroup(each, "large", frozenset(self.members)) for each in names}


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


def check(rule: ApprovalRule, directory: Directory, organization: Organization | None = None) -> RuleCheck:
    house = House(OURS, (rule,))
    return RuleCheck(house, spell, RollCall(directory, OURS, Clock()), organization or Organization())


@pytest.mark.parametrize(
    ("code", "weight", "words"),
    [
        ("ChildNotFoundException", Weight.WARNING, f"The organisation has no unit {GONE}, so no account is in it."),
        ("AccessDeniedException", Weight.UNREAD, f"{GONE} could not be looked up: organizations:ListParents"),
    ],
)
def test_a_unit_that_is_not_there_is_told_apart_from_one_that_cannot_be_looked_up(
    code: str, weight: Weight, words: str
) -> None:
    kind = FailureKind.SERVICE_ERROR if weight is Weight.WARNING else FailureKind.ACCESS_DENIED
    failing = Organization(ReadFailure(kind, "organizations:ListParents", code, "…"))
    rule = ApprovalRule("units", units=("r-nw1x", PROD, GONE), approvers=("U0A",))
    (remark,) = check(rule, Directory(), failing).run()
    assert (remark.weight, remark.problem.place) == (weight, "approval.rule[1].organizational_units[3]")
    assert remark.problem.what.startswith(words)


def test_of_a_large_group_not_all_are_looked_up_and_that_is_a_note() -> None:
    directory = Directory(tuple(f"U0{number:03}" for number in range(300)))
    (remark,) = check(ApprovalRule("large", approvers=("S0LARGE", "U0NAMED")), directory).run()
    assert (remark.weight, remark.problem.place) == (Weight.NOTE, "approval.rule[1].approvers[1]")
    assert remark.problem.what.startswith("261 of the 300 people in @large (S0LARGE) were not looked up")
    assert len(directory.asked) == 1 + 40
    assert "U0NAMED" in directory.asked


def test_the_roll_is_called_anew_only_after_a_while_and_what_failed_at_once() -> None:
    directory, clock = Directory(("U0A",)), Clock()
    roll_call = RollCall(directory, OURS, clock)
    assert roll_call.of(["S0LARGE"]).people["U0A"].is_able
    assert roll_call.of(["S0LARGE"]).people["U0A"].is_able
    assert directory.asked == ["S0LARGE", "U0A"]
    clock.now += GOOD_FOR
    directory.down = True
    assert roll_call.of(["S0LARGE", "U0A"]).people["U0A"].hindrance is Hindrance.LOOKUP_FAILED
    directory.down = False
    assert roll_call.of(["S0LARGE", "U0A"]).people["U0A"].is_able
    clock.now += timedelta(seconds=1)
    assert roll_call.of(["U0A"]).people["U0A"].is_able
    assert directory.asked == ["S0LARGE", "U0A"] * 3
