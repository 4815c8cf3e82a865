"""The queue as the scan sees it that shares itself out: accounts go in, and dead workers' accounts go in again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Protocol

from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from bot.models.shares import ScanWorker, ShareState
from bot.queue.connecting import TASK, make_app
from bot.queue.working import QueueWorker
from bot.tracing import following

DEAD_SECONDS = 30.0
"""A worker whose heartbeat is so old is taken for dead. Procrastinate's own figure."""

LEAVE_SECONDS = 20.0

log = logging.getLogger(__name__)

Place = tuple[str, str]
"""A scan and an account of it, by their ids."""


class Workers(Protocol):
    """Which workers are alive."""

    def alive(self) -> Sequence[ScanWorker]: ...


class OpenShares(Protocol):
    """The accounts of running scans that are not read to their end, and whether somebody is at them."""

    def still_open(self) -> dict[Place, ShareState]: ...


@dataclass(slots=True)
class Queue:
    """Where the accounts of scans wait. `me` is what this process would be as a worker; like ones share its queue.

    A worker of another version, or with other settings, has a queue of its own, so that nothing of it gets into a scan.
    """

    database_url: str
    me: ScanWorker
    workers: Workers
    shares: OpenShares
    helper: Callable[[], QueueWorker]
    _suspects: frozenset[object] = field(default=frozenset(), init=False)

    def enqueue(self, scan_id: str, accounts: Sequence[str]) -> None:
        """Put accounts into the queue, to be begun in this order. An account is read by one worker at a time."""
        self._ask(lambda jobs: self._put(jobs, [(scan_id, account) for account in accounts]))

    def withdraw(self, scan_id: str) -> None:
        """Take out what nobody has begun of a scan."""

        async def take_out(jobs: JobManager) -> None:
            for job in await jobs.list_jobs_async(task=TASK, status=Status.TODO.value):
                if job.id is not None and job.task_kwargs["scan_id"] == scan_id:
                    await jobs.cancel_job_by_id_async(job.id, delete_job=True)

        self._ask(take_out)

    def rescue(self) -> None:
        """Let what dead workers had begun be begun again; and see that queue and shares agree.

        They part where a process or the database goes away between the two. A job of a scan that is over would keep its
        account from every later scan, in whichever queue it lies, and an account without a job would be waited for for
        ever. What is so for a moment all the time is seen twice before anything is done about it.
        """
        self._ask(self._rescue)

    def alive(self) -> Sequence[ScanWorker]:
        return self.workers.alive()

    def reads_for_us(self, worker: ScanWorker) -> bool:
        return worker.reads_like(self.me)

    @contextmanager
    def helping(self) -> Iterator[None]:
        """Be a worker on a thread of this process while the block runs."""
        stop = Event()
        thread = Thread(target=following(self.helper().run), args=(stop,), name="scan-helper", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(LEAVE_SECONDS)

    async def _put(self, jobs: JobManager, places: Sequence[Place]) -> None:
        made = [
            Job(
                id=None,
                queue=queue_of(self.me),
                task_name=TASK,
                lock=f"account {account}",
                queueing_lock=f"scan {scan_id}, account {account}",
                task_kwargs={"scan_id": scan_id, "account": account},
            )
            for scan_id, account in places
        ]
        if made:
            await jobs.batch_defer_jobs_async(made)

    async def _rescue(self, jobs: JobManager) -> None:
        for job in await jobs.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=DEAD_SECONDS):
            await _unless_gone(jobs.retry_job(job))
        waiting = await jobs.list_jobs_async(task=TASK, status=Status.TODO.value)
        open_shares = self.shares.still_open()
        for job in waiting:
            if job.id is not None and _place(job) not in open_shares:
                await jobs.cancel_job_by_id_async(job.id, delete_job=True)
        doing = await jobs.list_jobs_async(task=TASK, status=Status.DOING.value)
        idle = {
            job.id: _place(job)
            for job in doing
            if job.id is not None and open_shares.get(_place(job)) is not ShareState.READING
        }
        queued = {_place(job) for job in (*waiting, *doing)}
        lost = {place for place, state in open_shares.items() if state is ShareState.WAITING and place not in queued}
        for number in idle.keys() & self._suspects:
            await _unless_gone(jobs.finish_job_by_id_async(number, Status.FAILED, delete_job=True))
        for place in sorted(lost & self._suspects):
            await _unless_gone(self._put(jobs, [place]))
        self._suspects = frozenset({*idle, *lost})

    def _ask(self, question: Callable[[JobManager], Awaitable[None]]) -> None:
        """Ask something of the queue, over a connection of its own; whoever asks is on a thread without a loop."""

        async def ask(app: App) -> None:
            async with app.open_async():
                await question(app.job_manager)

        asyncio.run(ask(make_app(self.database_url)))


async def _unless_gone(change: Awaitable[None]) -> None:
    """Change a job, unless its worker has come to its end with it, or somebody else was first: nothing is left then."""
    try:
        await change
    except (AlreadyEnqueued, ConnectorException) as error:
        log.info("A job of the queue was not as it was found: %s", error.__cause__ or error)


def queue_of(worker: ScanWorker) -> str:
    """Name the queue that like workers share."""
    return f"scan-{worker.version}-{worker.settings}"


def _place(job: Job) -> Place:
    return str(job.task_kwargs["scan_id"]), str(job.task_kwargs["account"])
