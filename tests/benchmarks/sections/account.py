"""One account, 2,000 keys: every way there is."""

from collections.abc import Iterator

from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.peers import custodian, prowler
from tests.benchmarks.ways import BARE_CALLS, LOOP, SCAN_OF_ACCOUNT, THREADS
from tests.benchmarks.worlds import ACCOUNT, LATENCY_SECONDS, WITHOUT_LATENCY

ROUNDS = 3
PART_OF_LOOP, PART_OF_PROWLER = 5, 10
CALLS_MOST = 1.15
CUSTODIAN_LEAST, PROWLER_LEAST = 20.0, 60.0


def report(bench: Bench) -> Iterator[str]:
    yield f"## One account, 2,000 keys, {LATENCY_SECONDS * 1000:.0f} ms a call\n"
    scan, threads = bench.fastest((SCAN_OF_ACCOUNT, THREADS), ACCOUNT, ROUNDS)
    peers = _peers(bench, scan) if bench.with_peers else []
    yield tables.runs([bench.part(LOOP, ACCOUNT, PART_OF_LOOP), threads, scan, *peers])
    faster = threads.audit / scan.audit
    bench.want("2,000 keys, beside 50 bare threads", "faster", tables.times(faster), is_reached=faster > 1)
    yield (
        f"The scan's processes were busy for {scan.audit_cpu / scan.audit:.0%} of a core. Keys a second leave start-up "
        "out; peers tell no start-up, so it is what they take over an account without keys.\n"
    )
    yield from _calls(bench, scan)


def _peers(bench: Bench, scan: Measurement) -> list[Measurement]:
    beside = (
        (bench.whole(custodian.of_account(), ACCOUNT), CUSTODIAN_LEAST),
        (bench.part(prowler.of_account(), ACCOUNT, PART_OF_PROWLER), PROWLER_LEAST),
    )
    for peer, least in beside:
        ratio = peer.wall / scan.wall
        measured = f"{tables.times(ratio)} ({tables.times(peer.audit / scan.audit)} without start-up)"
        bench.want(
            f"2,000 keys, beside {peer.name}, whole processes", f"≥ {least:.0f}×", measured, is_reached=ratio >= least
        )
    return [peer for peer, _ in beside]


def _calls(bench: Bench, scan: Measurement) -> Iterator[str]:
    """Hold the scan's calls against the cheaper of two bare ones: a processor that never waits has warm caches."""
    waiting, busy = (bench.whole(BARE_CALLS, setting) for setting in (ACCOUNT.part(2), WITHOUT_LATENCY))
    ours, cold, warm = (run.audit_cpu / run.calls for run in (scan, waiting, busy))
    yield (
        f"CPU a call, start-up left out: {ours * 1000:.2f} ms in the scan, its judging and its database with it; for a "
        f"bare DescribeKey with one client in one thread {cold * 1000:.2f} ms, "
        f"and {warm * 1000:.2f} ms without latency.\n"
    )
    ratio = ours / min(cold, warm)
    wanted = f"≤ {CALLS_MOST}×"
    bench.want("CPU a call, beside a bare boto3 call", wanted, tables.times(ratio), is_reached=ratio <= CALLS_MOST)
