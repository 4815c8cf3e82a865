"""One account, 2,000 keys: every way there is."""

from collections.abc import Iterator

from bot.aws.budget import QUOTAS_PER_SECOND, SHARE
from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.peers import custodian, prowler
from tests.benchmarks.ways import BARE_CALLS, LOOP, SCAN_OF_ACCOUNT, SCAN_WITH_WHOLE_QUOTA, THREADS
from tests.benchmarks.worlds import ACCOUNT, LATENCY_SECONDS, WITHOUT_LATENCY

ROUNDS = 3
PART_OF_LOOP, PART_OF_PROWLER = 5, 10
CALLS_MOST = 1.15
CUSTODIAN_LEAST, PROWLER_LEAST = 20.0, 60.0


def report(bench: Bench) -> Iterator[str]:
    yield f"## One account, 2,000 keys, {LATENCY_SECONDS * 1000:.0f} ms a call\n"
    scan, whole, threads = bench.fastest((SCAN_OF_ACCOUNT, SCAN_WITH_WHOLE_QUOTA, THREADS), ACCOUNT, ROUNDS)
    peers = _peers(bench) if bench.with_peers else []
    yield tables.runs([bench.part(LOOP, ACCOUNT, PART_OF_LOOP), threads, scan, whole, *(peer for peer, _ in peers)])
    for ours in (scan, whole):
        faster = threads.audit / ours.audit
        bench.want(f"2,000 keys, {ours.name}, beside 50 bare threads", "faster", tables.times(faster), faster > 1)
        for peer, least in peers:
            ratio = peer.wall / ours.wall
            measured = f"{tables.times(ratio)} ({tables.times(peer.audit / ours.audit)} without start-up)"
            bench.want(f"2,000 keys, {ours.name}, beside {peer.name}", f"≥ {least:.0f}×", measured, ratio >= least)
    yield (
        f"The scan's processes were busy for {scan.audit_cpu / scan.audit:.0%} of a core. Keys a second leave start-up "
        "out; peers tell no start-up, so it is what they take over an account without keys.\n"
    )
    yield _what_half_of_the_quota_costs()
    yield from _calls(bench, scan, threads)


def _what_half_of_the_quota_costs() -> str:
    """Say what stands in the way of one account's scan: its share of the quota, which bare threads do not keep."""
    a_second = QUOTAS_PER_SECOND["GetKeyRotationStatus"] * SHARE
    keys = ACCOUNT.arguments["keys_a_place"]
    statuses = 0.8 * keys
    return (
        f"Of the {keys:,} keys {statuses:,.0f} can rotate. With half of the quota a scan asks {a_second:,.0f} "
        f"statuses a second, so that it takes {statuses / a_second:.1f} s at least; `quota_share = 1` lifts that.\n"
    )


def _peers(bench: Bench) -> list[tuple[Measurement, float]]:
    return [
        (bench.whole(custodian.of_account(), ACCOUNT), CUSTODIAN_LEAST),
        (bench.part(prowler.of_account(), ACCOUNT, PART_OF_PROWLER), PROWLER_LEAST),
    ]


def _calls(bench: Bench, scan: Measurement, threads: Measurement) -> Iterator[str]:
    """Hold the scan's calls against a bare call that waits as long for its answer, and say what others cost."""
    alone, busy = (bench.whole(BARE_CALLS, setting) for setting in (ACCOUNT.part(2), WITHOUT_LATENCY))
    ours, bare, warm, crowd = (run.audit_cpu / run.calls for run in (scan, alone, busy, threads))
    yield (
        f"CPU a call, start-up left out: {ours * 1000:.2f} ms in the scan, its judging and its database with it. For a "
        f"bare DescribeKey of one client in one thread {bare * 1000:.2f} ms; {crowd * 1000:.2f} ms a call of the 50 "
        f"bare threads; and without latency, in one thread that never waits, {warm * 1000:.2f} ms.\n"
    )
    ratio = ours / bare
    wanted = f"≤ {CALLS_MOST}×"
    told = f"{tables.times(ratio)}; {tables.times(ours / crowd)} beside 50 threads"
    bench.want("CPU a call, beside a bare boto3 call of the same latency", wanted, told, ratio <= CALLS_MOST)
