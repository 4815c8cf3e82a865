"""100,000 keys, spread and in one place, and how cost and memory grow."""

from collections.abc import Iterator

from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.peers import custodian, prowler
from tests.benchmarks.ways import (
    CLIENT_PER_TARGET,
    LOOP_OVER_TARGETS,
    SCAN_OF_ACCOUNT,
    SCAN_OF_ORGANISATION,
    THREADS_OVER_TARGETS,
)
from tests.benchmarks.worlds import ACCOUNT, LARGE, ONE_LARGE_TARGET, ORGANISATION, TENTH_OF_LARGE

MEMORY_MOST = 1.3
GROWTH_MOST = 1.1
"""Linear growth: ten times the keys may cost so much more a key, at most."""


def large(bench: Bench) -> Iterator[str]:
    yield "## 100,000 keys\n"
    scan = bench.whole(SCAN_OF_ORGANISATION, LARGE)
    yield f"{LARGE.title}:\n"
    rows = [
        bench.part(LOOP_OVER_TARGETS, LARGE, 100),
        bench.part(THREADS_OVER_TARGETS, LARGE, 10),
        bench.part(CLIENT_PER_TARGET, LARGE, 10),
        scan,
    ]
    if bench.with_peers:
        rows += [
            bench.part(custodian.of_organisation(), LARGE, 50),
            bench.part(prowler.of_organisation(), LARGE, 100, starts_each_account=True),
        ]
    yield tables.runs(rows)
    yield f"{TENTH_OF_LARGE.title}, for the memory; and {ONE_LARGE_TARGET.title}:\n"
    tenth = bench.whole(SCAN_OF_ORGANISATION, TENTH_OF_LARGE)
    yield tables.runs([tenth, bench.whole(SCAN_OF_ACCOUNT, ONE_LARGE_TARGET)])
    ratio = scan.peak_memory / tenth.peak_memory
    bench.want(
        "peak memory of 100,000 keys, beside 10,000",
        f"≤ {MEMORY_MOST}×",
        tables.times(ratio),
        is_reached=ratio <= MEMORY_MOST,
    )


def growth(bench: Bench) -> Iterator[str]:
    yield "## From 1× to 10×\n"
    rows = []
    for way, setting, of_what in (
        (SCAN_OF_ACCOUNT, ACCOUNT, "keys in one account"),
        (SCAN_OF_ORGANISATION, ORGANISATION, "accounts"),
    ):
        [once] = bench.fastest((way,), setting, rounds=2)
        ten = bench.whole(way, setting.times(10))
        wall, cpu = (ten.audit / once.audit, ten.audit_cpu / once.audit_cpu)
        memory = ten.peak_memory / once.peak_memory
        rows.append((f"{setting.title} → ten times the {of_what}", *map(tables.times, (wall, cpu, memory))))
        bench.want(
            f"growth to ten times the {of_what}",
            f"linear: ≤ {10 * GROWTH_MOST:.0f}× the time, ≤ {10 * GROWTH_MOST:.0f}× the CPU",
            f"{wall:.1f}×, {cpu:.1f}×",
            is_reached=max(wall, cpu) <= 10 * GROWTH_MOST,
        )
    yield tables.table(("the bot’s scan", "time", "CPU", "peak memory"), rows)
