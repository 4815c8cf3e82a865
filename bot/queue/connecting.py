"""The way to the queue. Its tables lie in a schema of their own beside the bot's: no name of theirs is in its way."""

from collections.abc import Callable
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from bot.store.engine import lively, waiting_at_most

SCHEMA = "kms_rotation_queue"
TASK = "read_account"
NAME = "kms-rotation-queue"
"""By which the queue's connections are told from others, in pg_stat_activity."""

LONGEST_WAIT_SECONDS = 60
CONNECTIONS = 4
"""Of the queue's own, in a worker; they are held for a single statement each."""

Read = Callable[[str, str, Callable[[], bool]], bool]
"""Reads an account of a scan, by the ids of both; False where it was handed back because the worker is to stop."""


class Again(BaseRetryStrategy):
    """Tries again: at once what a worker handed back, and after longer and longer what failed.

    There is no end to it: that an account failed too often is known to the scan, which gives it up.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        handed_back = isinstance(exception, JobAborted)
        seconds = 0 if handed_back else min(2 ** (job.attempts + 1), LONGEST_WAIT_SECONDS)
        return RetryDecision(retry_in={"seconds": seconds})


def make_app(database_url: str, read: Read | None = None) -> App:
    """Prepare the queue; nothing connects before it is opened. Workers say how an account is read."""
    url = make_url(database_url).set(drivername="postgresql")
    options = lively(url) | {"application_name": NAME}
    connector = PsycopgConnector(
        conninfo=url.render_as_string(hide_password=False),
        kwargs=options,
        configure=_enter,
        min_size=1,
        max_size=CONNECTIONS,
    )
    app = App(connector=connector)
    if read is not None:

        @app.task(name=TASK, pass_context=True, retry=Again())
        def read_account(context: JobContext, *, scan_id: str, account: str) -> None:
            if not read(scan_id, account, context.should_abort):
                raise JobAborted

    return app


async def _enter(connection: AsyncConnection[Any]) -> None:
    """Say where the queue's tables are. As the bot's own connections, it waits for no lock for ever."""
    await connection.execute(SQL("SET search_path TO {}").format(Identifier(SCHEMA)))
    await connection.execute(*waiting_at_most())
    await connection.commit()
