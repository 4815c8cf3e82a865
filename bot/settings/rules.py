"""The `[[approval.rule]]` tables, and what must hold inside each and between them.

A rule that could never be satisfied, or never be reached, is a mistake of whoever wrote it: better told at the start
than found out by the first request.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field, PlainValidator

from bot.models.approval import ApprovalRule
from bot.settings.fields import aws, numbers, slack, times, words
from bot.settings.fields.lists import LIST
from bot.settings.places import Location
from bot.settings.section import Section

Fault = tuple[Location, str, str]
"""Where it is, what is wrong, what to do."""


class RuleSection(Section):
    """One `[[approval.rule]]`."""

    name: words.RuleName = ""
    accounts: Annotated[tuple[aws.AccountPattern, ...], LIST] = ()
    organizational_units: Annotated[tuple[aws.OrganizationalUnit, ...], LIST] = ()
    tags: Annotated[dict[str, str], PlainValidator(aws.tag_patterns)] = Field(default_factory=dict)
    aliases: Annotated[tuple[aws.AliasPattern, ...], LIST] = ()
    regions: Annotated[tuple[aws.RegionPattern, ...], LIST] = ()
    requesters: Annotated[tuple[slack.Approver, ...], LIST] = ()
    approvers: Annotated[tuple[slack.Approver, ...], LIST] = ()
    quiet_approvers: Annotated[tuple[slack.Approver, ...], LIST] = ()
    required: numbers.Approvals = 1
    from_different_groups: bool = False
    self_approval: bool = False
    daily_cap: numbers.DailyCap | None = None
    break_glass: Annotated[tuple[slack.Approver, ...], LIST] = ()
    expires_after: times.Expiry | None = None
    remind_after: times.Patience | None = None

    def rule(self, number: int) -> ApprovalRule:
        return ApprovalRule(
            name=self.name or f"rule {number}",
            accounts=self.accounts,
            units=self.organizational_units,
            tags=tuple(sorted(self.tags.items())),
            aliases=self.aliases,
            regions=self.regions,
            requesters=self.requesters,
            approvers=self.approvers,
            quiet_approvers=self.quiet_approvers,
            required=self.required,
            from_different_groups=self.from_different_groups,
            self_approval=self.self_approval,
            daily_cap=self.daily_cap or 0,
            break_glass=self.break_glass,
            expires_after=self.expires_after,
            remind_after=self.remind_after,
        )


@dataclass(frozen=True, slots=True)
class Written:
    """A rule, and its position in the file, from zero."""

    position: int
    section: RuleSection
    rule: ApprovalRule = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rule", self.section.rule(self.position + 1))

    def fault(self, name: str, what: str, remedy: str, *more: int) -> Fault:
        return ("approval", "rule", self.position, name, *more), what, remedy


def faults(rules: Sequence[Written], expires_after: timedelta) -> Iterator[Fault]:
    """Find what is wrong inside each rule, and between rules. The rules come in the order of the file.

    `expires_after` holds for rules without a time of their own.
    """
    for number, written in enumerate(rules):
        yield from _inside(written)
        lifetime = written.section.expires_after or expires_after
        if written.section.remind_after and written.section.remind_after >= lifetime:
            remedy = 'Write less than expires_after, or "never".'
            yield written.fault("remind_after", "The first reminder would come after the request has expired.", remedy)
        earlier = rules[:number]
        if any(written.rule.name == other.rule.name for other in earlier):
            yield written.fault("name", f"There are two rules “{written.rule.name}”.", "Give each a name of its own.")
        yield from _out_of_reach(written, earlier)


def _inside(written: Written) -> Iterator[Fault]:
    rule, section = written.rule, written.section
    if not (rule.accounts or rule.units or rule.tags or rule.aliases or rule.regions):
        remedy = 'Write account ids or name patterns; ["*"] is every account.'
        yield written.fault("accounts", "The rule is for no account.", remedy)
    if rule.is_pre_approved and section.daily_cap is None:
        what = "0 approvals would let everything through, without end."
        remedy = "Add daily_cap, the most keys in 24 hours, to say that outright; or require 1 or more."
        yield written.fault("required", what, remedy)
    if not rule.is_pre_approved and section.daily_cap is not None:
        remedy = "Leave it out, or write required = 0 for changes that are approved beforehand."
        yield written.fault("daily_cap", "A cap is for rules that ask for no approval.", remedy)
    twice = [each for each in rule.quiet_approvers if each in rule.approvers]
    if twice:
        what = f"“{twice[0]}” is among the approvers already, who are pinged."
        yield written.fault("quiet_approvers", what, "Name it in one of the two lists.")
    if not rule.approvers and not section.daily_cap:
        what = "The rule names nobody, so nobody could approve."
        if rule.quiet_approvers:
            what = "All who may approve are quiet, so nobody would be told of a request."
        yield written.fault("approvers", what, "Write user ids (U…) or user group ids (S…).")
    elif rule.approvers and not rule.is_pre_approved:
        yield from _never_satisfied(written)


def _never_satisfied(written: Written) -> Iterator[Fault]:
    rule = written.rule
    named, has_group = rule.may_approve, any(each.startswith("S") for each in rule.may_approve)
    if rule.required > len(named) and not has_group:
        what = f"{rule.required} approvals are required of {len(named)} named."
        yield written.fault("required", what, "Name more people or a user group, or require fewer.")
        return
    if rule.from_different_groups and rule.required == 1:
        what = "One approval alone cannot come from different groups."
        yield written.fault("from_different_groups", what, "Require 2 or more, or leave it out.")
    elif rule.from_different_groups and rule.required > len(named):
        what = f"{rule.required} approvals are required, each from another group, and only {len(named)} are named."
        yield written.fault("from_different_groups", what, "Name more groups, or require fewer.")
    if rule.requesters and not rule.self_approval and not has_group and not _has_others(rule):
        what = "Whoever may ask is needed to approve as well, and nobody approves their own request."
        yield written.fault("requesters", what, "Name more approvers or requesters, or write self_approval = true.")


def _has_others(rule: ApprovalRule) -> bool:
    """Say whether for anybody who may ask there are enough others to approve."""
    return any(
        who.startswith("S") or len([each for each in rule.may_approve if each != who]) >= rule.required
        for who in rule.requesters
    )


def _out_of_reach(written: Written, earlier: Sequence[Written]) -> Iterator[Fault]:
    """Find what an earlier rule decides already: the whole rule, or some of its accounts."""
    rule = written.rule
    for other in earlier:
        name = f"rule[{other.position + 1}]"
        if not _is_wider(other.rule, rule):
            continue
        covered = [number for number, each in enumerate(rule.accounts) if _covers(other.rule.accounts, each)]
        if not other.rule.accounts or (rule.accounts and len(covered) == len(rule.accounts)):
            what = f"Every key that it means falls under {name} before, so it decides nothing."
            yield ("approval", "rule", written.position), what, "Put the narrower rule first, or delete one."
            return
        for number in covered:
            what = f"“{rule.accounts[number]}” falls under {name} before, so this rule never decides over it."
            yield written.fault("accounts", what, "Name it in one of the two rules.", number)


def _is_wider(first: ApprovalRule, second: ApprovalRule) -> bool:
    """Say whether what the first rule asks of a key beyond its account holds whenever what the second asks does."""
    return (
        _is_superset(first.units, second.units, exact=True)
        and _is_superset(first.regions, second.regions)
        and _is_superset(_bare(first.aliases), _bare(second.aliases))
        and all(
            any(name.lower() == other.lower() and _covers((pattern,), narrower) for other, narrower in second.tags)
            for name, pattern in first.tags
        )
    )


def _bare(aliases: Sequence[str]) -> list[str]:
    return [each.removeprefix("alias/") for each in aliases]


def _is_superset(wide: Sequence[str], narrow: Sequence[str], *, exact: bool = False) -> bool:
    if not wide:
        return True
    return bool(narrow) and all(each in wide if exact else _covers(wide, each) for each in narrow)


def _covers(wide: Sequence[str], pattern: str) -> bool:
    """Say whether one of the wide patterns matches all that a pattern does; in doubt, no.

    Whatever stands for a wildcard in the narrower one, a wider one matches: nothing, one sign, many.
    """
    probes = [pattern.lower().replace("?", "\0").replace("*", filling) for filling in ("", "\0", "\0" * 9)]
    return any(
        each.lower() == pattern.lower()
        or (
            not each.isdigit()
            and "[" not in each + pattern
            and all(fnmatchcase(probe, each.lower()) for probe in probes)
        )
        for each in wide
    )
