"""Which approval rules decide over keys that are to be excused together: every rule that could mean one of them.

Keys come and go, so a rule is weighed against the scope, not against the keys of today. A rule that surely means none
of them is passed over. One that may mean some decides as well, and the search goes on; it ends with one that surely
means all that are left. Without such a one, some keys would be nobody's to approve.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

from bot.models.approval import ApprovalRule, RefusalReason, Refused, RuledScope
from bot.rules.matching import Fit, Match, match_account, match_unit
from bot.rules.patterns import are_apart, is_wider, may_be_an_id


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
    is_elsewhere = scope and all(
        are_apart(each, scope) and not (may_be_an_id(each) or may_be_an_id(scope)) for each in rule.accounts
    )
    return Extent.NONE if is_elsewhere else Extent.SOME


def _region(rule: ApprovalRule, scope: str) -> Extent:
    if _is_any_wider(rule.regions, scope or "*"):
        return Extent.ALL
    return Extent.NONE if scope and all(are_apart(each, scope) for each in rule.regions) else Extent.SOME


def _is_asked_for(wanted: tuple[str, str], tag: tuple[str, str] | None) -> bool:
    """Say whether the scope's tag is all that a rule wants of one."""
    return tag is not None and wanted[0].lower() == tag[0].lower() and is_wider(wanted[1], tag[1])


def _is_any_wider(patterns: Iterable[str], narrow: str) -> bool:
    return any(is_wider(each, narrow) for each in patterns)
