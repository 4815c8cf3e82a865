"""What readers are shown: which scan is the current one, and what newer readings change in it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.scans import EVERYWHERE, Coverage, Scan, ScanState
from bot.rules.filters import Filter
from bot.store.left_out import fold_left_out
from bot.store.scan_rows import coverage_of, coverage_values, finding_of, finding_values, scan_of
from bot.store.tables import coverage, findings, scans


def current_scan(connection: Connection) -> Scan | None:
    """Return the newest finished scan of everything; the newest narrowed one where there is no other yet."""
    query = (
        sa.select(scans)
        .where(scans.c.state == ScanState.FINISHED.value)
        .order_by(sa.case((scans.c.scope == "", 0), else_=1), scans.c.finished_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else scan_of(row)


def take_newer_readings(connection: Connection, scan_id: str, from_id: str) -> None:
    """Replace a scan's readings of keys by the other scan's where those are newer."""
    mine, theirs = findings.alias(), findings.alias()
    newer = connection.execute(
        sa.select(theirs)
        .join(mine, sa.and_(mine.c.arn == theirs.c.arn, mine.c.scan_id == scan_id))
        .where(theirs.c.scan_id == from_id, theirs.c.read_at > mine.c.read_at)
    ).all()
    for row in newer:
        connection.execute(
            findings.update()
            .where(findings.c.scan_id == scan_id, findings.c.arn == row.arn)
            .values(finding_values(scan_id, finding_of(row)))
        )


def fold(connection: Connection, narrowed: Scan, current: Scan) -> None:
    """Replace the current scan's part of what a narrowed scan looked at, and leave the rest alone.

    - Without `region=` in its scope it looked at whole accounts: Regions that it did not meet are not scanned any more.
    - With `region=`, a failure of the whole account (EVERYWHERE) is one of each Region in scope that was known, and
      such a failure in the current scan stays: the account's other Regions are still unread.
    - An account that it leaves out has nothing left in the current scan but that, and one that it read is not left out.
    - Accounts that it did not meet stay until the next scan of everything; so does all, where it met none because
      the organisation could not be listed.
    - A scan that began before the current one has nothing newer to say than single readings.
    """
    if narrowed.started_at < current.started_at:
        take_newer_readings(connection, current.id, narrowed.id)
        return
    within = Filter.parse(narrowed.scope)
    for account, met in _coverage_by_account(connection, narrowed.id):
        if account == EVERYWHERE:
            continue
        known = _regions(connection, current.id, account)
        fresh = {each.region: each for row in met for each in (_spread(row, within, known) if within.region else [row])}
        _forget(connection, current.id, account, set(fresh) if within.region else known)
        connection.execute(coverage.insert(), [coverage_values(current.id, row) for row in fresh.values()])
    fold_left_out(connection, narrowed.id, current.id)
    _copy_findings(connection, narrowed.id, current.id)


def _coverage_by_account(connection: Connection, scan_id: str) -> Iterator[tuple[str, list[Coverage]]]:
    query = sa.select(coverage).where(coverage.c.scan_id == scan_id).order_by(coverage.c.account, coverage.c.region)
    rows = [coverage_of(row) for row in connection.execute(query)]
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


def _copy_findings(connection: Connection, from_id: str, to_id: str) -> None:
    read = sa.select(findings.c.arn).where(findings.c.scan_id == from_id)
    connection.execute(findings.delete().where(findings.c.scan_id == to_id, findings.c.arn.in_(read)))
    columns = [column for column in findings.c if column.name != "scan_id"]
    copied = sa.select(sa.literal(to_id), *columns).where(findings.c.scan_id == from_id)
    connection.execute(findings.insert().from_select(["scan_id", *(column.name for column in columns)], copied))
