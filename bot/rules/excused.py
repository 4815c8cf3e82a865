"""Which exemptions somebody means who filters them."""

from fnmatch import fnmatchcase

from bot.models.exemptions import Exemption
from bot.models.keys import KeyArn
from bot.models.scans import Account
from bot.rules.filters import Filter

LONGEST = 300
"""Longer patterns are not weighed against each other."""


def may_concern(within: Filter, exemption: Exemption, account_name: str = "") -> bool:
    """Say whether an exemption may cover keys that a filter means; what it leaves open is not left out.

    A bare word is looked for in all that was said of it. `account_name` is of the account of its one key.
    """
    scope = exemption.scope
    if scope.is_one_key:
        key = KeyArn.parse(scope.arn)
        if not (within.matches_account(Account(key.account, account_name)) and within.matches_region(key.region)):
            return False
    elif not (_accounts_meet(scope.account, within.account) and _meet(scope.region, within.region)):
        return False
    alias = exemption.name.removeprefix("alias/") if scope.is_one_key else scope.alias
    told = " ".join((exemption.name, account_name, str(scope), exemption.reason, exemption.ticket, exemption.owner))
    return (
        _meet(alias, within.alias.removeprefix("alias/"))
        and within.matches_team(exemption.owner)
        and (not within.word or fnmatchcase(told.lower(), f"*{within.word_pattern.strip('*')}*"))
    )


def _accounts_meet(one: str, other: str) -> bool:
    """Say whether two patterns may mean the same account; one may be of ids, and the other of names."""
    return one.isdigit() != other.isdigit() or _meet(one, other)


def _meet(one: str, other: str) -> bool:
    """Say whether some text matches both patterns, or may; where one is left out, it does."""
    first, second = one.lower(), other.lower()
    if not first or not second or "[" in first + second or max(len(first), len(second)) > LONGEST:
        return True
    seen, open_ = set[tuple[int, int]](), [(0, 0)]
    while open_:
        place = here, there = open_.pop()
        if place in seen:
            continue
        seen.add(place)
        if (here, there) == (len(first), len(second)):
            return True
        left, right = first[here : here + 1], second[there : there + 1]
        if left == "*" or right == "*":
            open_ += [(here + bool(left), there), (here, there + bool(right))]
        if left and right and (left == right or "?" in left + right):
            open_.append((here + 1, there + 1))
    return False
