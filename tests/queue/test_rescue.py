"""The queue and the shares agree again after the database was away between the two; and the queue's own tables."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import sqlalchemy as sa
from procrastinate.schema import SchemaManager

from bot.models.scans import ScanState
from bot.queue import schema, working
from bot.queue.workforce import Queue
from bot.scan import sharing
from bot.store.engine import Database
from bot.store.shares import ShareStore
from deploy.sandbox.aws import AwsServer
from tests.queue.office import Office, Running, members
from tests.scan.audits import FRANKFURT, MEMBER, wait_for
from tests.store.crowd import all_at_once
from tests.store.databases import MakeUrl

HANGS_SECONDS = 60
CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kms-rotation-queue'"
DOING = sa.text(
    "INSERT INTO kms_rotation_queue.procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id) "
    "SELECT 'scan', 'read_account', 'account ' || :account, "
    "jsonb_build_object('scan_id', CAST(:scan_id AS text), 'account', CAST(:account AS text)), 'doing', max(id) "
    "FROM kms_rotation_queue.procrastinate_workers"
)
LEFT_BEHIND = sa.text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args) "
    "VALUES ('scan-of-another-version', 'read_account', 'account ' || :account, "
    "jsonb_build_object('scan_id', CAST(:scan_id AS text), 'account', CAST(:account AS text)))"
)
MADE_BY = "SELECT obj_description('kms_rotation_queue'::regnamespace, 'pg_namespace')"


@pytest.fixture
def database(make_postgresql: MakeUrl) -> Iterator[Database]:
    made = Database(make_postgresql("migrated"))
    yield made
    made.close()


def value(database: Database, statement: str) -> object:
    with database.write() as connection:
        return connection.exec_driver_sql(statement).scalar_one()


def test_accounts_that_the_queue_lost_are_put_in_again(
    aws: AwsServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = members(aws, 2)
    monkeypatch.setattr(Queue, "enqueue", lambda *_: None)
    with office.worker():
        made = Running(office.scanner()).end()
    assert made.state is ScanState.FINISHED
    assert {each.account for each in office.of(made).findings} == set(accounts)


def test_an_account_whose_job_never_ended_is_read_by_the_next_scan(
    aws: AwsServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "POLL_SECONDS", 0.05)
    members(aws, 1)
    first = Running(office.scanner()).end()
    with office.worker() as _:
        wait_for(lambda: office.ask("SELECT 1 FROM kms_rotation_queue.procrastinate_workers"), "the worker")
        with office.database.write() as connection:
            connection.execute(DOING, {"scan_id": first.id, "account": MEMBER})
        made = Running(office.scanner()).end()
    assert (made.state, made.summary.keys) == (ScanState.FINISHED, 2)


def test_what_a_scan_that_is_over_left_in_any_queue_keeps_no_account_from_the_next(
    aws: AwsServer, office: Office
) -> None:
    """Procrastinate lets nobody begin a job while an older one waits for the same lock."""
    members(aws, 1)
    first = Running(office.scanner()).end()
    with office.database.write() as connection:
        connection.exec_driver_sql("SET LOCAL search_path TO kms_rotation_queue")
        connection.execute(LEFT_BEHIND, {"scan_id": first.id, "account": MEMBER})
    with office.worker():
        made = Running(office.scanner()).end()
    assert (made.state, made.summary.keys, office.jobs()) == (ScanState.FINISHED, 2, [])


def test_a_worker_whose_connections_are_cut_off_comes_back_and_the_scan_ends(
    aws: AwsServer, office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(working, "REST_SECONDS", 0.1)
    monkeypatch.setattr(working, "HEARTBEAT_SECONDS", 0.1)
    members(aws, 3)
    aws.faults.slow(1.0, MEMBER, FRANKFURT, "kms:DescribeKey")
    with office.worker():
        running = Running(office.scanner())
        wait_for(lambda: aws.calls.named("DescribeKey"), "an account to be begun")
        office.ask(CUT_OFF)
        made = running.end()
    assert (made.state, made.summary.keys) == (ScanState.FINISHED, 6)
    assert office.jobs() == []


@pytest.mark.parametrize(("patience", "state"), [(60.0, ScanState.FINISHED), (0.0, ScanState.INTERRUPTED)])
def test_a_database_that_is_away_is_waited_for_and_not_for_ever(
    aws: AwsServer, office: Office, monkeypatch: pytest.MonkeyPatch, patience: float, state: ScanState
) -> None:
    members(aws, 1)
    news, away = ShareStore.news, iter([True] * 3)

    def sometimes(self: ShareStore, scan_id: str) -> object:
        if next(away, False):
            raise OSError("the server closed the connection unexpectedly")
        return news(self, scan_id)

    monkeypatch.setattr(sharing, "AWAY_SECONDS", patience)
    monkeypatch.setattr(ShareStore, "news", sometimes)
    with office.worker():
        Running(office.scanner()).end()
    [(stored,)] = office.ask("SELECT state FROM scans")
    assert stored == state


def test_an_account_that_fails_again_and_again_is_given_up_and_the_others_are_read(
    aws: AwsServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    members(aws, 2)
    monkeypatch.setattr("bot.queue.connecting.LONGEST_WAIT_SECONDS", 0)
    monkeypatch.setattr("bot.aws.kms.KmsReader.list_aliases", fails_in(MEMBER))
    monkeypatch.setattr(working, "POLL_SECONDS", 0.05)
    with office.worker():
        running = Running(office.scanner())
        made = running.end()
    assert made.state is ScanState.FINISHED
    assert running.told[-1].targets_done == running.told[-1].targets_total
    unread = [each for each in office.of(made).coverage if each.error]
    assert {each.account for each in unread} == {MEMBER}
    [told] = {each.error for each in unread if each.region == FRANKFURT}
    assert told == (
        "A worker began to read this account 5 times and did not come to its end, so nothing is known of this Region. "
        "The workers' logs say why; for want of memory perhaps."
    )
    assert made.summary.keys == 2


def fails_in(account: str) -> object:
    from bot.aws.kms import KmsReader  # noqa: PLC0415 - the real one, before it is replaced

    real = KmsReader.list_aliases

    def list_aliases(self: KmsReader, target: object, marker: str | None = None) -> object:
        if target.account.id == account:  # type: ignore[attr-defined]  # a Target
            raise RuntimeError("a defect")
        return real(self, target, marker)  # type: ignore[arg-type]  # as above

    return list_aliases


def test_the_queues_tables_are_made_once_however_many_start_at_once(database: Database) -> None:
    all_at_once(lambda _: schema.upgrade(database), threads=4)
    schema.upgrade(database)
    assert value(database, MADE_BY) == version("procrastinate")
    assert value(database, "SELECT count(*) FROM kms_rotation_queue.procrastinate_jobs") == 0
    assert (
        value(database, "SELECT count(*) FROM pg_tables WHERE tablename ~ 'procrastinate' AND schemaname = 'public'")
        == 0
    )


def test_tables_of_an_older_version_get_the_migrations_that_they_miss(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(database)
    (tmp_path / "03.04.00_01_pre_old.sql").write_text("SELECT no_such_function();")
    (tmp_path / "03.99.00_01_pre_new.sql").write_text("CREATE TABLE newer (a int); INSERT INTO newer VALUES (7);")
    monkeypatch.setattr(SchemaManager, "get_migrations_path", lambda: str(tmp_path))
    monkeypatch.setattr(schema, "version", lambda _: "3.99.0")
    schema.upgrade(database)
    assert value(database, "SELECT a FROM kms_rotation_queue.newer") == 7
    assert value(database, MADE_BY) == "3.99.0"
    monkeypatch.setattr(schema, "version", lambda _: "3.10.0")
    schema.upgrade(database)
    assert value(database, MADE_BY) == "3.99.0"
