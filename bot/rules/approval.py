"""May they? Decided from the configuration, the live Slack user and the request, always with a reason.

Whatever is not known counts as a no: a look-up that failed, an account whose name nobody could read, a list without
names. Authority comes from the configuration and the database, never from what a client sends.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Ruled, Wish
from bot.models.people import Actor, LookupFailure, Standing
from bot.models.requests import ChangeKind, Request, RequestState
from bot.rules.approvers import who_approves, who_decides
from bot.rules.house import House, keys_of

ListOf = Callable[[ApprovalRule], Sequence[str]]
"""Which of a rule's lists of people matters."""


def list_for(wish: Wish) -> ListOf:
    """Say which list of a rule somebody must be on for what they want."""
    if wish is Wish.ASK:
        return lambda rule: rule.requesters
    if wish is Wish.BREAK_GLASS:
        return lambda rule: rule.break_glass
    return lambda rule: rule.may_approve


def groups_that_matter(actor: Actor, rules: Iterable[ApprovalRule], wish: Wish) -> tuple[str, ...]:
    """Say of which user groups Slack must be asked: of none where somebody is named without them.

    Where approvals must come from different groups, an approval counts by any of the approver's.
    """
    people = list_for(wish)
    counts_groups = wish is Wish.APPROVE
    open_rules = [
        rule for rule in rules if (counts_groups and rule.from_different_groups) or actor.user_id not in people(rule)
    ]
    return tuple(dict.fromkeys(each for rule in open_rules for each in people(rule) if is_group(each)))


def is_group(entry: str) -> bool:
    return entry.startswith("S")


def may_ask(house: House, who: Standing, keys: Iterable[Ruled]) -> Permitted | Refused:
    """Every full member may ask whom the rules let, where somebody could approve."""
    outsider = refuse_outsiders(house, who)
    if outsider is not None:
        return outsider
    rules = house.rules_for(keys)
    if isinstance(rules, Refused):
        return rules
    restricted = [rule for rule in rules if rule.requesters]
    if (unknown := _unknown(who, restricted, Wish.ASK)) is not None:
        return unknown
    for rule in restricted:
        if not _capacities(who, rule.requesters):
            return Refused(RefusalReason.NOT_A_REQUESTER, f"The rule “{rule.name}” does not let you ask for this.")
    return next(filter(None, (_hopeless(who, rule) for rule in rules)), None) or Permitted(rules)


def may_decide(house: House, who: Standing, request: Request, wish: Wish, now: datetime) -> Permitted | Refused:
    """Say whether somebody may approve, deny or withdraw a request, have it retried, or break the glass for it."""
    outsider = refuse_outsiders(house, who)
    if outsider is not None:
        return outsider
    is_own = who.actor.user_id == request.requester
    if wish is Wish.WITHDRAW:
        sentence = f"Only <@{request.requester}>, who asked, can withdraw this request. Approvers can deny it."
        return Permitted() if is_own else Refused(RefusalReason.NOT_THE_REQUESTER, sentence)
    if now >= request.expires_at:
        return Refused(RefusalReason.EXPIRED, _EXPIRED[wish])
    rules = house.rules_for(keys_of(request))
    if isinstance(rules, Refused):
        return rules
    if is_own and wish is Wish.RETRY:
        return Permitted(rules)
    if wish is Wish.BREAK_GLASS and request.kind is ChangeKind.EXEMPT:
        return Refused(RefusalReason.NO_BREAK_GLASS, _NO_GLASS_FOR_EXEMPTIONS)
    if wish is Wish.BREAK_GLASS:
        return _may_break_glass(who, rules)
    if is_own:
        theirs = tuple(rule for rule in rules if rule.self_approval and wish is Wish.APPROVE)
        return on_a_list(who, theirs, rules, wish) if theirs else Refused(RefusalReason.OWN_REQUEST, _OWN[wish])
    return on_a_list(who, rules, rules, wish)


def is_too_late(request: Request, wish: Wish) -> bool:
    """Say that a request is decided, so that nobody need ask who may decide it. What failed may be tried again."""
    return request.state is not RequestState.PENDING and wish is not Wish.RETRY


def may_operate(house: House, who: Standing, wish: Wish) -> Permitted | Refused:
    """People who may approve something may also start a scan and send the digest."""
    outsider = refuse_outsiders(house, who)
    if outsider is not None:
        return outsider
    if any(_capacities(who, rule.may_approve) for rule in house.rules):
        return Permitted()
    return _unknown(who, house.rules, wish) or Refused(RefusalReason.NOT_AN_APPROVER, _OPERATORS_ONLY[wish])


_EXPIRED = {
    Wish.APPROVE: "This request has expired. Ask again if the key still needs it.",
    Wish.DENY: "This request has expired already; nothing will be changed.",
    Wish.RETRY: "This request is too old to be tried again. Ask anew, so that it is decided by what is true now.",
    Wish.BREAK_GLASS: "This request has expired. Ask again; the glass can be broken for the new request.",
}
_OWN = {
    Wish.APPROVE: "You asked for this change, so somebody else has to approve it.",
    Wish.DENY: "This is your own request: withdraw it instead.",
}
_NO_GLASS_FOR_EXEMPTIONS = "The glass is there for keys that must rotate now. An exemption waits to be approved."
_OPERATORS_ONLY = {
    Wish.START_SCAN: "Only people who may approve requests can start a scan; the next scheduled one comes by itself.",
    Wish.STOP_SCAN: "Only people who may approve requests can stop a scan.",
    Wish.EDIT_ROUTE: "Only people who may approve requests can edit where digests go and when.",
    Wish.SEND_DIGEST: (
        "Only people who may approve requests can send or preview the digest. "
        "`/kms-rotation status` is there for everybody."
    ),
    Wish.SNOOZE_FOR_DIGEST: (
        "Only people who may approve requests can snooze keys of a channel's digest. "
        "You can snooze the key for yourself."
    ),
}


def refuse_outsiders(house: House, who: Standing) -> Refused | None:
    """Refuse whoever is not a full member of our workspaces, as Slack says at this moment."""
    if who.actor.team_id not in house.workspaces:
        return Refused(RefusalReason.OTHER_WORKSPACE, "Only people of this workspace can do that.")
    if isinstance(who.person, LookupFailure):
        return _lookup_failed(who.person)
    if who.person.user_id != who.actor.user_id or who.person.team_id not in house.workspaces:
        return Refused(RefusalReason.OTHER_WORKSPACE, "Only people of this workspace can do that.")
    if not who.person.is_full_member:
        return Refused(
            RefusalReason.NOT_A_FULL_MEMBER,
            "Only full members of this workspace can do that; guests, bots and deactivated people cannot.",
        )
    return None


def on_a_list(
    who: Standing, rules: Sequence[ApprovalRule], all_rules: Sequence[ApprovalRule], wish: Wish
) -> Permitted | Refused:
    """Permit whoever may approve under one of the rules; where that is not known of one, nobody guesses."""
    unknown = _unknown(who, rules, wish)
    if unknown is not None:
        return unknown
    theirs = tuple(rule for rule in rules if _capacities(who, rule.may_approve))
    if not theirs:
        sentence = f"You are not an approver here. {who_decides(all_rules)}"
        return Refused(RefusalReason.NOT_AN_APPROVER, sentence)
    entries = dict.fromkeys(each for rule in theirs for each in _capacities(who, rule.may_approve))
    return Permitted(theirs, tuple(entries))


def _may_break_glass(who: Standing, rules: Sequence[ApprovalRule]) -> Permitted | Refused:
    """Every rule of the request must let this person; one that names nobody for it lets nobody."""
    closed = [rule for rule in rules if not rule.break_glass]
    if closed:
        sentence = f"The rule “{closed[0].name}” has no break-glass.\n{who_decides(rules)}"
        return Refused(RefusalReason.NO_BREAK_GLASS, sentence)
    unknown = _unknown(who, rules, Wish.BREAK_GLASS)
    if unknown is not None:
        return unknown
    if not all(_capacities(who, rule.break_glass) for rule in rules):
        return Refused(RefusalReason.NO_BREAK_GLASS, "You are not among those who may break the glass here.")
    entries = dict.fromkeys(each for rule in rules for each in _capacities(who, rule.break_glass))
    return Permitted(tuple(rules), tuple(entries))


def _hopeless(who: Standing, rule: ApprovalRule) -> Refused | None:
    """Say so where a request under this rule could never be approved."""
    if rule.is_pre_approved:
        return None
    others = {each for each in rule.may_approve if rule.self_approval or each != who.actor.user_id}
    are_enough = any(map(is_group, others)) and not rule.from_different_groups
    if not others or (len(others) < rule.required and not are_enough):
        sentence = f"This could never be approved: you ask, and nobody approves their own request. {who_approves(rule)}"
        if not rule.may_approve:
            sentence = "The approval rule for this account names nobody, so nobody could approve. Add approvers to it."
        return Refused(RefusalReason.NO_RULE, sentence)
    return None


def _capacities(who: Standing, entries: Iterable[str]) -> tuple[str, ...]:
    """Say by which entries of a list somebody is on it."""
    members = {} if isinstance(who.groups, LookupFailure) else who.groups
    me = who.actor.user_id
    return tuple(each for each in entries if each == me or (is_group(each) and me in members.get(each, frozenset())))


def _unknown(who: Standing, rules: Iterable[ApprovalRule], wish: Wish) -> Refused | None:
    """Refuse where a group matters and Slack did not say who is in it."""
    if isinstance(who.groups, LookupFailure) and groups_that_matter(who.actor, rules, wish):
        return _lookup_failed(who.groups)
    return None


def _lookup_failed(failure: LookupFailure) -> Refused:
    return Refused(
        RefusalReason.LOOKUP_FAILED,
        f"{failure.sentence}, so nobody can tell whether you may do that. Nothing was changed; try again in a minute.",
        failure.sentence,
    )
