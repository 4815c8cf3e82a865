"""How the organisation stands, read from the last scan and never from AWS."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from bot.models.keys import Finding, Verdict
from bot.models.posture import AccountPosture, Posture
from bot.models.scans import Account, Coverage, CoverageStatus, Progress, Scan, Summary
from bot.rules.filters import Filter

WORST_ACCOUNTS = 5
_FIELDS = {
    Verdict.COMPLIANT: "compliant",
    Verdict.NON_COMPLIANT: "non_compliant",
    Verdict.NOT_APPLICABLE: "not_applicable",
    Verdict.INSUFFICIENT_DATA: "insufficient_data",
}


class Scans(Protocol):
    """Finished scans and what they found."""

    def current(self) -> Scan | None: ...

    def before(self, scan: Scan) -> Scan | None: ...

    def findings(self, scan_id: str, verdicts: Iterable[Verdict] | None = None) -> Iterator[Finding]: ...

    def coverage(self, scan_id: str) -> list[Coverage]: ...


@dataclass(frozen=True, slots=True)
class Postures:
    """Answers from the store. `running` tells how far a scan is that runs now."""

    scans: Scans
    running: Callable[[], Progress | None]

    def of(self, scope: Filter) -> Posture | None:
        """Describe the part of the last scan that a filter names; None before the first scan."""
        scan = self.scans.current()
        if scan is None:
            return None
        accounts = self._by_account(scan, scope)
        before = self.scans.before(scan)
        return Posture(
            scan=scan,
            scope=str(scope),
            summary=_total(accounts.values()),
            previous=None if before is None else self._summary(before, scope),
            worst=_worst(accounts),
            coverage_failures=tuple(
                each for each in self.coverage(scan, scope) if each.status is not CoverageStatus.SCANNED
            ),
            unread=tuple(
                each
                for each in self.scans.findings(scan.id, [Verdict.INSUFFICIENT_DATA])
                if scope.matches_but_for_team(each)
            ),
            running=self.running(),
        )

    def coverage(self, scan: Scan, scope: Filter) -> list[Coverage]:
        """How much of each target the scan read, as far as the filter's account and Region parts tell."""
        return [each for each in self.scans.coverage(scan.id) if scope.may_concern(each)]

    def accounts(self, scope: Filter) -> tuple[Scan, list[Coverage]] | None:
        """The coverage of the last scan; None before the first."""
        scan = self.scans.current()
        return None if scan is None else (scan, self.coverage(scan, scope))

    def _summary(self, scan: Scan, scope: Filter) -> Summary:
        return scan.summary if scope.is_empty else _total(self._by_account(scan, scope).values())

    def _by_account(self, scan: Scan, scope: Filter) -> dict[Account, Summary]:
        accounts: dict[Account, Summary] = {}
        for finding in self.scans.findings(scan.id):
            if scope.matches(finding):
                account = Account(finding.account, finding.account_name)
                accounts[account] = _counted(accounts.get(account, Summary()), finding)
        return accounts


def _counted(summary: Summary, finding: Finding) -> Summary:
    is_excused = finding.verdict is Verdict.NON_COMPLIANT and finding.exempt_until is not None
    name = "exempt" if is_excused else _FIELDS[finding.verdict]
    return replace(summary, **{name: getattr(summary, name) + 1})


def _total(summaries: Iterable[Summary]) -> Summary:
    total = Summary()
    for each in summaries:
        total = Summary(
            total.compliant + each.compliant,
            total.non_compliant + each.non_compliant,
            total.not_applicable + each.not_applicable,
            total.insufficient_data + each.insufficient_data,
            total.exempt + each.exempt,
        )
    return total


def _worst(accounts: dict[Account, Summary]) -> tuple[AccountPosture, ...]:
    """The accounts with open keys, the most of them first."""
    failing = [
        AccountPosture(each.id, each.name, summary) for each, summary in accounts.items() if summary.non_compliant
    ]
    failing.sort(key=lambda each: (-each.summary.non_compliant, each.name))
    return tuple(failing[:WORST_ACCOUNTS])
