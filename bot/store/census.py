"""Counts what the database holds, for whoever watches the bot: by counted rows and indexes, never by loading keys."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.exemptions import ExemptionState
from bot.models.keys import Verdict
from bot.models.requests import ChangeState, RequestState
from bot.models.scans import Account, CoverageStatus, ScanState
from bot.models.watch import Census, KeyGroup, ScanTimes
from bot.store.current_scan import current_scan
from bot.store.engine import Database
from bot.store.tables import (
    audit_entries,
    audit_head,
    changes,
    channel_troubles,
    coverage,
    digests,
    exemptions,
    finding_counts,
    left_out,
    messages,
    requests,
    scans,
)


class CensusTaker:
    """Counts, in one transaction, so that the figures are of one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_scan(self) -> ScanTimes | None:
        """Say when the newest finished scan of everything began and ended; the cheapest question that there is."""
        with self._database.read() as connection:
            return _last_scan(connection)

    def take(self) -> Census:
        with self._database.read() as connection:
            scan = current_scan(connection)
            head = connection.execute(sa.select(audit_head)).one_or_none()
            return Census(
                keys={} if scan is None else _keys(connection, scan.id),
                targets={} if scan is None else _targets(connection, scan.id),
                left_out=0 if scan is None else _count(connection, left_out, left_out.c.scan_id == scan.id),
                last_scan=_last_scan(connection),
                is_scanning=_count(connection, scans, scans.c.state == ScanState.RUNNING.value) > 0,
                requests=_requests(connection),
                oldest=_oldest(connection),
                changes={ChangeState(state): number for state, number in _by_state(connection, changes)},
                exemptions={ExemptionState(state): number for state, number in _by_state(connection, exemptions)},
                owed=_count(connection, messages, messages.c.shown < messages.c.wanted, messages.c.lost.is_(None)),
                lost=_count(connection, messages, messages.c.lost.is_not(None)),
                refusing=_count(connection, channel_troubles, channel_troubles.c.ended_at.is_(None)),
                digests=_digests(connection),
                audit_entries=0 if head is None else head.sequence,
                is_chain_whole=head is None or head.sequence == 0 or _is_newest(connection, head.sequence, head.hash),
            )


def _last_scan(connection: Connection) -> ScanTimes | None:
    is_whole = sa.and_(scans.c.state == ScanState.FINISHED.value, scans.c.scope == "")
    newest = sa.select(scans.c.started_at, scans.c.finished_at).where(is_whole).order_by(scans.c.finished_at.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    return None if row is None else ScanTimes(row.started_at, row.finished_at)


def _keys(connection: Connection, scan_id: str) -> dict[KeyGroup, int]:
    """Count by account. One that was renamed while it was scanned goes by the later of its names."""
    group = (finding_counts.c.account, finding_counts.c.verdict, finding_counts.c.exempt)
    name, number = sa.func.max(finding_counts.c.account_name), sa.func.sum(finding_counts.c["keys"])
    query = sa.select(*group, name.label("name"), number.label("number")).where(finding_counts.c.scan_id == scan_id)
    return {
        KeyGroup(Account(row.account, row.name), Verdict(row.verdict), bool(row.exempt)): int(row.number)
        for row in connection.execute(query.group_by(*group))
    }


def _targets(connection: Connection, scan_id: str) -> dict[tuple[Account, CoverageStatus], int]:
    group = (coverage.c.account, coverage.c.status)
    name = sa.func.max(coverage.c.account_name)
    query = sa.select(*group, name.label("name"), sa.func.count().label("number")).where(coverage.c.scan_id == scan_id)
    return {
        (Account(row.account, row.name), CoverageStatus(row.status)): row.number
        for row in connection.execute(query.group_by(*group))
    }


def _requests(connection: Connection) -> dict[RequestState, int]:
    return {RequestState(state): number for state, number in _by_state(connection, requests)}


def _oldest(connection: Connection) -> dict[RequestState, datetime]:
    """Find the oldest request of each state in which it waits for somebody."""
    found: dict[RequestState, datetime] = {}
    for state in (RequestState.PENDING, RequestState.APPROVED):
        oldest = sa.select(sa.func.min(requests.c.created_at)).where(requests.c.state == state.value)
        at = connection.execute(oldest).scalar_one()
        if at is not None:
            found[state] = at
    return found


def _by_state(connection: Connection, table: sa.Table) -> list[tuple[str, int]]:
    rows = connection.execute(sa.select(table.c.state, sa.func.count()).group_by(table.c.state))
    return [(str(state), int(number)) for state, number in rows]


def _digests(connection: Connection) -> dict[str, datetime]:
    newest = sa.select(digests.c.name, sa.func.max(digests.c.created_at)).group_by(digests.c.name)
    return {str(name): at for name, at in connection.execute(newest)}


def _is_newest(connection: Connection, sequence: int, known_hash: str) -> bool:
    """Whether the trail ends with the entry that its head names."""
    last = sa.select(audit_entries.c.sequence, audit_entries.c.hash).order_by(audit_entries.c.sequence.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return row is not None and (row.sequence, row.hash) == (sequence, known_hash)


def _count(connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*conditions)).scalar_one())
