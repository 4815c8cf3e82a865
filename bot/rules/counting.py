"""How many approvals count under a rule, and how many are missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.models.approval import ApprovalRule
from bot.models.requests import Decision


@dataclass(frozen=True, slots=True)
class Tally:
    """What a rule has of the approvals that it asks for; one counts by the entry of the list that it was given by."""

    rule: ApprovalRule
    given: int

    @property
    def missing(self) -> int:
        return max(0, self.rule.required - self.given)


def tally(rules: Iterable[ApprovalRule], approvals: Sequence[Decision], requester: str) -> tuple[Tally, ...]:
    """Count a request's approvals under each of its rules. One approval may count under several."""
    return tuple(Tally(rule, _given(rule, approvals, requester)) for rule in rules)


def is_enough(rules: Iterable[ApprovalRule], approvals: Sequence[Decision], requester: str) -> bool:
    """Say whether every rule has what it asks for; no rules have nothing."""
    counts = tally(rules, approvals, requester)
    return bool(counts) and not any(each.missing for each in counts)


def _given(rule: ApprovalRule, approvals: Sequence[Decision], requester: str) -> int:
    by_person = {
        each.user_id: entries
        for each in approvals
        if (entries := set(each.capacities) & set(rule.may_approve))
        and (rule.self_approval or each.user_id != requester)
    }
    return _pairs(by_person.values()) if rule.from_different_groups else len(by_person)


def _pairs(people: Iterable[set[str]]) -> int:
    """Count how many people can each stand for an entry of their own: a maximum matching, by augmenting paths.

    https://en.wikipedia.org/wiki/Maximum_cardinality_matching
    """
    taken: dict[str, set[str]] = {}

    def place(entries: set[str], tried: set[str]) -> bool:
        for entry in sorted(entries - tried):
            tried.add(entry)
            if entry not in taken or place(taken[entry], tried):
                taken[entry] = entries
                return True
        return False

    return sum(place(entries, set()) for entries in people)
