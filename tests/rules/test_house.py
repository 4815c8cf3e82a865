"""What holds for a request under several rules: how long it waits, when its approvers are reminded, when it is over."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from bot.models.approval import ApprovalRule, KeyFacts, RefusalReason, Refused
from bot.models.requests import Decision, DecisionKind
from bot.models.scans import Account
from bot.rules.house import House, is_fresh, key_of, keys_of
from tests.rules.approval_cases import ID, ME, NOW, OTHER_ID, OURS, key_in, request_of

HOUR, NEVER = timedelta(hours=1), timedelta(0)
PROD, TEST = Account(ID, "prod"), Account(OTHER_ID, "test")


def house(*rules: ApprovalRule, expires_after: timedelta = 24 * HOUR, remind_after: timedelta | None = None) -> House:
    return House(frozenset({OURS}), rules, expires_after, remind_after)


@pytest.mark.parametrize(
    ("of_rules", "of_house", "expected"),
    [
        ([], 24, 24),
        ([None], 24, 24),
        ([2], 24, 2),
        ([48], 24, 48),
        ([48, 2], 24, 2),
        ([48, None], 24, 24),
        ([48, None], 72, 48),
    ],
)
def test_the_most_impatient_rule_says_how_long_a_request_waits(
    of_rules: list[int | None], of_house: int, expected: int
) -> None:
    rules = [ApprovalRule(str(n), expires_after=None if h is None else h * HOUR) for n, h in enumerate(of_rules)]
    assert house(expires_after=of_house * HOUR).lifetime(rules) == expected * HOUR


def test_the_most_impatient_rule_says_when_the_first_reminder_comes_and_one_may_say_never() -> None:
    """Every pair of rules, each with a time of its own, without one, or with “never”, in each of three houses."""
    options = (None, NEVER, HOUR, 2 * HOUR)
    for first, second, of_house in product(options, options, options):
        rules = [ApprovalRule("1", remind_after=first), ApprovalRule("2", remind_after=second)]
        waits = [of_house if each is None else each for each in (first, second)]
        expected = min((each for each in waits if each), default=None)
        assert house(remind_after=of_house).patience(rules) == expected


def test_a_request_falls_under_each_of_its_rules_once_in_the_order_of_its_keys() -> None:
    first, second = ApprovalRule("1", (ID,), approvers=(ME,)), ApprovalRule("2", ("*",), approvers=(ME,))
    keys = [key_in(TEST, 1), key_in(PROD, 2), key_in(TEST, 3), key_in(PROD, 4)]
    assert house(first, second).rules_for(keys) == (second, first)


def test_one_key_without_a_rule_leaves_the_whole_request_without() -> None:
    rules = house(ApprovalRule("1", (ID,), approvers=(ME,))).rules_for([key_in(PROD), key_in(TEST)])
    assert isinstance(rules, Refused)
    assert rules.reason is RefusalReason.NO_RULE
    assert f"“test” ({OTHER_ID})" in rules.sentence


def test_the_keys_of_a_request_are_as_they_were_when_it_was_made() -> None:
    facts = KeyFacts(aliases=("alias/a",), tags=(("team", "x"),), units=("r-ab12",))
    request = request_of([PROD, TEST])
    request = replace(request, changes=tuple(replace(change, facts=facts) for change in request.changes))
    assert keys_of(request) == tuple(
        replace(key_in(account, number), facts=facts) for number, account in enumerate((PROD, TEST))
    )
    assert key_of(request.changes[0]).account == PROD


@pytest.mark.parametrize(
    ("decided", "fresh_until"),
    [
        ([], NOW + HOUR),
        ([NOW - 2 * HOUR], NOW + HOUR),
        ([NOW + HOUR / 2], NOW + 1.5 * HOUR),
        ([NOW + HOUR / 2, NOW + HOUR - timedelta(seconds=1)], NOW + 2 * HOUR - timedelta(seconds=1)),
    ],
)
def test_an_approval_is_fresh_until_the_request_expires_and_for_an_hour_at_least(
    decided: list[datetime], fresh_until: datetime
) -> None:
    decisions = tuple(Decision(f"U{n}", DecisionKind.APPROVE, at) for n, at in enumerate(decided))
    request = replace(request_of([PROD], expires_at=NOW + HOUR), decisions=decisions)
    assert is_fresh(request, fresh_until - timedelta(seconds=1))
    assert not is_fresh(request, fresh_until)


def test_what_nobody_had_to_approve_is_fresh_for_an_hour_at_least() -> None:
    request = replace(request_of([PROD], expires_at=NOW + timedelta(minutes=5)), created_at=NOW)
    assert is_fresh(request, NOW + HOUR - timedelta(seconds=1))
    assert not is_fresh(request, NOW + HOUR)
