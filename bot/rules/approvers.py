"""Who may approve, in sentences with Slack's own mentions."""

from collections.abc import Sequence

from bot.models.approval import ApprovalRule, Refused
from bot.models.asking import Waiting
from bot.models.requests import ChangeKind, Request
from bot.rules.counting import Tally, tally
from bot.rules.house import House, keys_of


def what_it_waits_for(house: House, request: Request) -> Waiting:
    """Say what a request waits for, by the rules as they are now."""
    rules = house.rules_for(keys_of(request))
    if isinstance(rules, Refused):
        return Waiting(f"Nobody can approve it as things are. {rules.sentence}")
    counts = tally(rules, request.approvals, request.requester)
    has_glass = request.kind is not ChangeKind.EXEMPT and all(rule.break_glass for rule in rules)
    if not any(count.missing for count in counts):
        return Waiting("It has all that the rules ask for by now: one more approval sets it off.", has_glass)
    if len(counts) == 1:
        return Waiting(_told(counts[0]), has_glass)
    lines = [f"“{count.rule.name}”: {_told(count)}" for count in counts]
    return Waiting("\n".join((_SEVERAL.format(len(counts)), *lines)), has_glass)


def _told(count: Tally) -> str:
    return f"{_progress(count)} {who_approves(count.rule)}" if count.missing else _progress(count)


def everybody_concerned(house: House, request: Request) -> tuple[str, ...]:
    """Name all whom a request concerns, as entries of the rules' lists; whoever asked comes first."""
    rules = house.rules_for(keys_of(request))
    listed = () if isinstance(rules, Refused) else (e for rule in rules for e in (*rule.may_approve, *rule.break_glass))
    return tuple(dict.fromkeys((request.requester, *listed)))


def mention(entry: str) -> str:
    return f"<!subteam^{entry}>" if entry.startswith("S") else f"<@{entry}>"


def who_approves(rule: ApprovalRule) -> str:
    """Say who may approve under a rule. Those who are not to be pinged are counted, not mentioned."""
    if rule.is_pre_approved:
        return (
            f"The rule “{rule.name}” asks for no approval, for up to {_keys(rule.daily_cap)} in 24 hours. "
            "Withdraw a request that still waits, and ask again."
        )
    pinged, quiet = [mention(each) for each in rule.approvers], len(rule.quiet_approvers)
    if not pinged:
        return "The rule for this account names nobody, so nobody may approve. Add approvers to it."
    unpinged = "1 other, who is not pinged" if quiet == 1 else f"{quiet} others, who are not pinged"
    more = f"; so can {unpinged}" if quiet else ""
    return f"{enumerated(pinged, 'or')} can approve{_count(rule)}{more}."


def who_decides(rules: Sequence[ApprovalRule] | Refused) -> str:
    """Say who may approve a request under these rules, or why nobody may; of several rules each in a line."""
    if isinstance(rules, Refused):
        return rules.sentence
    if len(rules) == 1:
        return who_approves(rules[0])
    lines = [f"“{rule.name}”: {_NOBODY_NEEDED if rule.is_pre_approved else who_approves(rule)}" for rule in rules]
    return "\n".join((_SEVERAL.format(len(rules)), *lines))


_NOBODY_NEEDED = "Approved beforehand."


def what_is_missing(counts: Sequence[Tally]) -> str:
    """Say how many approvals a request has under each of its rules."""
    if len(counts) == 1:
        return _progress(counts[0])
    return " ".join(f"“{each.rule.name}”: {_progress(each)}" for each in counts)


_SEVERAL = "The keys fall under {} rules, and each must be satisfied."


def _progress(count: Tally) -> str:
    wanted = f"{count.rule.required} approval{'s' if count.rule.required > 1 else ''}"
    if count.rule.is_pre_approved:
        return _NOBODY_NEEDED
    if not count.missing:
        return f"Has its {wanted}."
    if not count.given:
        return f"Waiting for {wanted}."
    return f"{count.given} of {wanted} so far."


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number} keys"


def _count(rule: ApprovalRule) -> str:
    if rule.required == 1:
        return ""
    apart = ", each from another group" if rule.from_different_groups else ""
    return f" ({rule.required} of them are needed{apart})"


def enumerated(names: Sequence[str], word: str) -> str:
    """Write “a, b or c”, with whichever word."""
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else names[0]
