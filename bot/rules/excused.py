"""Which exemptions somebody means who filters them."""

from dataclasses import replace
from fnmatch import fnmatchcase

from bot.models.exemptions import Exemption, ExemptionScope
from bot.models.keys import Finding, KeyArn
from bot.rules.filters import Filter

LONGEST = 300
"""Longer patterns are not weighed against each other."""


def may_concern(within: Filter, exemption: Exemption, finding: Finding | None = None) -> bool:
    """Say whether an exemption may cover keys that a filter means; what it leaves open is not left out.

    `finding` is its one key as it was last read. A bare word is looked for in all that was said of it as well.
    """
    word, rest = Filter(word=within.word), replace(within, word="")
    is_said = not within.word or _says(word, exemption) or (finding is not None and word.matches(finding))
    if finding is not None:
        return is_said and rest.matches(finding)
    return is_said and _may_meet(rest, exemption.scope)


def _says(word: Filter, exemption: Exemption) -> bool:
    told = (exemption.name, str(exemption.scope), exemption.reason, exemption.ticket, exemption.owner)
    return fnmatchcase(" ".join(told).lower(), f"*{word.word_pattern.strip('*')}*")


def _may_meet(within: Filter, scope: ExemptionScope) -> bool:
    """Say whether a key could match both; whose it is, and how it is called, nobody knows of a key that is gone."""
    if scope.is_one_key:
        key = KeyArn.parse(scope.arn)
        return _accounts_meet(key.account, within.account) and within.matches_region(key.region)
    team = scope.tag[1] if scope.tag is not None and scope.tag[0].lower() == "team" else ""
    return (
        _accounts_meet(scope.account, within.account)
        and _meet(scope.region, within.region)
        and (_meet(scope.alias, within.alias) or _meet(f"alias/{scope.alias}", within.alias))
        and _meet(team, within.team)
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
