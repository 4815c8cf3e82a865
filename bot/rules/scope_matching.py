"""Which approval rules decide over keys that are to be excused together: every rule that could mean one of them.

Keys come and go, so a rule is weighed against the scope, not against the keys of today. A rule that surely means none
of them is passed over. One that may mean some decides as well, and the search goes on; it ends with one that surely
means all that are left. Without such a one, some keys would be nobody's to approve.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from fnmatch import fnmatchcase

from bot.models.approval import ApprovalRule, RefusalReason, Refused, RuledScope
from bot.models.exemptions import WILDCARDS
from bot.rules.matching import Fit, Match, match_account, match_unit


class Extent(IntEnum):
    """Of the keys of a scope, how many a rule means. In doubt, some."""

    NONE = 0
    SOME = 1
    ALL = 2


NO_RULE = (
    "No approval rule is sure to mean every key that this may cover, so some of them would be nobody's to approve. "
    "Narrow it, by the account's id for example, or add a rule for every account to the configuration."
)
NEEDS_APPROVAL = (
    "The rules ask for no approval here, so only single keys can be exempted: a rule without approvals lets a certain "
    "number of keys through a day, and this may cover any number."
)


def rules_over_scope(rules: Sequence[ApprovalRule], ruled: RuledScope) -> tuple[ApprovalRule, ...] | Refused:
    """Find all rules that must be satisfied. What could not be read of a named account stops the search."""
    included: list[ApprovalRule] = []
    for rule in rules:
        found = list(_conditions(rule, ruled))
        if Extent.NONE in found:
            continue
        unread = next((each for each in found if isinstance(each, Match)), None)
        if unread is not None:
            return Refused(RefusalReason.NO_RULE, unread.why)
        included.append(rule)
        if Extent.SOME not in found:
            break
    else:
        return Refused(RefusalReason.NO_RULE, NO_RULE)
    if all(rule.is_pre_approved for rule in included):
        return Refused(RefusalReason.NO_RULE, NEEDS_APPROVAL)
    return tuple(included)


def _conditions(rule: ApprovalRule, ruled: RuledScope) -> Iterator[Extent | Match]:
    """Weigh each condition of a rule; a Match says what could not be read."""
    scope, account = ruled.scope, ruled.account
    if rule.accounts:
        yield _account(rule, ruled.scope.account) if account is None else _known(match_account(rule, account))
    if rule.units:
        yield Extent.SOME if account is None else _known(match_unit(rule, account, ruled.facts))
    if rule.regions:
        yield _region(rule, scope.region)
    if rule.aliases:
        aliases = [each.removeprefix("alias/") for each in rule.aliases]
        yield Extent.ALL if scope.alias and _is_any_wider(aliases, scope.alias) else Extent.SOME
    if rule.tags:
        yield Extent.ALL if all(_is_asked_for(each, scope.tag) for each in rule.tags) else Extent.SOME


def _known(found: Match) -> Extent | Match:
    return found if found.fit is Fit.UNKNOWN else Extent.ALL if found.fit is Fit.YES else Extent.NONE


def _account(rule: ApprovalRule, scope: str) -> Extent:
    """Weigh a scope that names no account by its id. Its pattern may match the id or the name of one, the rule's too.

    An account that matches the scope by its id may match the rule by any name; so both must be of letters to be apart.
    """
    if _is_any_wider(rule.accounts, scope or "*"):
        return Extent.ALL
    are_apart = scope and all(
        _are_apart(each, scope) and not (_may_be_an_id(each) or _may_be_an_id(scope)) for each in rule.accounts
    )
    return Extent.NONE if are_apart else Extent.SOME


def _region(rule: ApprovalRule, scope: str) -> Extent:
    if _is_any_wider(rule.regions, scope or "*"):
        return Extent.ALL
    return Extent.NONE if scope and all(_are_apart(each, scope) for each in rule.regions) else Extent.SOME


def _is_asked_for(wanted: tuple[str, str], tag: tuple[str, str] | None) -> bool:
    """Say whether the scope's tag is all that a rule wants of one."""
    return tag is not None and wanted[0].lower() == tag[0].lower() and is_wider(wanted[1], tag[1])


def _is_any_wider(patterns: Iterable[str], narrow: str) -> bool:
    return any(is_wider(each, narrow) for each in patterns)


def is_wider(wide: str, narrow: str) -> bool:
    """Say whether a pattern matches all that another one does; in doubt, no.

    Whatever stands for a wildcard in the narrower one, the wider one must match: nothing, one sign, many.
    """
    wide, narrow = wide.lower(), narrow.lower()
    if wide == narrow or not wide.strip("*"):
        return True
    if "[" in wide + narrow:
        return False
    probes = [narrow.replace("?", "\0").replace("*", filling) for filling in ("", "\0", "\0" * 9)]
    return all(fnmatchcase(probe, wide) for probe in probes)


def _are_apart(one: str, other: str) -> bool:
    """Say whether no text matches both patterns; in doubt, no."""
    one, other = one.lower(), other.lower()
    for text, pattern in ((one, other), (other, one)):
        if not any(sign in text for sign in WILDCARDS):
            return not fnmatchcase(text, pattern)
    starts, ends = (_start(one), _start(other)), (_start(one[::-1]), _start(other[::-1]))
    return not all(first.startswith(second) or second.startswith(first) for first, second in (starts, ends))


def _start(pattern: str) -> str:
    """What stands before the first wildcard; from behind, that of a pattern which is reversed."""
    end = next((place for place, sign in enumerate(pattern) if sign in "*?[]"), len(pattern))
    return pattern[:end]


def _may_be_an_id(pattern: str) -> bool:
    return "[" in pattern or all(sign.isdigit() or sign in WILDCARDS for sign in pattern)
