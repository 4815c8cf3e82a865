"""The shares of a scan: who reads which account, and what of it is written down.

Whoever reads a share writes only while the share is still theirs: every write is one conditional UPDATE of its row, by
the turn that they took, with the findings in the same transaction. A worker that was given up for dead, or that reads
for a scan that is over, writes nothing more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Finding
from bot.models.scans import Account, Coverage, ScanState
from bot.models.shares import Depth, RegionProgress, Share, ShareProgress, ShareState
from bot.store.engine import Database
from bot.store.excusing import excused
from bot.store.scan_rows import add_coverage, add_findings
from bot.store.tables import coverage, findings, scan_shares, scans

_OPEN = (ShareState.WAITING.value, ShareState.READING.value)
_IN_HAND = (ShareState.READING.value, ShareState.STOPPING.value)
_OVER = (ShareState.ENDED.value, ShareState.CLOSED.value)
_REDUCED = {ShareState.WAITING.value: ShareState.WAITING}
_Stored = dict[str, dict[str, int]]
_RUNS = sa.exists().where(scans.c.id == scan_shares.c.scan_id, scans.c.state == ScanState.RUNNING.value)


class ShareStore:
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

    def claim(self, scan_id: str, account: str, worker: str, at: datetime) -> Share | None:
        """Take a share, with the Regions that are still to be read; None where there is nothing to take.

        What somebody else read of a Region and not to its end is dropped: it is read anew. Whoever that was and is
        still at it has lost the share with this.
        """
        taken = (
            scan_shares.update()
            .where(_is(scan_id, account), scan_shares.c.state.in_(_OPEN), _RUNS)
            .values(
                state=ShareState.READING.value,
                turn=scan_shares.c.turn + 1,
                failures=scan_shares.c.failures
                + sa.case((scan_shares.c.state == ShareState.READING.value, 1), else_=0),
                worker=worker,
                begun_at=at,
            )
            .returning(scan_shares)
        )
        with self._database.write() as connection:
            row = connection.execute(taken).one_or_none()
            if row is None:
                return None
            done = _read_to_the_end(connection, scan_id, account)
            connection.execute(
                findings.delete().where(
                    findings.c.scan_id == scan_id, findings.c.account == account, findings.c.region.not_in(done)
                )
            )
            known = {region: told for region, told in row.progress.items() if region in done}
            connection.execute(scan_shares.update().where(_is(scan_id, account)).values(progress=known))
            left = tuple(region for region in row.regions if region not in done)
            account_ = Account(row.account, row.account_name)
            return Share(scan_id, account_, left, row.turn, row.failures, _regions(known))

    def add(
        self,
        share: Share,
        found: Sequence[Finding],
        covered: Sequence[Coverage],
        progress: Mapping[str, RegionProgress],
    ) -> bool:
        """Store what was read of a share; False, and nothing stored, where it is not ours any more."""
        with self._database.write() as connection:
            if connection.execute(_telling(progress).where(_ours(share))).rowcount == 0:
                return False
            add_findings(connection, share.scan_id, excused(connection, found))
            add_coverage(connection, share.scan_id, covered)
            return True

    def end(self, share: Share, at: datetime) -> bool:
        """Say that all of a share is read."""
        return self._let_go(share, state=ShareState.ENDED.value, ended_at=at)

    def hand_back(self, share: Share, *, failed: bool) -> bool:
        """Let somebody else take a share that we began, unless the scan is to stop."""
        stops = scan_shares.c.state == ShareState.STOPPING.value
        state = sa.case((stops, ShareState.CLOSED.value), else_=ShareState.WAITING.value)
        return self._let_go(share, state=state, failures=scan_shares.c.failures + int(failed))

    def go_on(self, share: Share, progress: Mapping[str, RegionProgress]) -> bool:
        """Tell how far a share is; False where it is not ours any more, or the scan is to stop."""
        is_wanted = sa.and_(_ours(share), scan_shares.c.state == ShareState.READING.value)
        with self._database.write() as connection:
            return connection.execute(_telling(progress).where(is_wanted)).rowcount == 1

    def news(self, scan_id: str) -> list[ShareProgress]:
        """Say how far the shares are that are being read, and those that nobody reads any more, until that is heard."""
        is_over = scan_shares.c.state.in_(_OVER)
        is_news = sa.or_(scan_shares.c.state.in_(_IN_HAND), sa.and_(is_over, ~scan_shares.c.told))
        columns = (scan_shares.c.account, is_over.label("is_over"), scan_shares.c.progress)
        query = sa.select(*columns).where(scan_shares.c.scan_id == scan_id, is_news)
        with self._database.read() as connection:
            return [
                ShareProgress(row.account, is_ended=row.is_over, regions=_regions(row.progress))
                for row in connection.execute(query)
            ]

    def heard(self, scan_id: str, accounts: Collection[str]) -> None:
        """Tell no more of shares that nobody reads any more: the news of them has arrived."""
        known = (scan_shares.c.scan_id == scan_id, scan_shares.c.account.in_(accounts), scan_shares.c.state.in_(_OVER))
        with self._database.write() as connection:
            connection.execute(scan_shares.update().where(*known).values(told=True))

    def places(self, scan_id: str) -> frozenset[tuple[str, str]]:
        """Name the account and Region of each target of a scan."""
        query = sa.select(scan_shares.c.account, scan_shares.c.regions).where(scan_shares.c.scan_id == scan_id)
        with self._database.read() as connection:
            return frozenset((row.account, region) for row in connection.execute(query) for region in row.regions)

    def covered(self, scan_id: str) -> frozenset[tuple[str, str]]:
        """Name the targets of a scan that were read to their end."""
        query = sa.select(coverage.c.account, coverage.c.region).where(coverage.c.scan_id == scan_id)
        with self._database.read() as connection:
            return frozenset((row.account, row.region) for row in connection.execute(query))

    def still_open(self) -> dict[tuple[str, str], ShareState]:
        """Tell of each account of a running scan that is not read to its end whether somebody is at it."""
        query = sa.select(scan_shares.c.scan_id, scan_shares.c.account, scan_shares.c.state).where(
            scan_shares.c.state.in_((*_OPEN, *_IN_HAND)), _RUNS
        )
        with self._database.read() as connection:
            rows = connection.execute(query)
            return {(row.scan_id, row.account): _REDUCED.get(row.state, ShareState.READING) for row in rows}

    def call_off(self, scan_id: str) -> None:
        """Have whoever reads for a scan write down what they read, and stop; nobody begins anything more of it."""
        reads = scan_shares.c.state == ShareState.READING.value
        state = sa.case((reads, ShareState.STOPPING.value), else_=ShareState.CLOSED.value)
        with self._database.write() as connection:
            is_open = (scan_shares.c.scan_id == scan_id, scan_shares.c.state.in_(_OPEN))
            connection.execute(scan_shares.update().where(*is_open).values(state=state))

    def in_hand(self, scan_id: str) -> int:
        """Count the shares of a scan that somebody reads just now."""
        is_read = (scan_shares.c.scan_id == scan_id, scan_shares.c.state.in_(_IN_HAND))
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).where(*is_read)).scalar_one()

    def close(self, scan_id: str) -> None:
        """See to it that no worker writes anything more for a scan. Whoever writes just now is waited for."""
        with self._database.write() as connection:
            close_shares(connection, scan_id)

    def depth(self, now: datetime) -> Depth:
        """Say how many accounts of running scans wait for a worker, and how many are being read."""
        counted = sa.select(scan_shares.c.state, sa.func.count(), sa.func.min(scan_shares.c.queued_at)).where(
            scan_shares.c.state.in_(_OPEN), _RUNS
        )
        with self._database.read() as connection:
            rows = {state: (count, first) for state, count, first in connection.execute(counted.group_by("state"))}
        waiting, first = rows.get(ShareState.WAITING.value, (0, now))
        reading, _ = rows.get(ShareState.READING.value, (0, now))
        return Depth(waiting, reading, max(0.0, (now - first).total_seconds()))

    def _let_go(self, share: Share, **values: object) -> bool:
        with self._database.write() as connection:
            return connection.execute(scan_shares.update().where(_ours(share)).values(values)).rowcount == 1


def close_shares(connection: Connection, scan_id: str) -> None:
    """Close the open shares of a scan that ends."""
    is_open = (scan_shares.c.scan_id == scan_id, scan_shares.c.state.in_((*_OPEN, *_IN_HAND)))
    connection.execute(scan_shares.update().where(*is_open).values(state=ShareState.CLOSED.value))


def _telling(progress: Mapping[str, RegionProgress]) -> sa.Update:
    return scan_shares.update().values(progress={region: asdict(each) for region, each in progress.items()})


def _is(scan_id: str, account: str) -> sa.ColumnElement[bool]:
    return sa.and_(scan_shares.c.scan_id == scan_id, scan_shares.c.account == account)


def _ours(share: Share) -> sa.ColumnElement[bool]:
    mine = sa.and_(scan_shares.c.state.in_(_IN_HAND), scan_shares.c.turn == share.turn)
    return sa.and_(_is(share.scan_id, share.account.id), mine)


def _read_to_the_end(connection: Connection, scan_id: str, account: str) -> list[str]:
    query = sa.select(coverage.c.region).where(coverage.c.scan_id == scan_id, coverage.c.account == account)
    return list(connection.execute(query).scalars())


def _regions(stored: _Stored) -> dict[str, RegionProgress]:
    return {
        region: RegionProgress(int(told["listed"]), int(told["read"]), bool(told["is_done"]))
        for region, told in stored.items()
    }
