"""Reads targets and judges their keys. Whatever fails is said of the key or the target; everything else goes on."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from functools import partial
from threading import Event

from bot.models.keys import Finding, ReadFailure
from bot.models.scans import Coverage, CoverageStatus, Target
from bot.rules.filters import Filter
from bot.rules.verdict import Policy
from bot.scan import sentences
from bot.scan.crew import Crew
from bot.scan.gateways import AccountDirectory, KeyReader, WantedAccounts, WantedRegions
from bot.scan.plan import Plan, make_plan
from bot.scan.reading import KeyAudit
from bot.scan.tally import Tally

WORKERS = 48
"""Enough to keep one core busy at the latency of AWS, about 20 ms a call: see the benchmarks."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Scanner:
    """Reads accounts × Regions with a bounded crew."""

    def __init__(
        self,
        directory: AccountDirectory,
        reader: KeyReader,
        policy: Policy,
        *,
        accounts: WantedAccounts,
        regions: WantedRegions,
        workers: int = WORKERS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._directory = directory
        self._reader = reader
        self._policy = policy
        self._accounts = accounts
        self._regions = regions
        self._workers = workers
        self._clock = clock

    def plan(self, within: Filter, stop: Event) -> Plan:
        """Find the targets. Raises BadFilterError where nothing matches, StoppedError when told to stop."""
        return make_plan(self._directory, self._accounts, self._regions, within, workers=self._workers, stop=stop)

    def read(self, plan: Plan, stop: Event) -> Generator[Finding | Coverage]:
        """Yield a finding for each key, and after all findings of a target its coverage.

        Raises StoppedError when told to stop.
        """
        places = frozenset((target.account.id, target.region) for target in plan.targets)
        audit = KeyAudit(self._reader, self._policy, places, self._clock)
        crew: Crew[Finding | Coverage] = Crew(self._workers, stop)
        crew.add(partial(self._open, crew, audit, target) for target in plan.targets)
        return crew.results()

    def _open(self, crew: Crew[Finding | Coverage], audit: KeyAudit, target: Target) -> None:
        """List a target's keys and put them on the agenda, ahead of targets that are not begun."""
        arns = self._reader.list_keys(target)
        if isinstance(arns, ReadFailure):
            account, error = target.account, sentences.keys_unknown(arns)
            crew.emit(Coverage(account.id, account.name, target.region, CoverageStatus.FAILED, error=error))
            return
        tally = Tally(target, len(arns), self._reader.list_aliases(target) if arns else {})
        if not arns:
            crew.emit(tally.coverage())
        crew.add((partial(_audit_key, crew, audit, tally, arn) for arn in arns), urgent=True)


def _audit_key(crew: Crew[Finding | Coverage], audit: KeyAudit, tally: Tally, arn: str) -> None:
    crew.emit(audit.audit(arn, tally))
    if tally.one_more_done():
        crew.emit(tally.coverage())
