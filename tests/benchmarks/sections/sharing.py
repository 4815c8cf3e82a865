"""A scan that workers share: one, two and four of them, beside one process alone; and what the queue costs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import sqlalchemy as sa

from bot.app import build_scans, connect_aws, open_database
from bot.rules.filters import Filter
from bot.settings import Settings, load
from bot.store.engine import Database
from bot.store.scan_workers import WorkerStore
from bot.store.scans import ScanStore
from bot.store.tables import scan_shares
from bot.wiring.workers import build_sharing
from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.fake_aws.serving import serving
from tests.benchmarks.worlds import SHARED_OUT
from tests.store.databases import postgresql_server

ALONE = '[scan]\naccounts = "organization"\naudit_role = "KmsRotationAudit"\nprocesses = 1\n'
SHARED = f'{ALONE}spread = "workers"\n'
CONCURRENCY = 8
WORKERS = (1, 2, 4)
MOST_LOST = 0.15
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Shared:
    """A scan by so many workers: how long it took, the CPU of all its processes, and the share lost to the queue."""

    workers: int
    seconds: float
    cpu: float
    keys: int
    lost: float | None


def report(bench: Bench) -> Iterator[str]:
    """Yield the section of the report."""
    yield f"## {SHARED_OUT.title}, shared out on PostgreSQL\n"
    runs = [_measured(0), *(_measured(count) for count in WORKERS)]
    alone = runs[0]
    yield tables.table(
        ("", "seconds", "beside one process", "CPU of who reads", "keys a second", "lost to the queue"),
        (
            (
                f"{run.workers} worker{'s' * (run.workers > 1)}" if run.workers else "one process",
                f"{run.seconds:.1f}",
                tables.times(alone.seconds / run.seconds),
                f"{run.cpu:.1f} s",
                f"{run.keys / run.seconds:,.0f}",
                "–" if run.lost is None else f"{run.lost:.1%}",
            )
            for run in runs
        ),
    )
    yield (
        f"The machine has {os.cpu_count()} cores, which the workers share with the fake AWS and with PostgreSQL. "
        f"Lost to the queue is what of {CONCURRENCY} accounts a worker at once was not read while accounts waited.\n"
    )
    lost = runs[1].lost or 0.0
    bench.want(
        "time that one worker loses to the queue", f"< {MOST_LOST:.0%}", f"{lost:.1%}", is_reached=lost < MOST_LOST
    )


def _measured(workers: int) -> Shared:
    with TemporaryDirectory() as home, postgresql_server() as server, serving(SHARED_OUT.recipe) as aws:
        path = Path(home) / "kms-rotation.toml"
        path.write_text(SHARED if workers else ALONE)
        named = {"KMS_ROTATION_CONFIG": str(path), "DATABASE_URL": server.make("migrated")}
        environment = {**aws.environment(), **named, "PATH": os.environ["PATH"], "HOME": home}
        os.environ.update(aws.environment())
        settings = load(named, with_slack=False)
        database = open_database(settings)
        with _workers(workers, environment, database) as cpu:
            begun, ours = perf_counter(), os.times()
            keys = _scan(settings, database)
            seconds, now = perf_counter() - begun, os.times()
        lost = _lost(database, workers * CONCURRENCY) if workers else None
        used = cpu[0] if workers else now.user + now.system - ours.user - ours.system
        database.close()
        return Shared(workers, seconds, used, keys, lost)


def _scan(settings: Settings, database: Database) -> int:
    aws = connect_aws(settings)
    scans = build_scans(settings, aws, ScanStore(database), sharing=build_sharing(settings, database, aws))
    return scans.run(Filter(), "benchmark").summary.keys


@contextmanager
def _workers(count: int, environment: Mapping[str, str], database: Database) -> Iterator[list[float]]:
    """Have so many workers alive; what they used of the CPU, their start included, is there once they have ended."""
    command = [sys.executable, "-m", "bot", "worker", "--concurrency", str(CONCURRENCY)]
    log = Path(environment["HOME"]) / "workers.txt"
    with log.open("w") as errors:
        started = [subprocess.Popen(command, env=dict(environment), stdout=errors, stderr=errors) for _ in range(count)]
    used = [0.0]
    until = perf_counter() + PATIENCE_SECONDS
    while count and len(WorkerStore(database).alive()) < count:
        if perf_counter() > until:
            raise TimeoutError(f"the workers did not start:\n{log.read_text()}")
        sleep(0.05)
    try:
        yield used
    finally:
        for each in started:
            each.send_signal(signal.SIGTERM)
        for each in started:
            _, _, usage = os.wait4(each.pid, 0)
            each.returncode = 0
            used[0] += usage.ru_utime + usage.ru_stime


def _lost(database: Database, slots: int) -> float:
    """Return the share of time in which accounts waited and a worker could have read one more."""
    columns = (scan_shares.c.queued_at, scan_shares.c.begun_at, scan_shares.c.ended_at)
    with database.read() as connection:
        rows = [tuple(row) for row in connection.execute(sa.select(*columns))]
    start, end = min(queued for queued, _, _ in rows), max(begun for _, begun, _ in rows)
    busy = sum(max(0.0, (min(ended, end) - begun).total_seconds()) for _, begun, ended in rows)
    return float(1.0 - busy / (slots * (end - start).total_seconds()))
