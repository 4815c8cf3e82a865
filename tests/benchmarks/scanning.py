"""The scan beside a plain loop and bare threads, in one run; and organisations of many targets."""

from collections.abc import Iterator, Sequence

from bot.aws.budget import QUOTAS_PER_SECOND, SHARE
from tests.benchmarks.measuring import LATENCY_SECONDS, Measurement, Size, measure
from tests.benchmarks.tables import table

ROUNDS = 3
"""The quick ways run in turn so many times, and the fastest run of each counts: other processes only ever slow one."""

ONE_ACCOUNT = Size(accounts=1, regions=1, keys=2000)
ORGANISATIONS = (Size(accounts=100, regions=4, keys=2000), Size(accounts=100, regions=4, keys=20_000))


def report() -> Iterator[str]:
    """Yield the sections of the report as they are measured."""
    yield f"## One account, {ONE_ACCOUNT.keys:,} keys, {LATENCY_SECONDS * 1000:.0f} ms a call\n"
    loop = measure("plain boto3 loop", ("bare", "loop"), ONE_ACCOUNT)
    rounds = [
        (
            measure("50 bare threads", ("bare", "threads"), ONE_ACCOUNT),
            measure("the bot’s scan", ("ours", "account"), ONE_ACCOUNT),
        )
        for _ in range(ROUNDS)
    ]
    threads, scan = (min(runs, key=lambda run: run.seconds) for runs in zip(*rounds, strict=True))
    yield _table([(loop, ONE_ACCOUNT), (threads, ONE_ACCOUNT), (scan, ONE_ACCOUNT)])
    yield f"All three make the same calls. The scan is {loop.seconds / scan.seconds:.0f} times as fast as the loop.\n"
    yield _limits(scan)
    yield f"## Organisations, {LATENCY_SECONDS * 1000:.0f} ms a call\n"
    yield _table(
        [
            (
                measure(f"{size.accounts} accounts × {size.regions} Regions, {size.keys:,} keys", _ORGANISATION, size),
                size,
            )
            for size in ORGANISATIONS
        ]
    )


_ORGANISATION = ("ours", "organisation")


def _table(runs: Sequence[tuple[Measurement, Size]]) -> str:
    return table(
        ("", "seconds", "keys a second", "calls a key", "CPU seconds", "peak memory", "CPU of the fake AWS"),
        (
            (
                run.name,
                f"{run.seconds:.1f}",
                f"{size.keys / run.seconds:,.0f}",
                f"{run.calls / size.keys:.2f}",
                f"{run.cpu:.1f}",
                f"{run.peak_memory:.0f} MiB",
                f"{run.server_cpu / run.seconds:.0%} of a core",
            )
            for run, size in runs
        ),
    )


def _limits(run: Measurement) -> str:
    """Say what a scan of one account waits for: its own CPU, or its share of the account's quota."""
    pace = QUOTAS_PER_SECOND["GetKeyRotationStatus"] * SHARE
    return (
        f"The scan's process was busy for {run.cpu / run.seconds:.0%} of the time: a Python process uses one core. "
        f"Its share of the quota would let it ask {pace:,.0f} statuses a second of one account and Region.\n"
    )
