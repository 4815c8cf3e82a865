"""What a digest tells beside the keys: who mended them, what waits for approval, which exemptions end."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.affairs import Affairs, EndingExemption, Mended, Waiting
from bot.models.exemptions import ExemptionState
from bot.models.requests import ChangeKind, ChangeState, Request, RequestState
from bot.rules.digest import LAPSING_WITHIN, MOST_AFFAIRS
from bot.rules.sight import EVERYTHING, scope_named
from bot.store.comparing import Changed
from bot.store.engine import UtcDateTime
from bot.store.exemption_rows import scope_of
from bot.store.narrowing import is_among
from bot.store.opened import Key, Opened
from bot.store.request_rows import load_request
from bot.store.sides import Sides
from bot.store.snoozes import snoozed_arns
from bot.store.tables import changes, exemptions, findings, requests, snoozes

_ENDS = (ExemptionState.LAPSED, ExemptionState.WITHDRAWN)
"""One that was renewed has not ended: a later one took its place."""


def affairs_of(sides: Sides, keys: Opened, changed: Changed | None) -> Affairs:
    """Read all of it. `keys` are the open ones, `changed` is what has changed since the digest before."""
    waiting, waiting_total = _waiting(sides)
    lapsing, lapsing_total = _lapsing(sides)
    ended, ended_total = _ended(sides)
    told = Affairs(
        waiting=waiting,
        waiting_total=waiting_total,
        lapsing=lapsing,
        lapsing_total=lapsing_total,
        ended=ended,
        ended_total=ended_total,
        oldest=keys.oldest,
        snoozed=keys.snoozed,
        snoozed_until=_first_waking(sides) if keys.snoozed else None,
    )
    if changed is None:
        return told
    mended = _mended_by(sides.connection, changed.mended)
    return replace(told, mended=mended, mended_total=changed.mended_total, fixed_elsewhere=changed.fixed_elsewhere)


def _first_waking(sides: Sides) -> datetime | None:
    """Say when the first of the open keys that are snoozed for this audience is shown again."""
    is_snoozed = findings.c.arn.in_(snoozed_arns(sides.name, sides.at))
    open_arns = sides.open_now.add_columns(findings.c.arn).where(is_snoozed)
    first = sa.func.min(snoozes.c.until, type_=UtcDateTime())
    query = sa.select(first).where(snoozes.c.whose == sides.name, snoozes.c.arn.in_(open_arns))
    until: datetime | None = sides.connection.execute(query).scalar_one()
    return until


def _mended_by(connection: Connection, keys: Sequence[Key]) -> tuple[Mended, ...]:
    """Say of keys that were fixed through the bot who asked for that, and who approved it."""
    asked = {key.arn: _newest_success(connection, key.arn) for key in keys}
    return tuple(_mended(key.name, request) for key in keys if (request := asked[key.arn]) is not None)


def _waiting(sides: Sides) -> tuple[tuple[Waiting, ...], int]:
    """Find the requests that nobody has decided yet and that cover keys in scope, those that wait longest first."""
    columns = (requests.c.id, requests.c.requester, requests.c.created_at)
    query = (
        sa.select(*columns, changes.c.kind, changes.c.arn, changes.c.key_name)
        .join(changes, changes.c.request_id == requests.c.id)
        .where(requests.c.state == RequestState.PENDING.value)
        .order_by(requests.c.created_at, requests.c.id, changes.c.key_name, changes.c.arn)
    )
    rows = sides.connection.execute(query).all()
    here = _in_scope(sides, {row.arn for row in rows})
    found = [list(group) for _, group in groupby((row for row in rows if row.arn in here), key=lambda row: row.id)]
    return tuple(map(_waits, found[:MOST_AFFAIRS])), len(found)


def _lapsing(sides: Sides) -> tuple[tuple[EndingExemption, ...], int]:
    """Find the exemptions of keys in scope that end within days, the soonest first."""
    is_soon = exemptions.c.until <= sides.at + LAPSING_WITHIN
    return _ending(sides, exemptions.c.until, exemptions.c.state == ExemptionState.ACTIVE.value, is_soon)


def _ended(sides: Sides) -> tuple[tuple[EndingExemption, ...], int]:
    """Find those that have ended since the digest before; none before the first."""
    if sides.repaired_since is None:
        return (), 0
    has_ended = exemptions.c.state.in_([state.value for state in _ENDS])
    return _ending(sides, exemptions.c.ended_at, has_ended, exemptions.c.ended_at >= sides.repaired_since)


def _ending(
    sides: Sides, moment: sa.Column[datetime], *conditions: sa.ColumnElement[bool]
) -> tuple[tuple[EndingExemption, ...], int]:
    columns = (exemptions.c.id, exemptions.c.name, exemptions.c.state, exemptions.c.scope, moment.label("at"))
    rows = sides.connection.execute(sa.select(*columns).where(*conditions).order_by(moment, exemptions.c.id)).all()
    here = _in_scope(sides, {_covered(row) for row in rows})
    found = [
        EndingExemption(row.id, row.name, ExemptionState(row.state), row.at) for row in rows if _covered(row) in here
    ]
    return tuple(found[:MOST_AFFAIRS]), len(found)


def _covered(row: Row[tuple[object, ...]]) -> str:
    """The key that an exemption covers, or its pattern as it is written."""
    return str(scope_of(row))


def _in_scope(sides: Sides, arns: Iterable[str]) -> set[str]:
    """Say which of these keys and patterns an audience hears of.

    A pattern may mean keys of any audience, and those that come later: only the audience of everything is told of it,
    unless all that it can name is hidden.
    """
    wanted = set(arns)
    if sides.scope.is_empty or not wanted:
        return wanted
    chosen = is_among(sides.connection, findings.c.arn, sorted(wanted))
    query = sa.select(findings.c.arn).where(sides.of_scan, sides.matches, chosen)
    here = set(sides.connection.execute(query).scalars())
    if not sides.scope.seen_by(EVERYTHING).is_empty:
        return here
    patterns = {each for each in wanted if not each.startswith("arn:")}
    return here | {each for each in patterns if not sides.sight.hides_scope(scope_named(each))}


def _waits(rows: Sequence[Row[*tuple[Any, ...]]]) -> Waiting:
    first = rows[0]
    names = tuple(row.key_name for row in rows[:MOST_AFFAIRS])
    return Waiting(first.id, ChangeKind(first.kind), first.requester, first.created_at, names, len(rows))


def _newest_success(connection: Connection, arn: str) -> Request | None:
    query = sa.select(changes.c.request_id).where(
        changes.c.arn == arn,
        changes.c.state == ChangeState.SUCCEEDED.value,
        changes.c.kind == ChangeKind.ENABLE_ROTATION.value,
    )
    request_id = connection.execute(query.order_by(changes.c.finished_at.desc()).limit(1)).scalar_one_or_none()
    return None if request_id is None else load_request(connection, request_id)


def _mended(name: str, request: Request) -> Mended:
    glass = request.glass
    return Mended(
        name=name,
        request_id=request.id,
        asked_by=request.requester,
        approved_by=request.approvers,
        basis=request.basis,
        glass_broken_by="" if glass is None else glass.user_id,
    )
