"""One account in trouble: throttled, shared with others who use up its quota, and partly denied."""

import math
from collections.abc import Iterator

from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.peers import custodian, prowler
from tests.benchmarks.ways import CLIENT_PER_TARGET, LOOP, SCAN_OF_ACCOUNT, SCAN_OF_ORGANISATION, THREADS
from tests.benchmarks.worlds import DENIED, DENIED_ORGANISATION, SHARED, THROTTLED, Setting

PART = 10


def report(bench: Bench) -> Iterator[str]:
    yield "## In trouble\n"
    for setting in (THROTTLED, DENIED, SHARED):
        yield f"{setting.title[0].upper()}{setting.title[1:]}:\n"
        scan, threads = bench.fastest((SCAN_OF_ACCOUNT, THREADS), setting, rounds=1)
        yield tables.runs([bench.part(LOOP, setting, PART), threads, scan, *_peers(bench, setting)])
        _want(bench, setting, scan)
    yield f"{DENIED_ORGANISATION.title}:\n"
    ways = (SCAN_OF_ORGANISATION, CLIENT_PER_TARGET)
    scan, threads = bench.fastest(ways, DENIED_ORGANISATION, rounds=1)
    yield tables.runs([threads, scan])


def _peers(bench: Bench, setting: Setting) -> list[Measurement]:
    if not bench.with_peers or setting is SHARED:
        return []
    return [
        bench.part(custodian.of_account(custodian.ACCOUNT_FAILED), setting, PART),
        bench.part(prowler.of_account(), setting, PART),
    ]


def _want(bench: Bench, setting: Setting, scan: Measurement) -> None:
    """Predict as many throttled answers as the lever gives to calls that keep within the quota."""
    share, calls = setting.levers.throttled, scan.calls
    predicted = calls * share
    most = predicted + 3 * math.sqrt(calls * share * (1 - share))
    measured = scan.counts.throttled.total()
    told = f"≤ {most:.0f} ({predicted:.0f} and chance)" if share else "0"
    bench.want(f"throttled answers, {setting.title}", told, str(measured), is_reached=measured <= most)
