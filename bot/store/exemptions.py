"""Exemptions: granted with the change that asked for them, ended once, each recorded in the same transaction.

Whenever they change, the findings that readers are shown change with them; see `excusing`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.exempting import Reach
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.models.messages import MessageKind
from bot.models.requests import Change
from bot.models.scans import Scan
from bot.models.trail import SYSTEM, Act, Entry
from bot.store.current_scan import current_scan
from bot.store.engine import Database
from bot.store.excusing import excuse_everywhere
from bot.store.exemption_rows import (
    add_exemption,
    declare_again,
    end_exemption,
    load_active,
    load_declared,
    load_exemption,
    load_of_requests,
    note_reopened,
)
from bot.store.messages import owe, touch_request
from bot.store.reaching import covers_seen, reach
from bot.store.request_rows import load_request
from bot.store.tables import messages
from bot.store.trail import append

_ENDINGS = {
    ExemptionState.LAPSED: Act.EXEMPTION_LAPSED,
    ExemptionState.WITHDRAWN: Act.EXEMPTION_WITHDRAWN,
    ExemptionState.RENEWED: Act.EXEMPTION_RENEWED,
}


def grant(connection: Connection, change: Change, at: datetime) -> None:
    """Make the exemption that a change asked for, and excuse its keys; it takes the place of the one that it renews."""
    terms, request = change.exemption, load_request(connection, change.request_id)
    if terms is None or request is None:
        raise ValueError(f"change {change.id} excuses nothing")
    made = Exemption(
        id=f"e{change.id}"[:32],
        state=ExemptionState.ACTIVE,
        scope=terms.scope,
        name=change.key_name,
        reason=request.reason,
        ticket=terms.ticket,
        owner=terms.owner,
        until=terms.until,
        created_at=at,
        asked_by=request.requester,
        approved_by=request.approvers,
        request_id=request.id,
    )
    add_exemption(connection, made)
    old = load_exemption(connection, terms.renews) if terms.renews else None
    is_renewed = old is not None and end_exemption(connection, old.id, ExemptionState.RENEWED, made.asked_by, at)
    excuse_everywhere(connection, at)
    append(connection, _granted(made))
    if old is not None and is_renewed:
        ended = replace(old, state=ExemptionState.RENEWED, ended_by=made.asked_by, ended_at=at)
        append(connection, _ended(ended, at))
        _show(connection, ended, at)


class ExemptionStore:
    """Answers which exemptions there are, and ends them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, exemption_id: str) -> Exemption | None:
        with self._database.read() as connection:
            return load_exemption(connection, exemption_id)

    def active(self, until: datetime | None = None) -> list[Exemption]:
        """Return those that hold, soonest end first; those alone that end by a moment, where one is given."""
        with self._database.read() as connection:
            return load_active(connection, until)

    def of_requests(self, request_ids: Collection[str]) -> dict[str, Exemption]:
        """Return the exemptions that requests led to, by the requests' ids."""
        with self._database.read() as connection:
            found = load_of_requests(connection, request_ids)
        return {each.request_id: each for each in found if each.request_id is not None}

    def withdraw(self, exemption: Exemption, by: str, at: datetime) -> Exemption | None:
        """End an exemption because somebody wants it to; None if it had ended before."""
        return self._end(exemption, ExemptionState.WITHDRAWN, by, at)

    def lapse_due(self, now: datetime) -> list[Exemption]:
        """End those whose time is over."""
        due = [each for each in self.active(now) if each.until <= now]
        ended = (self._end(each, ExemptionState.LAPSED, SYSTEM, now) for each in due)
        return [each for each in ended if each is not None]

    def declare(self, declared: Sequence[Exemption], at: datetime) -> None:
        """Let exactly these hold of what the configuration declares; the ids tell by their content."""
        wanted = {each.id: each for each in declared}
        with self._database.write() as connection:
            known = {each.id: each for each in load_declared(connection)}
            ended = [
                each
                for each in known.values()
                if each.id not in wanted and end_exemption(connection, each.id, ExemptionState.WITHDRAWN, SYSTEM, at)
            ]
            granted = [each for _, each in sorted(wanted.items()) if declare_again(connection, each)]
            if not (ended or granted):
                return
            excuse_everywhere(connection, at)
            for each in ended:
                append(connection, _ended(replace(each, state=ExemptionState.WITHDRAWN, ended_by=SYSTEM), at))
            for each in granted:
                append(connection, _granted(each))

    def reach(self, scan: Scan, scope: ExemptionScope, most: int, hides: Callable[[str], bool]) -> Reach:
        """Say what a scope covers in a scan; no names of keys of accounts that are not to be seen."""
        with self._database.read() as connection:
            return reach(connection, scan, scope, most, hides)

    def covers_seen(self, scope: ExemptionScope, hides: Callable[[str], bool]) -> bool:
        """Say whether a scope covers any key of the current scan but those of accounts that are not to be seen."""
        with self._database.read() as connection:
            scan = current_scan(connection)
            return scan is not None and covers_seen(connection, scan, scope, hides)

    def _end(self, exemption: Exemption, state: ExemptionState, by: str, at: datetime) -> Exemption | None:
        with self._database.write() as connection:
            if not end_exemption(connection, exemption.id, state, by, at):
                return None
            reopened = excuse_everywhere(connection, at)
            note_reopened(connection, exemption.id, reopened)
            ended = replace(exemption, state=state, ended_by=by, ended_at=at, reopened=reopened)
            append(connection, _ended(ended, at))
            _owe(connection, ended, at)
            _show(connection, ended, at)
            return ended


def _granted(made: Exemption) -> Entry:
    details = {
        "exemption": made.id,
        "keys": [str(made.scope)],
        "until": made.until.isoformat(),
        "reason": made.reason,
        "ticket": made.ticket,
        "owner": made.owner,
        "approved_by": list(made.approved_by),
    }
    return Entry(made.created_at, SYSTEM, Act.EXEMPTION_GRANTED, made.request_id or made.id, details)


def _ended(ended: Exemption, at: datetime) -> Entry:
    details = {"exemption": ended.id, "keys": [str(ended.scope)], "reopened": ended.reopened or 0}
    return Entry(at, ended.ended_by or SYSTEM, _ENDINGS[ended.state], ended.request_id or ended.id, details)


def _owe(connection: Connection, ended: Exemption, at: datetime) -> None:
    """Owe the message that says so, in the thread of the request, where there was one."""
    of_request = sa.and_(messages.c.kind == MessageKind.REQUEST.value, messages.c.subject == ended.request_id)
    channel = connection.execute(sa.select(messages.c.channel).where(of_request).limit(1)).scalar_one_or_none()
    if ended.request_id is not None and channel is not None:
        owe(connection, MessageKind.LAPSED, ended.request_id, channel, at)


def _show(connection: Connection, exemption: Exemption, at: datetime) -> None:
    """Wish to show what has become of it in the message of its request."""
    if exemption.request_id is not None:
        touch_request(connection, exemption.request_id, [exemption.scope.arn], at)
