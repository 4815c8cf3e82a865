"""Explaining: which rule decides over a key, who could approve, and why anybody could not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from bot.models.approval import ApprovalRule, KeyFacts, Permitted, Refused, RuledKey, Wish
from bot.models.keys import ReadFailure
from bot.models.people import Actor, LookupFailure, Standing
from bot.models.requests import Change, ChangeState, Request, RequestState
from bot.models.staffing import GroupState, Roll
from bot.remediate.gateways import FactSource, Organization
from bot.roll import RollCall
from bot.rules.approval import groups_that_matter, may_ask, may_decide
from bot.rules.explanation import Explanation, Fact, Yourself
from bot.rules.house import House

Answer = TypeVar("Answer")

_SILENT = frozenset({GroupState.UNREAD, GroupState.NOT_ALLOWED, GroupState.NO_GROUPS_ON_PLAN})
"""Where Slack does not say who is in a group, nobody is let through by it."""


class Caps(Protocol):
    """How many keys a rule let through without an approval in the last 24 hours."""

    def used(self, rule: str, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Explaining:
    """Everything that explaining needs. Without a roll call nobody is looked up; without caps nothing is counted."""

    house: House
    keys: FactSource
    organization: Organization
    roll_call: RollCall | None
    caps: Caps | None
    clock: Callable[[], datetime]

    def explain(self, key: RuledKey, name: str, actor: Actor | None = None) -> Explanation:
        """Read of the key what the rules look at, find its rule, and look up the people whom that rule names.

        `actor` is whoever asks; they are told what they could do themselves.
        """
        facts, known = self._read(key)
        ruled = replace(key, facts=known)
        ruling = self.house.ruling(ruled)
        told = Explanation(name, ruled, self.house, ruling, facts)
        rule = ruling.decides
        if isinstance(rule, Refused):
            return told if actor is None else replace(told, yourself=self._yourself(told, actor))
        if rule.is_pre_approved and self.caps is not None:
            told = replace(told, used=self.caps.used(rule.name, self.clock()))
        if self.roll_call is not None:
            told = replace(told, roll=self.roll_call.of(named_by(rule)))
        return told if actor is None else replace(told, yourself=self._yourself(told, actor))

    def _read(self, key: RuledKey) -> tuple[tuple[Fact, ...], KeyFacts]:
        needs = self.house.needs
        aliases = self.keys.aliases_of(key.arn) if needs.aliases else None
        tags = self.keys.tags(key.arn) if needs.tags else None
        units = self.organization.units_of(key.account.id) if needs.units else None
        pairs = tags if tags is None or isinstance(tags, ReadFailure) else tuple(sorted(tags.items()))
        spelt = pairs if pairs is None or isinstance(pairs, ReadFailure) else tuple(f"{n}={v}" for n, v in pairs)
        facts = (_fact("aliases", aliases), _fact("tags", spelt), _fact("organisational units", units))
        return facts, KeyFacts(_unless_failed(aliases), _unless_failed(pairs), _unless_failed(units))

    def _yourself(self, told: Explanation, actor: Actor) -> Yourself | None:
        if self.roll_call is None:
            return None
        person, now = self.roll_call.person(actor.user_id), self.clock()
        request = _somebodys(told.key, now, now + self.house.expires_after)

        def standing(wish: Wish) -> Standing:
            rules = () if told.rule is None else (told.rule,)
            return Standing(actor, person, _groups(told.roll or Roll(), groups_that_matter(actor, rules, wish)))

        def decide(wish: Wish) -> Permitted | Refused:
            return may_decide(self.house, standing(wish), request, wish, now)

        has_glass = told.rule is not None and bool(told.rule.break_glass)
        return Yourself(
            ask=may_ask(self.house, standing(Wish.ASK), [told.key]),
            approve=decide(Wish.APPROVE),
            glass=decide(Wish.BREAK_GLASS) if has_glass else None,
        )


def named_by(rule: ApprovalRule) -> tuple[str, ...]:
    """All whom a rule names: those who approve first, since of many not all are looked up."""
    return tuple(dict.fromkeys((*rule.may_approve, *rule.break_glass, *rule.requesters)))


def _groups(roll: Roll, wanted: Iterable[str]) -> dict[str, frozenset[str]] | LookupFailure:
    groups = [roll.groups[each] for each in wanted]
    silent = next((each for each in groups if each.state in _SILENT), None)
    if silent is not None:
        return LookupFailure(f"usergroups.list of {silent.id}", silent.code)
    return {each.id: each.members for each in groups}


def _somebodys(key: RuledKey, now: datetime, expires_at: datetime) -> Request:
    """Make up a request for the key by somebody else, to put to the rules."""
    change = Change("", "", key.arn, "", key.account.name, ChangeState.QUEUED, period_days=365, facts=key.facts)
    return Request("", RequestState.PENDING, "", "", "", 1, now, expires_at, (change,))


def _fact(name: str, answer: Iterable[str] | ReadFailure | None) -> Fact:
    if isinstance(answer, ReadFailure):
        return Fact(name, why=answer.sentence)
    return Fact(name) if answer is None else Fact(name, tuple(answer))


def _unless_failed(answer: Answer | ReadFailure | None) -> Answer | None:
    return None if isinstance(answer, ReadFailure) else answer
