"""A thousand people approve one request at the same moment, on both databases: as many count as are needed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from threading import Barrier

import pytest

from bot.models.approval import ApprovalRule, Wish
from bot.models.asking import Declined, Settled
from bot.models.people import Actor, Person
from bot.models.requests import ChangeState, Request, RequestState
from bot.remediate.decide import Deciding
from bot.rules.house import House
from bot.store.engine import Database
from bot.store.requests import RequestStore
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.samples import CHANNEL, approval, at, enough, request_for

OURS, ADMINS = "T0OURS", "S0KEYADMINS"
THOUSAND = 1000
PATIENCE_SECONDS = 60


class Directory:
    """Knows everybody; all are looked up before anybody's word is counted."""

    def __init__(self) -> None:
        self._together = Barrier(THOUSAND)

    def person(self, user_id: str) -> Person:
        self._together.wait(PATIENCE_SECONDS)
        return Person(user_id, OURS)

    def members(self, groups: Iterable[str]) -> Mapping[str, frozenset[str]]:
        return {group: frozenset(map(approver, range(THOUSAND))) for group in groups}


def approver(number: int) -> str:
    return f"U{number:04}"


@pytest.mark.parametrize("required", [1, 3])
def test_of_a_thousand_approvals_at_once_as_many_count_as_are_needed(database: Database, required: int) -> None:
    store, trail = RequestStore(database), Trail(database)
    rule = ApprovalRule("everything", approvers=(ADMINS,), required=required)
    deciding = Deciding(Directory(), store, trail, House(frozenset({OURS}), (rule,)), CHANNEL, lambda: at(1))
    asked = request_for("a", required=required)
    assert store.create(asked, CHANNEL)

    def approve(number: int) -> tuple[Settled | Declined, bool]:
        """Approve, and claim the change where the answer is that it was approved."""
        answer = deciding.decide(Actor(approver(number), OURS), asked.id, Wish.APPROVE)
        may_claim = isinstance(answer, Settled) and answer.request.state is RequestState.APPROVED
        return answer, may_claim and store.claim(asked.changes[0], datetime.now(UTC))

    answers = all_at_once(approve, THOUSAND)
    request = store.get(asked.id)
    assert request is not None
    assert request.state is RequestState.APPROVED
    assert [change.state for change in request.changes] == [ChangeState.EXECUTING]
    assert sum(has_claimed for _, has_claimed in answers) == 1
    counted = [number for number, (answer, _) in enumerate(answers) if isinstance(answer, Settled)]
    assert sorted(map(approver, counted)) == sorted(request.approvers)
    assert len(counted) == required
    assert {answer.sentence for answer, _ in answers if isinstance(answer, Declined)} == {too_late(request)}
    assert Counter(entry.act for entry in trail.entries()) == {
        "REQUEST_CREATED": 1,
        "APPROVAL_GIVEN": required,
        "REQUEST_APPROVED": 1,
        "CHANGE_CLAIMED": 1,
    }
    assert trail.verify().fault is None


def too_late(request: Request) -> str:
    who = " and ".join(f"<@{each}>" for each in request.approvers)
    return f"This request was approved already, by {who}. Nothing was changed by your click."


def test_of_a_thousand_claims_at_once_one_takes_the_change(database: Database) -> None:
    store = RequestStore(database)
    asked = request_for("a")
    assert store.create(asked, CHANNEL)
    assert store.decide(asked, approval("U0JONAS"), required=1, rule="*", is_enough=enough(1))
    claims = all_at_once(lambda _: store.claim(asked.changes[0], at(2)), THOUSAND)
    assert sum(claims) == 1
    assert [entry.act for entry in Trail(database).entries()].count("CHANGE_CLAIMED") == 1
