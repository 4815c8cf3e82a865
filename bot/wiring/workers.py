"""Wires the workers of a scan, and the scan that is shared out among them."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.app import Aws, connect_aws
from bot.aws.counting import OnAnswer
from bot.errors import UserError
from bot.models.shares import ScanWorker
from bot.rules.verdict import Policy
from bot.scan import Sharing
from bot.scan.scanner import utc_now
from bot.scan.share import Outcome, ShareReader
from bot.settings import Settings
from bot.settings.spreading import WORKERS
from bot.store.engine import Database
from bot.store.key_facts import KeyFactStore
from bot.store.scan_workers import WorkerStore
from bot.store.shares import ShareStore
from bot.tracing import begun
from bot.wiring.marks import this_process

if TYPE_CHECKING:
    from bot.queue.working import QueueWorker

CONCURRENCY = 8
"""So many accounts at once keep one core busy, as small ones wait for AWS most of the time."""

THREADS = 32
"""For one account: as many as one Region gets at most where a single process scans."""

NO_POSTGRESQL = (
    "Workers share a PostgreSQL, and DATABASE_URL names none. Set it to postgresql+psycopg://…, "
    "or let “python -m bot scan” and “run” read by themselves: they need no worker."
)


def prepare_queue(settings: Settings, database: Database) -> None:
    """Make the queue's tables, or bring them to this version, where scans are shared out."""
    if settings.scan.spread == WORKERS:
        from bot.queue import schema  # noqa: PLC0415 - as below

        schema.upgrade(database)


def build_sharing(settings: Settings, database: Database, aws: Aws) -> Sharing | None:
    """Prepare to share scans out; None where the settings have each process read by itself."""
    if settings.scan.spread != WORKERS:
        return None
    from bot.queue.workforce import Queue  # noqa: PLC0415 - Procrastinate is for shared scans alone

    prepare_queue(settings, database)
    me, shares = this_process(settings), ShareStore(database)
    helper = partial(build_worker, settings, database, me, lambda: aws, CONCURRENCY)
    queue = Queue(settings.database_url, me, WorkerStore(database), shares, helper)
    return Sharing(shares, queue, utc_now)


def build_worker(
    settings: Settings, database: Database, me: ScanWorker, connect: Callable[[], Aws], concurrency: int
) -> "QueueWorker":
    """Prepare to read accounts for whoever shares out a scan. Nothing is taken before it runs."""
    from bot.queue.workforce import queue_of  # noqa: PLC0415 - as above
    from bot.queue.working import QueueWorker  # noqa: PLC0415 - as above

    aws = connect()
    reader = ShareReader(
        ShareStore(database),
        aws.discovery,
        aws.reader,
        KeyFactStore(database),
        policy=Policy(settings.policy.max_rotation_period_days),
        owners=settings.owner_rules,
        name=me.name,
        threads=THREADS,
        clock=utc_now,
    )

    def read(scan_id: str, account: str, is_stopping: Callable[[], bool]) -> bool:
        begun(scan=scan_id, account=account)  # for what Procrastinate says of it as well
        return reader.read(scan_id, account, is_stopping) is Outcome.OVER

    return QueueWorker(settings.database_url, queue_of(me), read, concurrency)


def open_worker(
    settings: Settings, database: Database, concurrency: int, on_answer: OnAnswer | None = None
) -> tuple["QueueWorker", ScanWorker]:
    """Prepare a process that does nothing but read. Raises UserError where the database is no PostgreSQL.

    `on_answer` is told of every answer of AWS.
    """
    if database.engine.dialect.name != "postgresql":
        raise UserError(NO_POSTGRESQL)
    from bot.queue import schema  # noqa: PLC0415 - as above

    schema.upgrade(database)
    me = this_process(settings)
    return build_worker(settings, database, me, partial(connect_aws, settings, on_answer), concurrency), me
