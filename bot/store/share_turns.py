"""What whoever reads a share of a scan does with it: they take it, write down what they read, and let it go.

They write only while the share is still theirs: every write is one conditional UPDATE of its row, by the turn that they
took, with the findings in the same transaction. A worker that was given up for dead, or that reads for a scan that is
over, writes nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Finding
from bot.models.scans import Account, Coverage, ScanState
from bot.models.shares import RegionProgress, Share, ShareState
from bot.store.engine import Database
from bot.store.excusing import excused
from bot.store.scan_rows import add_coverage, add_findings
from bot.store.tables import coverage, findings, scan_shares, scans

OPEN = (ShareState.WAITING.value, ShareState.READING.value)
IN_HAND = (ShareState.READING.value, ShareState.STOPPING.value)
RUNS = sa.exists().where(scans.c.id == scan_shares.c.scan_id, scans.c.state == ScanState.RUNNING.value)

_Stored = Mapping[str, Mapping[str, int]]


class ShareTurns:
    """The turns that are taken at a share."""

    _database: Database

    def claim(self, scan_id: str, account: str, worker: str, at: datetime) -> Share | None:
        """Take a share, with the Regions that are still to be read; None where there is nothing to take.

        What somebody else read of a Region and not to its end is dropped: it is read anew. Whoever that was and is
        still at it has lost the share with this.
        """
        taken = (
            scan_shares.update()
            .where(_is(scan_id, account), scan_shares.c.state.in_(OPEN), RUNS)
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
            return Share(scan_id, account_, left, row.turn, row.failures, regions_of(known))

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

    def places(self, scan_id: str) -> frozenset[tuple[str, str]]:
        """Name the account and Region of each target of a scan."""
        query = sa.select(scan_shares.c.account, scan_shares.c.regions).where(scan_shares.c.scan_id == scan_id)
        with self._database.read() as connection:
            return frozenset((row.account, region) for row in connection.execute(query) for region in row.regions)

    def _let_go(self, share: Share, **values: object) -> bool:
        with self._database.write() as connection:
            return connection.execute(scan_shares.update().where(_ours(share)).values(values)).rowcount == 1


def regions_of(stored: _Stored) -> dict[str, RegionProgress]:
    """Read how far a share is, Region by Region, as its row holds it."""
    return {
        region: RegionProgress(int(told["listed"]), int(told["read"]), bool(told["is_done"]))
        for region, told in stored.items()
    }


def _telling(progress: Mapping[str, RegionProgress]) -> sa.Update:
    return scan_shares.update().values(progress={region: asdict(each) for region, each in progress.items()})


def _is(scan_id: str, account: str) -> sa.ColumnElement[bool]:
    return sa.and_(scan_shares.c.scan_id == scan_id, scan_shares.c.account == account)


def _ours(share: Share) -> sa.ColumnElement[bool]:
    mine = sa.and_(scan_shares.c.state.in_(IN_HAND), scan_shares.c.turn == share.turn)
    return sa.and_(_is(share.scan_id, share.account.id), mine)


def _read_to_the_end(connection: Connection, scan_id: str, account: str) -> list[str]:
    query = sa.select(coverage.c.region).where(coverage.c.scan_id == scan_id, coverage.c.account == account)
    return list(connection.execute(query).scalars())
