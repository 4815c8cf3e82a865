"""Whether an approval rule means a key. What could not be read is neither yes nor no, and says so.

Patterns ignore case. An account pattern of digits matches ids alone, any other one ids and names: members may rename
their accounts, so that a name which looks like an id must not count as one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from bot.models.approval import ApprovalRule, KeyFacts, RuledKey
from bot.models.scans import Account


class Fit(StrEnum):
    """Whether a rule means a key."""

    YES = "YES"
    NO = "NO"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a rule means a key, and where it does not or nobody can tell, why; with the remedy in the latter case."""

    fit: Fit
    why: str = ""


def match(rule: ApprovalRule, key: RuledKey) -> Match:
    """Compare a key with every condition of a rule. One that does not hold weighs more than one that is unknown."""
    found = list(_conditions(rule, key))
    for fit in (Fit.NO, Fit.UNKNOWN):
        for each in found:
            if each.fit is fit:
                return each
    return Match(Fit.YES)


def _conditions(rule: ApprovalRule, key: RuledKey) -> Iterator[Match]:
    if rule.accounts:
        yield match_account(rule, key.account)
    if rule.units:
        yield match_unit(rule, key.account, key.facts)
    if rule.regions:
        fits = any(_like(key.region, pattern) for pattern in rule.regions)
        yield Match(Fit.YES) if fits else _no(f"Region {key.region}", rule.regions)
    if rule.aliases:
        yield _alias(rule, key)
    if rule.tags:
        yield _tags(rule, key)


def match_account(rule: ApprovalRule, account: Account) -> Match:
    """Compare an account with the accounts of a rule that names some."""
    if any(_like(account.id, each) or (not _is_id(each) and _like(account.name, each)) for each in rule.accounts):
        return Match(Fit.YES)
    unclear = [each for each in rule.accounts if account.name == account.id and not _is_id(each)]
    if not unclear:
        return _no(f"account “{account.name}” ({account.id})", rule.accounts)
    return Match(
        Fit.UNKNOWN,
        f"The name of account {account.id} could not be read, so nobody can tell whether the approval rule for "
        f"“{unclear[0]}” means it. Name the account by its id in a rule, or allow organizations:ListAccounts.",
    )


def match_unit(rule: ApprovalRule, account: Account, facts: KeyFacts) -> Match:
    """Compare what holds an account with the units of a rule that names some."""
    if facts.units is None:
        return _unread(rule, f"The organisational units of account {account.id}", "organizations:ListParents")
    if set(facts.units) & set(rule.units):
        return Match(Fit.YES)
    return _no(f"account “{account.name}” ({account.id}), by its organisational units,", rule.units)


def _alias(rule: ApprovalRule, key: RuledKey) -> Match:
    if key.facts.aliases is None:
        return _unread(rule, "The aliases of the key", "kms:ListAliases")
    names = [alias.removeprefix("alias/") for alias in key.facts.aliases]
    if any(_like(name, pattern.removeprefix("alias/")) for name in names for pattern in rule.aliases):
        return Match(Fit.YES)
    if not names:
        return Match(Fit.NO, "the key has no alias")
    if len(names) == 1:
        return _no(f"alias “{names[0]}”", rule.aliases)
    return Match(Fit.NO, f"none of the {len(names)} aliases is among {', '.join(rule.aliases)}")


def _tags(rule: ApprovalRule, key: RuledKey) -> Match:
    """Every tag of the rule must be there. Names ignore case too, so that a spelling leads to no laxer rule."""
    if key.facts.tags is None:
        return _unread(rule, "The tags of the key", "kms:ListResourceTags")
    for name, pattern in rule.tags:
        values = [value for tag, value in key.facts.tags if tag.lower() == name.lower()]
        if not values:
            return Match(Fit.NO, f"the key has no tag “{name}”")
        if not any(_like(value, pattern) for value in values):
            return Match(Fit.NO, f"tag {name}=“{values[0]}” is not {pattern}")
    return Match(Fit.YES)


def _no(what: str, patterns: Iterable[str]) -> Match:
    return Match(Fit.NO, f"{what} is not among {', '.join(patterns)}")


def _unread(rule: ApprovalRule, what: str, permission: str) -> Match:
    return Match(
        Fit.UNKNOWN,
        f"{what} could not be read, so nobody can tell whether the approval rule “{rule.name}” means it. "
        f"Allow {permission}, and ask again.",
    )


def _like(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower())


def _is_id(pattern: str) -> bool:
    return pattern.isdigit()
