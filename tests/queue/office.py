"""A scan that is shared out, and its workers: of this process, or processes of their own, on a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from bot.app import build_scans, connect_aws
from bot.models.scans import Progress, Scan
from bot.rules.filters import Filter
from bot.scan import Scans, sharing
from bot.settings import Settings, load
from bot.store.engine import Database
from bot.store.key_facts import KeyFactStore
from bot.store.scan_workers import WorkerStore
from bot.store.scans import ScanStore
from bot.store.shares import ShareStore
from bot.wiring.workers import build_sharing, open_worker
from deploy.sandbox.aws import AwsServer
from tests.scale.scanning import Scanned
from tests.scan.audits import MEMBER, point_at
from tests.store.databases import MakeUrl
from tests.terminal.shell import Shell

SETTINGS = """
[scan]
accounts = "organization"
audit_role = "KmsRotationAudit"
external_id = "sandbox-external-id"
"""
SHARED = f'{SETTINGS}spread = "workers"\n'


@dataclass
class Running:
    """A scan on a thread of its own."""

    scans: Scans
    told: list[Progress] = field(default_factory=list)
    outcome: Any = None

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self.scans.run(Filter(), "U0TESTER", self.told.append)
        except Exception as error:  # noqa: BLE001 - it is the outcome
            self.outcome = error

    def end(self) -> Any:  # noqa: ANN401 - a Scan or what was raised
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.outcome


@dataclass
class Office:
    """One PostgreSQL, one AWS."""

    folder: Path
    url: str
    stack: ExitStack
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.database = self.open()
        self.scans, self.shares = ScanStore(self.database), ShareStore(self.database)
        self.workers = WorkerStore(self.database)

    def open(self) -> Database:
        database = Database(self.url)
        self.stack.callback(database.close)
        return database

    def settings(self, text: str = SHARED) -> Settings:
        path = self.folder / "kms-rotation.toml"
        path.write_text(text, encoding="utf-8")
        return load({"KMS_ROTATION_CONFIG": str(path), "DATABASE_URL": self.url}, with_slack=False)

    def scanner(self, text: str = SHARED) -> Scans:
        settings = self.settings(text)
        aws = connect_aws(settings)
        shared = build_sharing(settings, self.database, aws)
        return build_scans(settings, aws, self.scans, KeyFactStore(self.database), sharing=shared)

    def of(self, scan: Scan) -> Scanned:
        return Scanned.of(scan, self.scans)

    @contextmanager
    def worker(self, text: str = SHARED, drain_seconds: float = 5.0) -> Iterator[Event]:
        """Have a worker on a thread, with clients and connections of its own; setting the event stops it."""
        database = self.open()
        queue, me = open_worker(self.settings(text), database, 4)
        WorkerStore(database).beat(me)
        stop = Event()
        thread = Thread(target=replace(queue, drain_seconds=drain_seconds).run, args=(stop,))
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()
            WorkerStore(database).leave(me.id)

    def shell(self, aws: AwsServer) -> Shell:
        shell = Shell(self.folder, {**aws.environment(least_privilege=True), "DATABASE_URL": self.url})
        shell.configure(SHARED)
        return shell

    def ask(self, statement: str) -> list[Any]:
        with self.database.write() as connection:
            result = connection.exec_driver_sql(statement)
            return list(result.all()) if result.returns_rows else []

    def jobs(self) -> list[tuple[str, str]]:
        return [tuple(row) for row in self.ask("SELECT status, lock FROM kms_rotation_queue.procrastinate_jobs")]

    def take_for_dead(self, name: str) -> None:
        """Do what half a minute of silence does to a worker that does not live any more, and had something in hand."""
        with self.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE kms_rotation_queue.procrastinate_workers SET last_heartbeat = now() - interval '5 minutes' "
                "WHERE id IN (SELECT worker_id FROM kms_rotation_queue.procrastinate_jobs WHERE status = 'doing')"
            )
            silent = sa.text("UPDATE scan_workers SET seen_at = now() - interval '5 minutes' WHERE name = :name")
            connection.execute(silent, {"name": name})


@pytest.fixture
def office(
    aws: AwsServer, make_postgresql: MakeUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    point_at(aws, monkeypatch)
    monkeypatch.setattr(sharing, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(sharing, "CARE_SECONDS", 0.2)
    with ExitStack() as stack:
        yield Office(tmp_path, make_postgresql("migrated"), stack)


def members(aws: AwsServer, count: int) -> list[str]:
    """Add accounts with a key each, and return all that have one."""
    ids = [MEMBER, *(f"1{number:011}" for number in range(10, 9 + count))]
    for id_ in ids:
        aws.world.account(id_, f"team-{id_[-2:]}")
        aws.world.key(account=id_, alias=f"alias/of-{id_}", rotation=365)
        aws.world.key(account=id_, region="eu-west-1")
    return ids
