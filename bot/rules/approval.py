"""May they? Decided from the configuration, the live Slack user and the request, always with a reason.

Whatever is not known counts as a no: a look-up that failed, an account whose name nobody could read, a list without
names. Authority comes from the configuration and the database, never from what a client sends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.people import Actor, LookupFailure, Standing
from bot.models.requests import Request
from bot.models.scans import Account


@dataclass(frozen=True, slots=True)
class House:
    """The rules of the house: whose people may act, and who may approve what. The first rule that matches decides."""

    workspaces: frozenset[str]
    rules: tuple[ApprovalRule, ...]

    def rule_for(self, account: Account) -> ApprovalRule | Refused:
        """Find the rule of an account. Patterns ignore case and match its id or its name; an id matches ids alone.

        An account whose name could not be read goes by its id. Whether a pattern of names means it cannot be told, so
        the search stops there: the next rule might be laxer.
        """
        for rule in self.rules:
            if any(_matches(account, pattern) for pattern in rule.accounts):
                return rule
            unclear = [pattern for pattern in rule.accounts if account.name == account.id and not _is_id(pattern)]
            if unclear:
                sentence = (
                    f"The name of account {account.id} could not be read, so nobody can tell whether the approval rule "
                    f"for “{unclear[0]}” means it. Name the account by its id in a rule, or allow "
                    "organizations:ListAccounts."
                )
                return Refused(RefusalReason.NO_RULE, sentence)
        sentence = (
            f"No approval rule covers account “{account.name}” ({account.id}), so nobody may approve. "
            "Add one to the configuration."
        )
        return Refused(RefusalReason.NO_RULE, sentence)

    def rules_for(self, accounts: Iterable[Account]) -> tuple[ApprovalRule, ...] | Refused:
        """Find the rules of several accounts, each rule once; all of them must be satisfied. No account, no rule."""
        found: dict[ApprovalRule, None] = {}
        for account in accounts:
            rule = self.rule_for(account)
            if isinstance(rule, Refused):
                return rule
            found[rule] = None
        return tuple(found) or Refused(RefusalReason.NO_RULE, "No account is named, so nobody may approve.")


def accounts_of(request: Request) -> tuple[Account, ...]:
    return tuple({change.account: Account(change.account, change.account_name) for change in request.changes}.values())


def may_ask(house: House, who: Standing, accounts: Iterable[Account]) -> Permitted | Refused:
    """Every full member may ask, where somebody could approve."""
    outsider = _refuse_outsiders(house, who)
    if outsider is not None:
        return outsider
    rules = house.rules_for(accounts)
    if isinstance(rules, Refused):
        return rules
    if not all(rule.approvers for rule in rules):
        sentence = "The approval rule for this account names nobody, so nobody could approve. Add approvers to it."
        return Refused(RefusalReason.NO_RULE, sentence)
    return _permit(rules)


def may_decide(house: House, who: Standing, request: Request, wish: Wish, now: datetime) -> Permitted | Refused:
    """Say whether somebody may approve or deny a request, withdraw it, or have its failed changes tried again."""
    outsider = _refuse_outsiders(house, who)
    if outsider is not None:
        return outsider
    is_own = who.actor.user_id == request.requester
    if wish is Wish.WITHDRAW:
        sentence = f"Only <@{request.requester}>, who asked, can withdraw this request. Approvers can deny it."
        return Permitted() if is_own else Refused(RefusalReason.NOT_THE_REQUESTER, sentence)
    if now >= request.expires_at:
        return Refused(RefusalReason.EXPIRED, _EXPIRED[wish])
    rules = house.rules_for(accounts_of(request))
    if isinstance(rules, Refused):
        return rules
    if is_own and wish is Wish.RETRY:
        return _permit(rules)
    if is_own:
        return Refused(RefusalReason.OWN_REQUEST, _OWN[wish])
    return _refuse_strangers_to_the_list(who, rules) or _permit(rules)


def may_operate(house: House, who: Standing, wish: Wish) -> Permitted | Refused:
    """People who may approve something may also start a scan and send the digest."""
    outsider = _refuse_outsiders(house, who)
    if outsider is not None:
        return outsider
    if any(_refuse_strangers_to_the_list(who, (rule,)) is None for rule in house.rules):
        return Permitted()
    if isinstance(who.groups, LookupFailure) and any(rule.groups for rule in house.rules):
        return _lookup_failed(who.groups)
    return Refused(RefusalReason.NOT_AN_APPROVER, _OPERATORS_ONLY[wish])


def is_named(actor: Actor, rules: Sequence[ApprovalRule]) -> bool:
    """Say whether somebody is named without their groups, so that nobody needs to ask Slack for those."""
    return all(actor.user_id in rule.users for rule in rules)


_EXPIRED = {
    Wish.APPROVE: "This request has expired. Ask again if the key still needs it.",
    Wish.DENY: "This request has expired already; nothing will be changed.",
    Wish.RETRY: "The approval is no longer fresh. Ask again, so that somebody approves what is true now.",
}
_OWN = {
    Wish.APPROVE: "You asked for this change, so somebody else has to approve it.",
    Wish.DENY: "This is your own request: withdraw it instead.",
}
_OPERATORS_ONLY = {
    Wish.START_SCAN: "Only people who may approve requests can start a scan; the next scheduled one comes by itself.",
    Wish.SEND_DIGEST: (
        "Only people who may approve requests can send the digest. `/kms-rotation status` is there for everybody."
    ),
}


def _refuse_outsiders(house: House, who: Standing) -> Refused | None:
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


def _refuse_strangers_to_the_list(who: Standing, rules: Sequence[ApprovalRule]) -> Refused | None:
    for rule in rules:
        if who.actor.user_id in rule.users:
            continue
        if isinstance(who.groups, LookupFailure) and rule.groups:
            return _lookup_failed(who.groups)
        members = {} if isinstance(who.groups, LookupFailure) else who.groups
        if not any(who.actor.user_id in members.get(group, frozenset()) for group in rule.groups):
            return Refused(RefusalReason.NOT_AN_APPROVER, f"You are not an approver here. {who_approves(rule)}")
    return None


def who_approves(rule: ApprovalRule) -> str:
    """Say who may approve under a rule, in Slack's own mentions."""
    people = [f"<!subteam^{each}>" if each.startswith("S") else f"<@{each}>" for each in rule.approvers]
    if not people:
        return "The rule for this account names nobody, so nobody may approve. Add approvers to it."
    count = "" if rule.required == 1 else f" ({rule.required} of them are needed)"
    return f"{' or '.join((', '.join(people[:-1]), people[-1]) if people[:-1] else people)} can approve{count}."


def who_decides(house: House, accounts: Iterable[Account]) -> str:
    """Say who may approve a request for keys of these accounts, or why nobody may."""
    rules = house.rules_for(accounts)
    if isinstance(rules, Refused):
        return rules.sentence
    each = " ".join(who_approves(rule) for rule in rules)
    return each if len(rules) == 1 else f"The keys fall under {len(rules)} rules; whoever approves is in all: {each}"


def _permit(rules: Sequence[ApprovalRule]) -> Permitted:
    return Permitted(max(rule.required for rule in rules), "; ".join(map(str, rules)))


def _lookup_failed(failure: LookupFailure) -> Refused:
    return Refused(
        RefusalReason.LOOKUP_FAILED,
        f"{failure.sentence}, so nobody can tell whether you may do that. Nothing was changed; try again in a minute.",
    )


def _matches(account: Account, pattern: str) -> bool:
    """Members may rename their accounts, so that a name which looks like an id must not count as one."""
    wanted = pattern.lower()
    return fnmatchcase(account.id, wanted) or (not _is_id(pattern) and fnmatchcase(account.name.lower(), wanted))


def _is_id(pattern: str) -> bool:
    return pattern.isdigit()
