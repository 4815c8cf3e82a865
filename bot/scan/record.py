"""A scan that is written down nowhere: kept in memory, for `scan --no-store`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.models.keys import Finding, Verdict
from bot.models.scans import Coverage, LeftOut, Scan, ScanState, Summary


class MemoryRecord:
    """Answers as `bot.store.scans.ScanStore` does, of one scan."""

    def __init__(self) -> None:
        self._scans: dict[str, Scan] = {}
        self._findings: list[Finding] = []
        self._coverage: list[Coverage] = []
        self._left_out: list[LeftOut] = []

    def begin(self, scan: Scan) -> None:
        self._scans[scan.id] = scan
        self._findings, self._coverage, self._left_out = [], [], []

    def leave_out(self, scan_id: str, accounts: Sequence[LeftOut]) -> None:  # noqa: ARG002 - the store's signature
        self._left_out += accounts

    def add(self, scan_id: str, batch: Sequence[Finding], covered: Coverage | None = None) -> None:  # noqa: ARG002 - the store's signature
        self._findings += batch
        if covered is not None:
            self._coverage.append(covered)

    def finish(self, scan_id: str, at: datetime) -> Scan:
        scan = self._scans[scan_id]
        finished = replace(scan, state=ScanState.FINISHED, finished_at=at, summary=summarise(self._findings))
        self._scans[scan_id] = finished
        return finished

    def interrupt(self, scan_id: str, at: datetime) -> None:
        self._scans[scan_id] = replace(self._scans[scan_id], state=ScanState.INTERRUPTED, finished_at=at)

    def running(self) -> list[Scan]:
        return [scan for scan in self._scans.values() if scan.state is ScanState.RUNNING]

    def findings(self, scan_id: str, verdicts: Iterable[Verdict] | None = None) -> Iterator[Finding]:  # noqa: ARG002 - the store's signature
        wanted = frozenset(verdicts) if verdicts is not None else frozenset(Verdict)
        found = (finding for finding in self._findings if finding.verdict in wanted)
        yield from sorted(found, key=lambda finding: (finding.account, finding.region, finding.arn))

    def coverage(self, scan_id: str) -> list[Coverage]:  # noqa: ARG002 - the store's signature
        return sorted(self._coverage, key=lambda covered: (covered.account, covered.region))

    def left_out(self, scan_id: str) -> list[LeftOut]:  # noqa: ARG002 - the store's signature
        return sorted(self._left_out, key=lambda each: each.account)


def summarise(findings: Iterable[Finding]) -> Summary:
    """Count by verdict; an excused key counts as exempt, not as non-compliant."""
    counts = Counter(
        "exempt" if finding.verdict is Verdict.NON_COMPLIANT and finding.exempt_until else finding.verdict.lower()
        for finding in findings
    )
    return Summary(**counts)
