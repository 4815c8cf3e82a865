"""How a scan that looked at a part refreshes that part of the current scan: a narrowed one, or an interrupted one."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from time import sleep

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.scans import EVERYWHERE, Coverage, Scan, ScanState
from bot.rules.filters import Filter
from bot.store.counting import count
from bot.store.current_scan import CURRENT, current_scan, take_newer_readings
from bot.store.engine import BREATH_SECONDS, Database, take_turns
from bot.store.excusing import excuse
from bot.store.left_out import fold_left_out, left_out_of
from bot.store.scan_rows import add_coverage, coverage_of, scan_of
from bot.store.tables import coverage, findings, scans

ROWS = 2000
"""Accounts are folded together until they have so many keys and Regions: others write in between."""


@contextmanager
def folded(database: Database, scan_id: str, unread: Sequence[Coverage] | None) -> Iterator[Connection]:
    """Let a scan that ends refresh the current one, and open the transaction in which it ends.

    `unread` are the targets that an interrupted scan did not read to their end; None is for one that finished. It goes
    a few accounts at a time: each is of one scan or of the other at any moment. A process that dies between them leaves
    a scan that runs, and whoever ends that folds it again.
    """
    folding: Folding | None = None
    while True:
        with database.write() as connection:
            take_turns(connection, CURRENT)
            current = current_scan(connection)
            if folding is None or _id(folding.current) != _id(current):
                excuse(connection, scan_id)  # an exemption may have changed in the moment in which findings were added
                folding = Folding(connection, _scan(connection, scan_id), current, unread)
            if not folding.go_on(connection):
                folding.close(connection)
                yield connection
                return
        sleep(BREATH_SECONDS)


class Folding:
    """Replaces the current scan's part of what another scan looked at, and leaves the rest alone.

    - Without `region=` in its scope it looked at whole accounts: Regions that it did not plan are not scanned any more.
    - With `region=`, a failure of the whole account (EVERYWHERE) is one of each Region in scope that was known, and
      such a failure in the current scan stays: the account's other Regions are still unread.
    - An account that it leaves out has nothing left in the current scan but that, and one that it read is not left out.
    - Accounts that it did not meet stay until the next scan of everything; so does all, where it met none because
      the organisation could not be listed.
    - What an interrupted scan did not read keeps its older reading, and what of that was never read is said to be
      unread. A row of EVERYWHERE among `unread` says that its plan is lost.
    - A scan that began before the current one has nothing newer to say than single readings.
    """

    def __init__(
        self, connection: Connection, part: Scan, current: Scan | None, unread: Sequence[Coverage] | None
    ) -> None:
        self.current = current
        self._part = part
        self._is_running = part.state is ScanState.RUNNING
        self._within = Filter.parse(part.scope)
        self._is_cut_short = unread is not None
        self._knows_plan = all(row.account != EVERYWHERE for row in unread or ())
        self._unread = list(unread or ())
        self._accounts = deque(self._agenda(connection))
        if self._is_running and current is not None:
            take_newer_readings(connection, part.id, current.id)

    def go_on(self, connection: Connection) -> bool:
        """Fold some accounts; False where none are left after them."""
        folded, rows = list[str](), 0
        while self._accounts and rows < ROWS:
            account, met = self._accounts.popleft()
            self._fold_account(connection, account, met)
            folded.append(account)
            rows += sum(1 + row.keys for row in met)
        if folded and self.current is not None:
            self._copy_findings(connection, self.current.id, folded)
            count(connection, self.current.id, folded)
        return bool(self._accounts)

    def close(self, connection: Connection) -> None:
        """Say what is unread, and fold what is no matter of single accounts."""
        if not self._is_running:
            return
        add_coverage(
            connection,
            self._part.id,
            [row for row in self._unread if not _said_as_well(connection, self._part.id, row)],
        )
        if not self._refreshes or self.current is None:
            return
        if self._is_too_old:
            take_newer_readings(connection, self.current.id, self._part.id)
            count(connection, self.current.id)
            return
        begun = [(row.account, row.region) for row in self._unread if row.keys]
        take_newer_readings(connection, self.current.id, self._part.id, begun)
        self._tell_unread(connection, self.current.id)
        fold_left_out(connection, self._part.id, self.current.id)
        gone = [each.account for each in left_out_of(connection, self._part.id)]
        count(connection, self.current.id, [*{account for account, _ in begun}, *gone])

    @property
    def _refreshes(self) -> bool:
        """Whether there is a scan of everything that this one, narrowed or cut short, is a part of."""
        is_part = self._is_running and (bool(self._part.scope) or self._is_cut_short)
        return is_part and self.current is not None and not self.current.scope

    @property
    def _is_too_old(self) -> bool:
        return self.current is not None and self._part.started_at < self.current.started_at

    def _agenda(self, connection: Connection) -> list[tuple[str, list[Coverage]]]:
        """Return what the scan says of each account, if it is to be folded."""
        if not self._refreshes or self._is_too_old:
            return []
        rows = groupby(_coverage(connection, self._part.id), key=lambda row: row.account)
        return [(account, list(met)) for account, met in rows if account != EVERYWHERE]

    def _fold_account(self, connection: Connection, account: str, met: Sequence[Coverage]) -> None:
        if self.current is None:
            return
        known, within = _regions(connection, self.current.id, account), self._within
        fresh = {each.region: each for row in met for each in (_spread(row, within, known) if within.region else [row])}
        gone = set(fresh)
        if not within.region and self._knows_plan:
            gone |= known - {row.region for row in self._unread if row.account == account}
        _forget(connection, self.current.id, account, gone)
        add_coverage(connection, self.current.id, fresh.values())

    def _copy_findings(self, connection: Connection, to_id: str, accounts: Sequence[str]) -> None:
        """Copy what was found in the targets of some accounts that were read to their end."""
        was_read = sa.exists().where(
            coverage.c.scan_id == self._part.id,
            coverage.c.account == findings.c.account,
            coverage.c.region == findings.c.region,
        )
        is_found = sa.and_(findings.c.scan_id == self._part.id, findings.c.account.in_(accounts), was_read)
        columns = [column for column in findings.c if column.name != "scan_id"]
        copied = sa.select(sa.literal(to_id), *columns).where(is_found)
        connection.execute(findings.insert().from_select(["scan_id", *(column.name for column in columns)], copied))

    def _tell_unread(self, connection: Connection, to_id: str) -> None:
        """Say of targets that nothing was known of that they are unread; the accounts are listed now, if not before."""
        if not (self._unread and self._knows_plan):
            return
        if not self._part.scope:
            _forget(connection, to_id, EVERYWHERE, {EVERYWHERE})
        known = {(row.account, row.region) for row in _coverage(connection, to_id)}
        new = [row for row in self._unread if not known & {(row.account, row.region), (row.account, EVERYWHERE)}]
        add_coverage(connection, to_id, new)


def _id(scan: Scan | None) -> str | None:
    return None if scan is None else scan.id


def _scan(connection: Connection, scan_id: str) -> Scan:
    return scan_of(connection.execute(sa.select(scans).where(scans.c.id == scan_id)).one())


def _coverage(connection: Connection, scan_id: str) -> list[Coverage]:
    query = sa.select(coverage).where(coverage.c.scan_id == scan_id).order_by(coverage.c.account, coverage.c.region)
    return [coverage_of(row) for row in connection.execute(query)]


def _said_as_well(connection: Connection, scan_id: str, row: Coverage) -> bool:
    """Add to what a scan says of a whole account, or of all, as one row must; False where it says nothing yet."""
    of_target = (coverage.c.scan_id == scan_id, coverage.c.account == row.account, coverage.c.region == row.region)
    if row.region != EVERYWHERE:
        return False
    both = coverage.update().where(*of_target).values(error=coverage.c.error + f" {row.error}")
    return connection.execute(both).rowcount == 1


def _regions(connection: Connection, scan_id: str, account: str) -> set[str]:
    """Return the Regions of an account that a scan says anything about."""
    return {
        region
        for table in (coverage, findings)
        for region in connection.execute(
            sa.select(table.c.region).distinct().where(table.c.scan_id == scan_id, table.c.account == account)
        ).scalars()
    }


def _spread(row: Coverage, within: Filter, known: set[str]) -> list[Coverage]:
    if row.region != EVERYWHERE:
        return [row]
    in_scope = sorted(region for region in known - {EVERYWHERE} if within.matches_region(region))
    return [replace(row, region=region) for region in in_scope] or [row]


def _forget(connection: Connection, scan_id: str, account: str, regions: set[str]) -> None:
    for table in (coverage, findings):
        connection.execute(
            table.delete().where(
                table.c.scan_id == scan_id, table.c.account == account, table.c.region.in_(sorted(regions))
            )
        )
