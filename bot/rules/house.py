"""The rules of the house: whose people may act, and which rule decides over a key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.models.approval import ApprovalRule, RefusalReason, Refused, Ruled, RuledKey, RuledScope
from bot.models.requests import Change, Request
from bot.models.scans import Account
from bot.rules.matching import Fit, match
from bot.rules.scope_matching import rules_over_scope

EXPIRES_AFTER = timedelta(hours=24)
STILL_FRESH = timedelta(hours=1)
"""So long after its last approval a request may be carried out, even where it would have expired meanwhile."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rule that decides over a key, or why none does; and the rules before it, each with why it does not."""

    decides: ApprovalRule | Refused
    passed_over: tuple[tuple[ApprovalRule, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rules look at in a key beyond its ARN and its account's name, and so what must be read."""

    units: bool
    tags: bool
    aliases: bool


@dataclass(frozen=True, slots=True)
class House:
    """`expires_after` and `remind_after` hold where a rule does not say otherwise; no time or None: no reminders."""

    workspaces: frozenset[str]
    rules: tuple[ApprovalRule, ...]
    expires_after: timedelta = EXPIRES_AFTER
    remind_after: timedelta | None = None

    @property
    def needs(self) -> Needs:
        return Needs(
            units=any(rule.units for rule in self.rules),
            tags=any(rule.tags for rule in self.rules),
            aliases=any(rule.aliases for rule in self.rules),
        )

    def ruling(self, key: RuledKey) -> Ruling:
        """Find the first rule that means a key. Where nobody can tell whether one does, the next might be laxer."""
        passed_over: list[tuple[ApprovalRule, str]] = []
        for rule in self.rules:
            found = match(rule, key)
            if found.fit is Fit.YES:
                return Ruling(rule, tuple(passed_over))
            if found.fit is Fit.UNKNOWN:
                return Ruling(Refused(RefusalReason.NO_RULE, found.why), tuple(passed_over))
            passed_over.append((rule, found.why))
        sentence = (
            f"No approval rule covers account “{key.account.name}” ({key.account.id}), so nobody may approve. "
            "Add one to the configuration."
        )
        if any(rule.units or rule.tags or rule.aliases or rule.regions for rule in self.rules):
            sentence = (
                f"No approval rule means this key of account “{key.account.name}” ({key.account.id}), {key.region}, so "
                "nobody may approve. Add one to the configuration."
            )
        return Ruling(Refused(RefusalReason.NO_RULE, sentence), tuple(passed_over))

    def rules_over(self, ruled: Ruled) -> tuple[ApprovalRule, ...] | Refused:
        """Find the rule of a key, or all rules of the keys that a scope covers now or later."""
        if isinstance(ruled, RuledScope):
            return rules_over_scope(self.rules, ruled)
        rule = self.ruling(ruled).decides
        return rule if isinstance(rule, Refused) else (rule,)

    def rules_for(self, keys: Iterable[Ruled]) -> tuple[ApprovalRule, ...] | Refused:
        """Find the rules of several keys, each rule once; all of them must be satisfied. No key, no rule."""
        found: dict[ApprovalRule, None] = {}
        for key in keys:
            rules = self.rules_over(key)
            if isinstance(rules, Refused):
                return rules
            found |= dict.fromkeys(rules)
        return tuple(found) or Refused(RefusalReason.NO_RULE, "No key is named, so nobody may approve.")

    def lifetime(self, rules: Iterable[ApprovalRule]) -> timedelta:
        """How long a request under these rules waits: as long as the most impatient of them lets it."""
        return min((rule.expires_after or self.expires_after for rule in rules), default=self.expires_after)

    def patience(self, rules: Iterable[ApprovalRule]) -> timedelta | None:
        """How long a request under these rules waits before the first reminder; None means that none is sent."""
        waits = (self.remind_after if rule.remind_after is None else rule.remind_after for rule in rules)
        return min(filter(None, waits), default=None)


def key_of(change: Change) -> Ruled:
    """The key of a change, or the keys that are to be excused together, as they were when it was asked for."""
    account = Account(change.account, change.account_name)
    if change.exemption is not None and not change.is_one_key:
        return RuledScope(change.exemption.scope, account if account.id else None, change.facts)
    return RuledKey(change.arn, account, change.region, change.facts)


def keys_of(request: Request) -> tuple[Ruled, ...]:
    return tuple(map(key_of, request.changes))


def is_fresh(request: Request, now: datetime) -> bool:
    """Say whether an approved request may still be carried out."""
    last = max((each.at for each in request.decisions), default=request.created_at)
    return now < max(request.expires_at, last + STILL_FRESH)
