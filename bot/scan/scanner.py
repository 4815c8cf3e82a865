"""Reads targets and judges their keys. Whatever fails is said of the key or the target; everything else goes on."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from threading import Event

from bot.models.owners import OwnerRules
from bot.models.plans import Plan
from bot.models.scans import Target
from bot.models.selection import EVERYBODY, Selection
from bot.rules.filters import Filter
from bot.rules.verdict import Policy
from bot.scan.branch import Errand
from bot.scan.branches import Branches, Branching
from bot.scan.crew import Crew
from bot.scan.entering import OnProgress
from bot.scan.gateways import AccountDirectory, KeyMemory, KeyReader, Reading, WantedAccounts, WantedRegions
from bot.scan.memory import Forgetful, Learning
from bot.scan.plan import Wanted, make_plan
from bot.scan.spread import Spread
from bot.scan.target import TargetReading
from bot.tracing import subjects

WORKERS = 64
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
        selection: Selection = EVERYBODY,
        owners: OwnerRules | None = None,
        memory: KeyMemory | None = None,
        branching: Branching | None = None,
        workers: int = WORKERS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._directory = directory
        self._reader = reader
        self._policy = policy
        self._wanted = Wanted(accounts, regions, selection)
        self._owners = owners or OwnerRules()
        self._memory = memory or Forgetful()
        self._branching = branching
        self._workers = workers
        self._clock = clock

    def plan(self, within: Filter, stop: Event, on_progress: OnProgress = lambda _: None) -> Plan:
        """Find the targets. Raises BadFilterError where nothing matches, StoppedError when told to stop."""
        return make_plan(
            self._directory, self._wanted, within, workers=self._workers, stop=stop, on_progress=on_progress
        )

    def read(self, plan: Plan, stop: Event) -> Generator[Reading]:
        """Yield how many keys a target has as they get known, a finding for each, and after all its coverage.

        Raises StoppedError when told to stop.
        """
        places = frozenset((target.account.id, target.region) for target in plan.targets)
        learning = Learning(self._memory)
        errand = Errand(self._policy, places, self._workers, self._clock, self._owners, dict(subjects()))
        audit = errand.audit(self._reader, learning, self._directory)
        attending = self._branching.count if self._branching else 0
        crew: Crew[Reading] = Crew(max(self._workers, 2 * attending), stop)  # who attends to a branch reads nothing

        def begin(target: Target, on_end: Callable[[TargetReading], None]) -> TargetReading:
            return TargetReading(crew, self._reader, audit, target, on_end)

        spread = Spread(plan.targets, begin)
        branches = Branches(self._branching, spread, errand, crew)
        crew.add(spread.tasks(branches.look))
        branches.open()
        try:
            yield from crew.results()
        finally:
            branches.close()
            learning.flush()
