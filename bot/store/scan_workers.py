"""Which workers are alive, by the database's own clock: those of their machines need not agree."""

from datetime import timedelta

import sqlalchemy as sa

from bot.models.shares import ScanWorker
from bot.store.engine import Database, database_time
from bot.store.tables import scan_workers

BEAT_SECONDS = 5.0
"""A worker says so often that it is alive."""

ALIVE = timedelta(seconds=30)
"""One that said nothing for so long is taken for dead."""


class WorkerStore:
    """Keeps a row for each worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, worker: ScanWorker) -> None:
        """Note that a worker is alive, and forget those that died."""
        values = {"name": worker.name, "version": worker.version, "settings": worker.settings}
        with self._database.write() as connection:
            now = database_time(connection)
            gone = (scan_workers.c.id == worker.id) | (scan_workers.c.seen_at < now - ALIVE)
            connection.execute(scan_workers.delete().where(gone))
            connection.execute(scan_workers.insert().values(id=worker.id, seen_at=now, **values))

    def leave(self, worker_id: str) -> None:
        with self._database.write() as connection:
            connection.execute(scan_workers.delete().where(scan_workers.c.id == worker_id))

    def alive(self) -> list[ScanWorker]:
        """Return the workers that are alive, by their names."""
        with self._database.read() as connection:
            is_alive = scan_workers.c.seen_at >= database_time(connection) - ALIVE
            query = sa.select(scan_workers).where(is_alive).order_by(scan_workers.c.name)
            return [ScanWorker(row.id, row.name, row.version, row.settings) for row in connection.execute(query)]
