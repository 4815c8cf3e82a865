"""How a scan that looked at a part refreshes that part of the current scan: a narrowed one, or an interrupted one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.scans import EVERYWHERE, Coverage, Scan, ScanState
from bot.rules.filters import Filter
from bot.store.current_scan import take_newer_readings
from bot.store.left_out import fold_left_out
from bot.store.scan_rows import add_coverage, coverage_of
from bot.store.tables import coverage, findings


def fold(connection: Connection, part: Scan, current: Scan, unread: Sequence[Coverage] = ()) -> None:
    """Replace the current scan's part of what another scan looked at, and leave the rest alone.

    `unread` are the targets that an interrupted scan did not read to their end: they keep their older reading, and
    what of them was never read before is said to be unread. A row of EVERYWHERE among them says that its plan is lost.

    - Without `region=` in its scope it looked at whole accounts: Regions that it did not plan are not scanned any more.
    - With `region=`, a failure of the whole account (EVERYWHERE) is one of each Region in scope that was known, and
      such a failure in the current scan stays: the account's other Regions are still unread.
    - An account that it leaves out has nothing left in the current scan but that, and one that it read is not left out.
    - Accounts that it did not meet stay until the next scan of everything; so does all, where it met none because
      the organisation could not be listed.
    - A scan that began before the current one has nothing newer to say than single readings.
    """
    if part.started_at < current.started_at:
        take_newer_readings(connection, current.id, part.id)
        add_coverage(connection, part.id, unread)
        return
    _fold_targets(connection, part, current, unread)
    _copy_findings(connection, part, current.id)
    if unread:
        take_newer_readings(connection, current.id, part.id)
        add_coverage(connection, part.id, unread)
        _tell_unread(connection, part, current.id, unread)
    fold_left_out(connection, part.id, current.id)


def _fold_targets(connection: Connection, part: Scan, current: Scan, unread: Sequence[Coverage]) -> None:
    within = Filter.parse(part.scope)
    knows_all_regions = not within.region and all(row.account != EVERYWHERE for row in unread)
    waiting = {(row.account, row.region) for row in unread}
    for account, met in _by_account(_coverage(connection, part.id)):
        if account == EVERYWHERE:
            continue
        known = _regions(connection, current.id, account)
        fresh = {each.region: each for row in met for each in (_spread(row, within, known) if within.region else [row])}
        planned = {region for region in known if (account, region) not in waiting} if knows_all_regions else set[str]()
        _forget(connection, current.id, account, planned | set(fresh))
        add_coverage(connection, current.id, fresh.values())


def _tell_unread(connection: Connection, part: Scan, current_id: str, unread: Sequence[Coverage]) -> None:
    """Say of targets that nothing was known of that they are unread; the accounts are listed now, if they were not."""
    if any(row.account == EVERYWHERE for row in unread):
        return
    if not part.scope:
        _forget(connection, current_id, EVERYWHERE, {EVERYWHERE})
    known = {(row.account, row.region) for row in _coverage(connection, current_id)}
    new = [row for row in unread if not known & {(row.account, row.region), (row.account, EVERYWHERE)}]
    add_coverage(connection, current_id, new)


def _coverage(connection: Connection, scan_id: str) -> list[Coverage]:
    query = sa.select(coverage).where(coverage.c.scan_id == scan_id).order_by(coverage.c.account, coverage.c.region)
    return [coverage_of(row) for row in connection.execute(query)]


def _by_account(rows: Sequence[Coverage]) -> Iterator[tuple[str, list[Coverage]]]:
    for account, of_account in groupby(rows, key=lambda row: row.account):
        yield account, list(of_account)


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


def _copy_findings(connection: Connection, part: Scan, to_id: str) -> None:
    """Copy what was found; of an interrupted scan that of the targets alone that it read to their end."""
    is_found = findings.c.scan_id == part.id
    if part.state is ScanState.INTERRUPTED:
        is_found &= sa.exists().where(
            coverage.c.scan_id == part.id,
            coverage.c.account == findings.c.account,
            coverage.c.region == findings.c.region,
        )
    read = sa.select(findings.c.arn).where(is_found)
    connection.execute(findings.delete().where(findings.c.scan_id == to_id, findings.c.arn.in_(read)))
    columns = [column for column in findings.c if column.name != "scan_id"]
    copied = sa.select(sa.literal(to_id), *columns).where(is_found)
    connection.execute(findings.insert().from_select(["scan_id", *(column.name for column in columns)], copied))
