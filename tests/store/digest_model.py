"""What a digest says, worked out in memory key by key: the model that the database's comparison is held against."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bot.models.digests import Delta, DeltaKind
from bot.models.keys import Finding, KeyArn, Verdict
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Summary
from bot.rules.digest import MOST_NAMES
from bot.rules.filters import Filter


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the previous digest said of a key: whether it was open, and since when."""

    open: bool
    since: datetime


NEVER: Mapping[str, datetime] = MappingProxyType({})


def modelled(
    previous: Mapping[str, Baseline],
    now: datetime,
    found: Iterable[Finding],
    coverage: Iterable[Coverage],
    *,
    scope: Filter,
    repaired: Iterable[str] = (),
    enabled: Mapping[str, datetime] = NEVER,
) -> "Model":
    model = Model(previous, now, frozenset(repaired), enabled)
    for each in found:
        if scope.matches(each) or _may_belong(scope, each, each.arn in previous):
            model.add(each)
    model.close(each for each in coverage if scope.may_concern(each))
    return model


def _may_belong(scope: Filter, finding: Finding, was_here: bool) -> bool:
    """Say whether a key whose team nobody read belongs here: it was here before, or it could not be read at all."""
    unknown = finding.team is None and scope.but_for_team.matches(finding)
    return unknown and (was_here or finding.verdict is Verdict.INSUFFICIENT_DATA)


@dataclass(slots=True)
class Model:
    """Findings in scope are added one at a time; then the rest is known.

    `repaired` are keys whose rotation was enabled since the digest before: if one is open now, it is open again.
    `enabled` tells when the bot last enabled a key's rotation.
    """

    previous: Mapping[str, Baseline]
    now: datetime
    repaired: frozenset[str] = frozenset()
    enabled: Mapping[str, datetime] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    fixed_elsewhere: list[str] = field(default_factory=list)
    open: list[Finding] = field(default_factory=list)
    unread: list[Finding] = field(default_factory=list)
    since: dict[str, datetime] = field(default_factory=dict)
    _names: dict[str, list[str]] = field(default_factory=dict)
    _baseline: dict[str, Baseline] = field(default_factory=dict)
    _counts: dict[tuple[Verdict, bool], int] = field(default_factory=dict)
    _news: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        is_exempt = finding.exempt_until is not None
        self._counts[finding.verdict, is_exempt] = self._counts.get((finding.verdict, is_exempt), 0) + 1
        before = self.previous.get(finding.arn)
        self._seen.add(finding.arn)
        if finding.verdict is Verdict.NON_COMPLIANT and not is_exempt:
            self._add_open(finding, before)
        elif finding.verdict is Verdict.INSUFFICIENT_DATA:
            self.unread.append(finding)
            self._keep(finding.arn, before, finding.name)
        elif finding.verdict is Verdict.COMPLIANT:
            if before is not None and before.open:
                self._name("fixed", finding.name)
                is_ours = finding.arn in self.enabled and self.enabled[finding.arn] >= before.since
                (self.mended if is_ours else self.fixed_elsewhere).append(finding.name)
            since = before.since if before is not None and not before.open else self.now
            self._baseline[finding.arn] = Baseline(open=False, since=since)
        elif before is not None:
            self._lapse(finding, before)

    def close(self, coverage: Iterable[Coverage]) -> None:
        """Account for keys that the digest before knew and this scan does not."""
        dark = {(each.account, each.region) for each in coverage if each.status is CoverageStatus.FAILED}
        for arn, before in self.previous.items():
            if arn in self._seen:
                continue
            key = KeyArn.parse(arn)
            if dark & {(key.account, key.region), (key.account, EVERYWHERE), (EVERYWHERE, EVERYWHERE)}:
                self._keep(arn, before, key.key_id)
            elif before.open:
                self._name("lapsed", key.key_id)

    @property
    def summary(self) -> Summary:
        def count(verdict: Verdict) -> int:
            return self._counts.get((verdict, False), 0) + self._counts.get((verdict, True), 0)

        exempt = self._counts.get((Verdict.NON_COMPLIANT, True), 0)
        return Summary(
            compliant=count(Verdict.COMPLIANT),
            non_compliant=count(Verdict.NON_COMPLIANT) - exempt,
            not_applicable=count(Verdict.NOT_APPLICABLE),
            insufficient_data=count(Verdict.INSUFFICIENT_DATA),
            exempt=exempt,
        )

    @property
    def delta(self) -> Delta | None:
        """What changed; None before the first digest, when everything would be new."""
        if not self.previous:
            return None
        first = {kind: tuple(sorted(names)[:MOST_NAMES]) for kind, names in self._names.items() if kind != "still_open"}
        return Delta(**first, totals={DeltaKind(kind): len(names) for kind, names in self._names.items()})

    @property
    def baseline(self) -> dict[str, Baseline]:
        return self._baseline

    def in_order(self) -> list[Finding]:
        """The open keys, production first, then the longest open."""
        return sorted(
            self.open,
            key=lambda each: (
                not each.is_production,
                self.since[each.arn],
                each.account_name,
                each.name,
                each.arn,
            ),
        )

    def news_of(self, finding: Finding) -> DeltaKind | None:
        if finding.arn not in self._news or not self.previous:
            return None
        return DeltaKind.REGRESSED if finding.arn in self.previous else DeltaKind.NEW

    def _add_open(self, finding: Finding, before: Baseline | None) -> None:
        if before is not None and before.open and finding.arn not in self.repaired:
            since = before.since
            self._name("still_open", finding.name)
        else:
            since = self.now
            self._news.add(finding.arn)
            self._name("new" if before is None else "regressed", finding.name)
        self.open.append(finding)
        self.since[finding.arn] = since
        self._baseline[finding.arn] = Baseline(open=True, since=since)

    def _lapse(self, finding: Finding, before: Baseline) -> None:
        """The control does not apply any more. The key stays known, so that it is not new where it applies again."""
        if before.open:
            self._name("lapsed", finding.name)
        self._baseline[finding.arn] = Baseline(open=False, since=self.now if before.open else before.since)

    def _keep(self, arn: str, before: Baseline | None, name: str) -> None:
        if before is None:
            return
        self._baseline[arn] = before
        if before.open:
            self._name("unread", name)

    def _name(self, kind: str, name: str) -> None:
        self._names.setdefault(kind, []).append(name)
