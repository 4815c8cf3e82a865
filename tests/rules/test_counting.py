"""How many approvals count under a rule, against every way of handing out entries to people."""

from itertools import chain, combinations, permutations, product

import pytest

from bot.models.approval import ApprovalRule
from bot.models.requests import Decision, DecisionKind
from bot.rules.counting import is_enough, tally
from tests.rules.approval_cases import ME, NOW, SOMEBODY

PEOPLE = ("U0A", "U0B", "U0C", "U0D")
ENTRIES = ("S0A", "S0B", "S0C", "S0D")
SUBSETS = tuple(chain.from_iterable(combinations(ENTRIES, size) for size in range(len(ENTRIES) + 1)))


def approval(user_id: str, *capacities: str) -> Decision:
    return Decision(user_id, DecisionKind.APPROVE, NOW, capacities=capacities)


def most_pairs(people: tuple[tuple[str, ...], ...]) -> int:
    """Try every order in which entries can be handed out, and see how many people hold one of theirs."""
    return max(
        sum(entry in theirs for entry, theirs in zip(order, people, strict=False))
        for order in permutations(ENTRIES, len(people))
    )


@pytest.mark.parametrize("number", range(5))
def test_different_groups_are_counted_as_well_as_they_can_be(number: int) -> None:
    """Up to four people, each by any of the 16 sets of four groups: 1 + 16 + 16² + 16³ + 16⁴ = 69,905 cases."""
    plain = ApprovalRule("plain", approvers=ENTRIES, required=2)
    apart = ApprovalRule("apart", approvers=ENTRIES[:2], quiet_approvers=ENTRIES[2:], from_different_groups=True)
    for held in product(SUBSETS, repeat=number):
        given = [approval(who, *theirs) for who, theirs in zip(PEOPLE, held, strict=False)]
        by_head, by_group = tally((plain, apart), given, SOMEBODY)
        assert by_head.given == sum(map(bool, held))
        assert by_group.given == (most_pairs(held) if number else 0), held


def test_the_order_of_approvals_does_not_matter() -> None:
    rule = ApprovalRule("apart", approvers=ENTRIES, required=3, from_different_groups=True)
    given = [approval("U0A", "S0A", "S0B"), approval("U0B", "S0A"), approval("U0C", "S0B", "S0C")]
    for order in permutations(given):
        assert is_enough((rule,), order, SOMEBODY)


def test_somebody_in_two_groups_counts_once() -> None:
    rule = ApprovalRule("apart", approvers=("S0A", "S0B"), required=2, from_different_groups=True)
    assert tally((rule,), [approval("U0A", "S0A", "S0B")], SOMEBODY)[0].missing == 1


def test_two_of_one_group_count_once_where_groups_must_differ() -> None:
    rule = ApprovalRule("apart", approvers=("S0A", "S0B"), required=2, from_different_groups=True)
    assert not is_enough((rule,), [approval("U0A", "S0A"), approval("U0B", "S0A")], SOMEBODY)
    assert is_enough((rule,), [approval("U0A", "S0A"), approval("U0B", "S0B")], SOMEBODY)


@pytest.mark.parametrize("self_approval", [False, True])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("others", range(3))
def test_the_requesters_own_approval_counts_only_where_the_rule_lets_it(
    self_approval: bool, apart: bool, others: int
) -> None:
    rule = ApprovalRule("it", approvers=ENTRIES, required=1, self_approval=self_approval, from_different_groups=apart)
    given = [approval(ME, "S0A"), *(approval(PEOPLE[n], ENTRIES[n + 1]) for n in range(others))]
    assert tally((rule,), given, ME)[0].given == others + self_approval
    assert is_enough((rule,), given, ME) == bool(others or self_approval)


@pytest.mark.parametrize("required", range(4))
@pytest.mark.parametrize("given", range(5))
def test_a_rule_misses_what_it_requires_less_what_it_has(required: int, given: int) -> None:
    rule = ApprovalRule("it", approvers=("S0A",), required=required)
    (count,) = tally((rule,), [approval(who, "S0A") for who in PEOPLE[:given]], SOMEBODY)
    assert (count.given, count.missing) == (given, max(0, required - given))


def test_an_approval_counts_by_the_entries_that_the_rule_names_and_under_every_such_rule() -> None:
    first = ApprovalRule("first", approvers=("S0A",))
    second = ApprovalRule("second", approvers=("U0X",), quiet_approvers=("S0A",), required=2)
    third = ApprovalRule("third", approvers=("S0B",))
    given = [approval("U0A", "S0A"), approval("U0B", "S0A", "S0B"), approval("U0C", "S0C"), approval("U0D")]
    assert [each.given for each in tally((first, second, third), given, SOMEBODY)] == [2, 2, 1]
    assert is_enough((first, second, third), given, SOMEBODY)
    assert not is_enough((first, second, third), given[:1], SOMEBODY)


def test_no_rule_has_nothing_and_one_that_asks_for_nothing_has_enough() -> None:
    assert not is_enough((), [approval("U0A", "S0A")], SOMEBODY)
    assert is_enough((ApprovalRule("it", required=0, daily_cap=1),), [], SOMEBODY)
