"""Drops what only old scans hold, a little at a time, so that nobody who clicks waits for it."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.scans import ScanState
from bot.store.current_scan import current_scan
from bot.store.engine import BREATH_SECONDS, Database, take_turns
from bot.store.tables import coverage, finding_counts, findings, left_out, scan_shares, scans

KEPT_SCANS = 2
"""Findings of this many finished scans are kept, of everything and of any scope: the newest, and what it is compared
with. The counts of older ones stay for the trend."""

ROWS = 2000
"""So many rows go in one transaction."""


def prune(database: Database, pause: Callable[[float], bool]) -> None:
    """Drop what is in scans that nobody is shown any more, until nothing of them is left or the bot is stopping.

    `pause` waits so many seconds and says whether the bot is stopping.
    """
    while _prune_some(database) and not pause(BREATH_SECONDS):
        pass


def _prune_some(database: Database) -> bool:
    """Drop some rows of the oldest scan that nobody is shown any more; False where there are none left."""
    with database.write() as connection:
        take_turns(connection, "pruning")
        kept = _kept(connection)
        return any(
            _drop(connection, table, kept) for table in (findings, finding_counts, coverage, left_out, scan_shares)
        )


def _kept(connection: Connection) -> set[str]:
    """Name the scans that are running, shown, or among the newest finished ones."""
    finished = (
        sa.select(scans.c.id)
        .where(scans.c.state == ScanState.FINISHED.value)
        .order_by(scans.c.finished_at.desc())
        .limit(KEPT_SCANS)
    )
    running = sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING.value)
    kept = {
        scan_id
        for query in (finished, finished.where(scans.c.scope == ""), running)
        for scan_id in connection.execute(query).scalars()
    }
    current = current_scan(connection)
    return kept if current is None else kept | {current.id}


def _drop(connection: Connection, table: sa.Table, kept: set[str]) -> bool:
    old = (
        sa.select(scans.c.id)
        .where(scans.c.id.not_in(kept), sa.exists().where(table.c.scan_id == scans.c.id))
        .order_by(scans.c.started_at)
        .limit(1)
    )
    scan_id = connection.execute(old).scalar_one_or_none()
    if scan_id is None:
        return False
    key = [column for column in table.primary_key if column.name != "scan_id"]
    some = sa.select(*key).where(table.c.scan_id == scan_id).order_by(*key).limit(ROWS)
    connection.execute(table.delete().where(table.c.scan_id == scan_id, sa.tuple_(*key).in_(some)))
    return True
