"""Fixes that did not last: which ones the last scan tells of, and who is to hear of it, each once."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Finding
from bot.models.messages import MessageKind
from bot.models.requests import Change, ChangeKind, ChangeState, Request
from bot.models.trail import SYSTEM, Act, Entry
from bot.models.undone import UndoneFix, concerned
from bot.store.current_scan import current_scan
from bot.store.engine import Database
from bot.store.handles import handles_of, known_handles
from bot.store.messages import owe
from bot.store.narrowing import is_among, is_open
from bot.store.request_rows import change_of, load_request
from bot.store.scan_rows import finding_of
from bot.store.tables import changes, findings
from bot.store.trail import append

_IS_FIX = sa.and_(changes.c.state == ChangeState.SUCCEEDED.value, changes.c.kind == ChangeKind.ENABLE_ROTATION.value)


class UndoneFixes:
    """Finds fixes that were undone, and says once of each that it was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def suspected(self) -> list[tuple[Change, Finding]]:
        """Return fixes of which the last scan says that they did not last, and what it found.

        Only a key's newest fix counts, only a reading made after it, and not what the policy alone finds too long now.
        """
        with self._database.read() as connection:
            scan = current_scan(connection)
            if scan is None:
                return []
            fixes = {row.id: change_of(row) for row in connection.execute(_fixes(scan.id, changes))}
            found = {row.arn: finding_of(row) for row in connection.execute(_fixes(scan.id, findings))}
        return [(fix, found[fix.arn]) for fix in fixes.values()]

    def mark(self, fixes: Iterable[tuple[Change, Finding]], at: datetime) -> list[Change]:
        """Put on record that fixes were undone, and owe each person whom one concerns a message; return those that
        nobody had told of before.
        """
        with self._database.write() as connection:
            undone = [(fix, found) for fix, found in fixes if _mark(connection, fix, at)]
            handles_of(connection, [fix.arn for fix, _ in undone])
            for fix, found in undone:
                details = {"key": fix.arn, "enabled_at": _told(fix.finished_at), "why": found.message}
                append(connection, Entry(at, SYSTEM, Act.FIX_UNDONE, fix.request_id, details))
            for position, (person, first) in enumerate(_first_of_each(connection, [fix for fix, _ in undone]).items()):
                owe(connection, MessageKind.UNDONE, first, person, at, position=position)
        return [fix for fix, _ in undone]

    def last_readings(self, arns: Collection[str]) -> dict[str, Finding]:
        """Return what the last scan, or a newer reading, says of keys."""
        with self._database.read() as connection:
            scan = current_scan(connection)
            return {} if scan is None else _findings(connection, scan.id, arns)

    def told_to(self, person: str, change_id: str) -> list[UndoneFix]:
        """Return the fixes that a message to somebody is about: all found at the same moment that concern them."""
        moment = sa.select(changes.c.undone_at).where(changes.c.id == change_id).scalar_subquery()
        query = (
            sa.select(changes).where(changes.c.undone_at == moment).order_by(changes.c.account_name, changes.c.key_name)
        )
        with self._database.read() as connection:
            scan = current_scan(connection)
            fixes = [change_of(row) for row in connection.execute(query)]
            handles = known_handles(connection, [fix.arn for fix in fixes])
            requests = _requests(connection, fixes)
            found = {} if scan is None else _findings(connection, scan.id, [fix.arn for fix in fixes])
        return [
            UndoneFix(fix, requests[fix.request_id], found.get(fix.arn), handles[fix.arn], fix.undone_at)
            for fix in fixes
            if fix.undone_at is not None and person in concerned(requests[fix.request_id])
        ]


def _fixes(scan_id: str, wanted: sa.Table) -> sa.Select[tuple[object, ...]]:
    newer = changes.alias()
    is_newest = ~sa.exists().where(
        newer.c.arn == changes.c.arn,
        newer.c.state == changes.c.state,
        newer.c.kind == changes.c.kind,
        newer.c.finished_at > changes.c.finished_at,
    )
    rotates_otherwise = sa.or_(
        findings.c.rotation_enabled.is_(False), findings.c.rotation_period_days != changes.c.period_days
    )
    return (
        sa.select(wanted)
        .select_from(sa.join(changes, findings, findings.c.arn == changes.c.arn))
        .where(
            findings.c.scan_id == scan_id,
            _IS_FIX,
            changes.c.undone_at.is_(None),
            findings.c.read_at > changes.c.finished_at,
            is_open(),
            rotates_otherwise,
            is_newest,
        )
        .order_by(changes.c.arn)
    )


def _mark(connection: Connection, fix: Change, at: datetime) -> bool:
    is_news = sa.and_(changes.c.id == fix.id, _IS_FIX, changes.c.undone_at.is_(None))
    return connection.execute(changes.update().where(is_news).values(undone_at=at)).rowcount == 1


def _first_of_each(connection: Connection, fixes: list[Change]) -> dict[str, str]:
    """Name for each person whom any of the fixes concerns the first that does."""
    requests = _requests(connection, fixes)
    first: dict[str, str] = {}
    for fix in fixes:
        for person in concerned(requests[fix.request_id]):
            first.setdefault(person, fix.id)
    return first


def _requests(connection: Connection, fixes: Iterable[Change]) -> dict[str, Request]:
    return dict(_loaded(connection, {fix.request_id for fix in fixes}))


def _loaded(connection: Connection, ids: Iterable[str]) -> Iterator[tuple[str, Request]]:
    for request_id in ids:
        request = load_request(connection, request_id)
        if request is not None:
            yield request_id, request


def _findings(connection: Connection, scan_id: str, arns: Collection[str]) -> dict[str, Finding]:
    wanted = sa.select(findings).where(findings.c.scan_id == scan_id, is_among(connection, findings.c.arn, list(arns)))
    return {row.arn: finding_of(row) for row in connection.execute(wanted)}


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
