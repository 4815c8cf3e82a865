"""An organisation's findings in a database, without a scan: as many as are wanted, a fifth of them open."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

import sqlalchemy as sa

from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import Coverage, CoverageStatus, Scan, ScanState
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.tables import coverage, findings
from tests.store.databases import postgresql_server, sqlite_files

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")
KEYS_A_TARGET = 50
TEAMS = tuple(f"team-{number:02}" for number in range(40))
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = (
    (0.20, Verdict.NON_COMPLIANT, Reason.ROTATION_DISABLED),
    (0.75, Verdict.COMPLIANT, Reason.ROTATION_ENABLED),
    (0.99, Verdict.NOT_APPLICABLE, Reason.AWS_MANAGED),
    (1.00, Verdict.INSUFFICIENT_DATA, Reason.ACCESS_DENIED),
)
"""Which share of the keys, counted up, is of which verdict."""


@contextmanager
def databases() -> Iterator[dict[str, Database]]:
    """Open an empty database of each kind. PostgreSQL runs here too, and does not wait for the disk."""
    with TemporaryDirectory() as folder, sqlite_files(Path(folder)) as sqlite, postgresql_server() as postgresql:
        kinds = {"SQLite": sqlite, "PostgreSQL": postgresql.make}
        made = {name: Database(make("migrated")) for name, make in kinds.items()}
        yield made
        for database in made.values():
            database.close()


def store_scan(database: Database, keys: int) -> Scan:
    """Store a finished scan with so many findings, made up but the same in every run."""
    store, random = ScanStore(database), Random(1)
    scan = Scan("first", ScanState.RUNNING, START)
    store.begin(scan)
    targets = -(-keys // KEYS_A_TARGET)
    for number in range(targets):
        account, region = f"{100_000_000_000 + number // len(REGIONS)}", REGIONS[number % len(REGIONS)]
        found = [_finding(random, account, region) for _ in range(min(KEYS_A_TARGET, keys - number * KEYS_A_TARGET))]
        covered = Coverage(account, f"prod-{account[-4:]}", region, CoverageStatus.SCANNED, len(found))
        store.add(scan.id, found, [covered])
    finished = store.finish(scan.id, START + timedelta(hours=1))
    _learn_sizes(database)
    return finished


def store_next_day(database: Database, before: Scan, changed: int) -> Scan:
    """Store the scan of the next day: as many keys were fixed as went wrong, together `changed` ones."""
    store = ScanStore(database)
    scan = Scan(f"{before.id}+", ScanState.RUNNING, before.started_at + DAY)
    store.begin(scan)
    with database.write() as connection:
        columns = [each for each in findings.c if each.name not in {"scan_id", "read_at"}]
        copied = sa.select(sa.literal(scan.id), sa.literal(scan.started_at, findings.c.read_at.type), *columns)
        names = ["scan_id", "read_at", *(each.name for each in columns)]
        connection.execute(findings.insert().from_select(names, copied.where(findings.c.scan_id == before.id)))
        places = [each for each in coverage.c if each.name != "scan_id"]
        covered = sa.select(sa.literal(scan.id), *places).where(coverage.c.scan_id == before.id)
        connection.execute(coverage.insert().from_select(["scan_id", *(each.name for each in places)], covered))
        of_day = sa.select(findings.c.arn).where(findings.c.scan_id == before.id).order_by(findings.c.arn)
        for (_, was, _), (_, now, reason) in ((KINDS[0], KINDS[1]), (KINDS[1], KINDS[0])):
            some = of_day.where(findings.c.verdict == was.value).offset(scan.started_at.day).limit(changed // 2)
            connection.execute(
                findings.update()
                .where(findings.c.scan_id == scan.id, findings.c.arn.in_(connection.execute(some).scalars().all()))
                .values(verdict=now.value, reason=reason.value)
            )
    finished = store.finish(scan.id, scan.started_at + timedelta(hours=1))
    _learn_sizes(database)
    return finished


def _finding(random: Random, account: str, region: str) -> Finding:
    key, share = UUID(int=random.getrandbits(128)), random.random()
    verdict, reason = next((verdict, reason) for most, verdict, reason in KINDS if share < most)
    is_open = verdict is Verdict.NON_COMPLIANT
    aliases = (f"alias/app-{random.randrange(500)}/{key.hex[:6]}",)
    team = random.choice(TEAMS) if is_open else None
    return Finding(
        arn=f"arn:aws:kms:{region}:{account}:key/{key}",
        account=account,
        account_name=f"prod-{account[-4:]}",
        region=region,
        aliases=aliases,
        verdict=verdict,
        reason=reason,
        message="Automatic rotation is off." if is_open else "Rotates every 365 days.",
        read_at=START,
        team=team,
        owner=team,
        managed_by="Terraform" if is_open else None,
    )


def _learn_sizes(database: Database) -> None:
    """Do what PostgreSQL's autovacuum does within a minute of such a change: learn the sizes of the tables."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
