"""The approval rules in words, with Slack's own mentions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from bot.models.approval import ApprovalRule
from bot.rules.approvers import enumerated, mention
from bot.rules.house import House


def whom_it_means(rule: ApprovalRule) -> str:
    """Say for which keys a rule is: all conditions together, any of the patterns of each."""
    if not _is_narrow(rule.accounts) and not (rule.units or rule.tags or rule.aliases or rule.regions):
        return "Every key."
    return f"Keys {', '.join(_conditions(rule))}."


def what_it_asks_for(rule: ApprovalRule, house: House) -> tuple[str, ...]:
    """Say, a sentence each, who may ask, who approves, and what else holds."""
    return tuple(_terms(rule, house))


def needs_none(rule: ApprovalRule) -> str:
    """Say, without a full stop, for how much a rule needs no approval."""
    keys = "1 key" if rule.daily_cap == 1 else f"{rule.daily_cap} keys"
    return f"No approval is needed, for up to {keys} in 24 hours"


def span(length: timedelta) -> str:
    """Write a length of time in the largest unit that leaves nothing over: “36 hours”, “2 days”."""
    minutes = int(length.total_seconds() // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            number = minutes // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    raise ValueError(f"{length} is no number of minutes")


def _conditions(rule: ApprovalRule) -> Iterator[str]:
    if _is_narrow(rule.accounts):
        yield f"of the accounts {_any(rule.accounts)}"
    if rule.units:
        yield f"of accounts in {_any(rule.units)}"
    if rule.regions:
        yield f"in {_any(rule.regions)}"
    if rule.aliases:
        yield f"by the alias {_any(each.removeprefix('alias/') for each in rule.aliases)}"
    if rule.tags:
        yield f"tagged {' and '.join(f'{name}={pattern}' for name, pattern in rule.tags)}"


def _is_narrow(accounts: Sequence[str]) -> bool:
    return bool(accounts) and "*" not in accounts


def _terms(rule: ApprovalRule, house: House) -> Iterator[str]:
    who = _all(map(mention, rule.requesters)) if rule.requesters else "Every full member"
    yield f"{who} may ask."
    if rule.is_pre_approved:
        yield f"{needs_none(rule)}."
    else:
        yield _approval(rule)
        yield "Whoever asks may approve it too." if rule.self_approval else "Nobody approves their own request."
        patience = house.patience([rule])
        reminding = f"the first reminder comes after {span(patience)}" if patience else "nobody is reminded"
        yield f"A request expires after {span(house.lifetime([rule]))}; {reminding}."
    if rule.break_glass:
        yield f"{_any(map(mention, rule.break_glass))} may break the glass."


def _approval(rule: ApprovalRule) -> str:
    if not rule.may_approve:
        return "It names nobody, so nobody may approve."
    named = tuple(map(mention, rule.may_approve))
    apart = ", each from another group" if rule.from_different_groups else ""
    asks = f"{_any(named)} must approve"
    if rule.required > 1:
        asks = f"{rule.required} of {_all(named)} must approve{apart}"
    if not rule.quiet_approvers:
        return f"{asks}."
    are = "is" if len(rule.quiet_approvers) == 1 else "are"
    return f"{asks}; {_all(map(mention, rule.quiet_approvers))} {are} not pinged."


def _any(names: Iterable[str]) -> str:
    return enumerated(tuple(names), "or")


def _all(names: Iterable[str]) -> str:
    return enumerated(tuple(names), "and")
