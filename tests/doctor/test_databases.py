"""The doctor looks at a PostgreSQL as it does at SQLite, and finds one that takes no writes."""

import secrets
from threading import Event

import pytest
from sqlalchemy.engine import make_url

from bot.doctor.database import DatabaseChecks
from bot.doctor.examination import examine
from bot.doctor.lines import Check, Line, Status
from bot.doctor.workers import WorkerChecks
from bot.models.processes import RunningProcess
from bot.models.shares import ScanWorker
from bot.store.engine import Database
from bot.store.examination import DatabaseExamination
from bot.store.processes import ProcessStore
from bot.store.scan_workers import WorkerStore
from bot.store.troubles import TroubleStore
from tests.store.databases import MakeUrl
from tests.store.samples import at


def look(url: str, me: ScanWorker | None = None) -> list[Line]:
    database = Database(url)
    book, troubles = ProcessStore(database), TroubleStore(database)
    workers = None if me is None else WorkerChecks(WorkerStore(database), me)
    steps = DatabaseChecks(DatabaseExamination(database), book, troubles, workers).steps()
    try:
        return examine(steps, seconds=30, on_progress=lambda *_: None, stop=Event())
    finally:
        database.close()


def test_a_postgresql_is_looked_at_without_telling_its_password(make_postgresql: MakeUrl) -> None:
    url = make_url(make_postgresql("migrated")).update_query_dict({"password": "s3cret"})
    lines = look(url.render_as_string(hide_password=False))
    assert "s3cret" not in str(lines)
    assert {(line.check, line.status) for line in lines} == {
        (Check.DATABASE, Status.OK),
        (Check.SCHEMA, Status.OK),
        (Check.RECORD, Status.OK),
        (Check.PROCESSES, Status.OK),
    }


def test_a_postgresql_that_takes_no_writes_of_the_bot_s_role_is_told(make_postgresql: MakeUrl) -> None:
    url, role = make_postgresql("migrated"), f"reader_{secrets.token_hex(4)}"
    owner = Database(url)
    with owner.write() as connection:
        for statement in (f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"):
            connection.exec_driver_sql(statement)
    owner.close()
    lines = look(make_url(url).set(username=role).render_as_string(hide_password=False))
    (line,) = [line for line in lines if line.status is not Status.OK]
    assert (line.check, line.status) == (Check.DATABASE, Status.FAILED)
    assert line.seen.startswith("The bot cannot write. ")
    assert "permission denied" in line.seen
    assert "read-only" in line.remedy


def test_an_empty_postgresql_is_a_warning(make_postgresql: MakeUrl) -> None:
    assert [(line.check, line.status) for line in look(make_postgresql("empty"))] == [(Check.SCHEMA, Status.WARNING)]


def test_processes_that_share_it_and_have_different_settings_are_told(make_postgresql: MakeUrl) -> None:
    url = make_postgresql("migrated")
    database = Database(url)
    for name, policy in (("one", "a"), ("two", "a"), ("three", "b")):
        ProcessStore(database).beat(RunningProcess(name, name, at(0), at(0), {"policy": policy}), at(0), None)
    database.close()
    (line,) = [line for line in look(url) if line.check is Check.PROCESSES]
    assert (line.subject, line.status) == ("[policy]", Status.WARNING)
    assert line.seen == "Processes that share this database have different settings: one, two | three."
    assert line.remedy.startswith("Give all of them the same file")


ME = ScanWorker("me", "doctor", "v2", "s1")
LIKE, OLD, OTHER = (
    ScanWorker("a", "like", "v2", "s1"),
    ScanWorker("b", "old", "v1", "s1"),
    ScanWorker("c", "other", "v2", "s2"),
)
WORKERS = [
    ([], [(Status.WARNING, "No worker is alive, so the bot reads every account by itself.")]),
    ([LIKE], [(Status.OK, "Alive, with this version and these settings: like.")]),
    (
        [OLD, OTHER],
        [(Status.WARNING, "Alive, but of another version or with other settings: old, other.")],
    ),
    (
        [LIKE, OLD],
        [
            (Status.OK, "Alive, with this version and these settings: like."),
            (Status.WARNING, "Alive, but of another version or with other settings: old."),
        ],
    ),
]


@pytest.mark.parametrize(("alive", "told"), WORKERS)
def test_where_scans_are_shared_out_it_is_told_who_would_read_them(
    make_postgresql: MakeUrl, alive: list[ScanWorker], told: list[tuple[Status, str]]
) -> None:
    url = make_postgresql("migrated")
    database = Database(url)
    for each in alive:
        WorkerStore(database).beat(each)
    database.close()
    lines = [line for line in look(url, ME) if line.check is Check.WORKERS]
    assert [(line.status, line.seen) for line in lines] == told
    assert all(bool(line.remedy) is (line.status is Status.WARNING) for line in lines)


def test_a_worker_that_was_not_heard_of_for_half_a_minute_is_not_alive(make_postgresql: MakeUrl) -> None:
    url = make_postgresql("migrated")
    database = Database(url)
    WorkerStore(database).beat(LIKE)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE scan_workers SET seen_at = now() - interval '31 seconds'")
    database.close()
    (line,) = [line for line in look(url, ME) if line.check is Check.WORKERS]
    assert line.seen.startswith("No worker is alive")
