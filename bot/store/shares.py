"""The shares of a scan, as whoever shares it out sees them: what is put up, how far it is, and what is called off."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.shares import Depth, Share, ShareProgress, ShareState
from bot.store.engine import Database
from bot.store.share_turns import IN_HAND, OPEN, RUNS, ShareTurns, regions_of
from bot.store.tables import coverage, scan_shares

_OVER = (ShareState.ENDED.value, ShareState.CLOSED.value)
_REDUCED = {ShareState.WAITING.value: ShareState.WAITING}


class ShareStore(ShareTurns):
    """Every method may be called from many threads, and processes, at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_up(self, shares: Sequence[Share], at: datetime) -> None:
        """Store the shares of a scan; they wait for a worker."""
        rows = [
            {
                "scan_id": each.scan_id,
                "account": each.account.id,
                "account_name": each.account.name,
                "regions": list(each.regions),
                "state": ShareState.WAITING.value,
                "queued_at": at,
            }
            for each in shares
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(scan_shares.insert(), rows)

    def news(self, scan_id: str) -> list[ShareProgress]:
        """Say how far the shares are that are being read, and those that nobody reads any more, until that is heard."""
        is_over = scan_shares.c.state.in_(_OVER)
        is_news = sa.or_(scan_shares.c.state.in_(IN_HAND), sa.and_(is_over, ~scan_shares.c.told))
        columns = (scan_shares.c.account, is_over.label("is_over"), scan_shares.c.progress)
        query = sa.select(*columns).where(scan_shares.c.scan_id == scan_id, is_news)
        with self._database.read() as connection:
            return [
                ShareProgress(row.account, is_ended=row.is_over, regions=regions_of(row.progress))
                for row in connection.execute(query)
            ]

    def heard(self, scan_id: str, accounts: Collection[str]) -> None:
        """Tell no more of shares that nobody reads any more: the news of them has arrived."""
        known = (scan_shares.c.scan_id == scan_id, scan_shares.c.account.in_(accounts), scan_shares.c.state.in_(_OVER))
        with self._database.write() as connection:
            connection.execute(scan_shares.update().where(*known).values(told=True))

    def covered(self, scan_id: str) -> frozenset[tuple[str, str]]:
        """Name the targets of a scan that were read to their end."""
        query = sa.select(coverage.c.account, coverage.c.region).where(coverage.c.scan_id == scan_id)
        with self._database.read() as connection:
            return frozenset((row.account, row.region) for row in connection.execute(query))

    def still_open(self) -> dict[tuple[str, str], ShareState]:
        """Tell of each account of a running scan that is not read to its end whether somebody is at it."""
        query = sa.select(scan_shares.c.scan_id, scan_shares.c.account, scan_shares.c.state).where(
            scan_shares.c.state.in_((*OPEN, *IN_HAND)), RUNS
        )
        with self._database.read() as connection:
            rows = connection.execute(query)
            return {(row.scan_id, row.account): _REDUCED.get(row.state, ShareState.READING) for row in rows}

    def call_off(self, scan_id: str) -> None:
        """Have whoever reads for a scan write down what they read, and stop; nobody begins anything more of it."""
        reads = scan_shares.c.state == ShareState.READING.value
        state = sa.case((reads, ShareState.STOPPING.value), else_=ShareState.CLOSED.value)
        with self._database.write() as connection:
            is_open = (scan_shares.c.scan_id == scan_id, scan_shares.c.state.in_(OPEN))
            connection.execute(scan_shares.update().where(*is_open).values(state=state))

    def in_hand(self, scan_id: str) -> int:
        """Count the shares of a scan that somebody reads just now."""
        is_read = (scan_shares.c.scan_id == scan_id, scan_shares.c.state.in_(IN_HAND))
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).where(*is_read)).scalar_one()

    def close(self, scan_id: str) -> None:
        """See to it that no worker writes anything more for a scan. Whoever writes just now is waited for."""
        with self._database.write() as connection:
            close_shares(connection, scan_id)

    def depth(self, now: datetime) -> Depth:
        """Say how many accounts of running scans wait for a worker, and how many are being read."""
        counted = sa.select(scan_shares.c.state, sa.func.count(), sa.func.min(scan_shares.c.queued_at)).where(
            scan_shares.c.state.in_(OPEN), RUNS
        )
        with self._database.read() as connection:
            rows = {state: (count, first) for state, count, first in connection.execute(counted.group_by("state"))}
        waiting, first = rows.get(ShareState.WAITING.value, (0, now))
        reading, _ = rows.get(ShareState.READING.value, (0, now))
        return Depth(waiting, reading, max(0.0, (now - first).total_seconds()))


def close_shares(connection: Connection, scan_id: str) -> None:
    """Close the open shares of a scan that ends."""
    is_open = (scan_shares.c.scan_id == scan_id, scan_shares.c.state.in_((*OPEN, *IN_HAND)))
    connection.execute(scan_shares.update().where(*is_open).values(state=ShareState.CLOSED.value))
