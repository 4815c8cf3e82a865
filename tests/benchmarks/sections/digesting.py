"""Making a digest of an organisation's keys: what reading takes until it can be written, and the whole of it."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter

from bot.digest import Audience, Digests
from bot.models.digests import Comparison, Digest
from bot.models.scans import Scan
from bot.rules.filters import Filter
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.scans import ScanStore
from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.stored import DAY, START, TEAMS, databases, store_next_day, store_scan

KEYS = 200_000
CHANGED = 50
TOP = 10
READINGS = 20
DAYS = 3
WANTED_MS = 300
SCOPES = {"all keys": "", "a team's": f"team={TEAMS[0]}", "some accounts'": "account=prod-00*"}


class _ReadError(Exception):
    """Ends a digest once everything was read, so that it can be read again."""


def report(bench: Bench) -> Iterator[str]:
    """Yield the section of the report."""
    yield f"## A digest of {KEYS:,} stored findings, a fifth of them open\n"
    with databases() as made:
        for name, database in made.items():
            rows, slowest = _measured(database)
            yield tables.table((name, "reading, median", "95th percentile", "the whole digest"), rows)
            told = f"{slowest:.0f} ms"
            bench.want(f"{name}: what a digest reads", f"{WANTED_MS} ms", told, is_reached=slowest < WANTED_MS)
    yield (
        f"An ordinary day: {CHANGED} keys changed. The whole digest is the slowest of {DAYS} days; it writes what the "
        "next one compares with, its record and its messages.\n"
    )


def _measured(database: Database) -> tuple[list[tuple[str, ...]], float]:
    """Return the rows of the table, and the 95th percentile of the slowest kind of digest in milliseconds."""
    rows, slowest = list[tuple[str, ...]](), 0.0
    scan = store_scan(database, KEYS)
    wholes: dict[str, list[float]] = {scope: [] for scope in SCOPES}
    for day in range(DAYS + 1):
        if day:
            scan = store_next_day(database, scan, CHANGED)
        for what, scope in SCOPES.items():
            audience = Audience(what, "C0SECURITY", Filter.parse(scope), top=TOP)
            if day in {0, DAYS}:
                readings = sorted(_reading(database, audience, scan) for _ in range(READINGS))
                percentile = readings[int(READINGS * 0.95) - 1]
                slowest = max(slowest, percentile * 1000)
            whole = _whole(database, audience, day)
            if day:
                wholes[what].append(whole)
            if day in {0, DAYS}:
                when = "the first digest" if day == 0 else "an ordinary day"
                total = max(wholes[what]) if day else whole
                rows.append(
                    (f"{when}, {what}", *(f"{each * 1000:.0f} ms" for each in (median(readings), percentile, total)))
                )
    return rows, slowest


def _reading(database: Database, audience: Audience, scan: Scan) -> float:
    """Return the seconds until all is read that the digest says, and leave everything as it was."""
    seconds = list[float]()
    began = perf_counter()

    def stop(_: Comparison) -> Digest:
        seconds.append(perf_counter() - began)
        raise _ReadError

    try:
        DigestStore(database).publish(audience.name, audience.scope, TOP, scan.started_at + DAY, stop, by="U0MARA")
    except _ReadError:
        return seconds[0]
    raise RuntimeError("nothing was read")


def _whole(database: Database, audience: Audience, day: int) -> float:
    clock = START + DAY * (day + 0.5)
    digests = Digests(ScanStore(database), DigestStore(database), lambda: [audience], lambda: clock)
    began = perf_counter()
    digests.publish("U0MARA")
    return perf_counter() - began
