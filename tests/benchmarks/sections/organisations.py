"""Many accounts: a few keys in each, and mostly empty Regions."""

from collections.abc import Iterator

from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.peers import custodian, prowler
from tests.benchmarks.ways import CLIENT_PER_TARGET, LOOP_OVER_TARGETS, SCAN_OF_ORGANISATION, THREADS_OVER_TARGETS
from tests.benchmarks.worlds import MOSTLY_EMPTY, ORGANISATION, Setting

ROUNDS = 3
LEAST = 1.8


def organisation(bench: Bench) -> Iterator[str]:
    yield f"## {ORGANISATION.title}\n"
    scan, per_target = bench.fastest((SCAN_OF_ORGANISATION, CLIENT_PER_TARGET), ORGANISATION, ROUNDS)
    loop = bench.part(LOOP_OVER_TARGETS, ORGANISATION, 10)
    threads = bench.whole(THREADS_OVER_TARGETS, ORGANISATION)
    yield tables.runs([loop, threads, per_target, scan, *_peers(bench, ORGANISATION, 10, 50)])
    ratio = per_target.audit / scan.audit
    bench.want(
        f"{ORGANISATION.title}, beside a client per target",
        f"≥ {LEAST}×",
        f"{tables.times(ratio)}; {tables.times(per_target.audit_cpu / scan.audit_cpu)} in CPU",
        is_reached=ratio >= LEAST,
    )


def mostly_empty(bench: Bench) -> Iterator[str]:
    yield f"## {MOSTLY_EMPTY.title}\n"
    scan = bench.whole(SCAN_OF_ORGANISATION, MOSTLY_EMPTY)
    loop = bench.part(LOOP_OVER_TARGETS, MOSTLY_EMPTY, 100)
    threads = bench.part(THREADS_OVER_TARGETS, MOSTLY_EMPTY, 10)
    yield tables.runs([loop, threads, scan, *_peers(bench, MOSTLY_EMPTY, 100, 500)])
    targets = MOSTLY_EMPTY.arguments["accounts"] * MOSTLY_EMPTY.arguments["regions"]
    pace, calls = targets / scan.audit, scan.calls / targets
    yield f"The scan read {pace:,.0f} targets a second, with {calls:.2f} calls a target.\n"


def _peers(bench: Bench, setting: Setting, part_of_custodian: int, part_of_prowler: int) -> list[Measurement]:
    if not bench.with_peers:
        return []
    return [
        bench.part(custodian.of_organisation(), setting, part_of_custodian),
        bench.part(prowler.of_organisation(), setting, part_of_prowler, starts_each_account=True),
    ]
