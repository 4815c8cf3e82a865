"""Requests and changes as rows: how they are loaded, and the one conditional UPDATE that moves each."""

from dataclasses import asdict

import psycopg
import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from bot.models.approval import KeyFacts
from bot.models.exemptions import ExemptionTerms
from bot.models.requests import Change, ChangeKind, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.rules.request_state import CHANGE_MOVES, REQUEST_MOVES
from bot.store.tables import ONE_OPEN_CHANGE_A_KEY, changes, decisions, requests

_FACTS = TypeAdapter(KeyFacts)
_TERMS = TypeAdapter(ExemptionTerms | None)


def move_request(
    connection: Connection, request_id: str, old: RequestState, new: RequestState, **values: object
) -> bool:
    """Move a request; False where it is not in the old state."""
    if (old, new) not in REQUEST_MOVES:
        raise ValueError(f"a request cannot move from {old} to {new}")
    moved = connection.execute(
        requests.update()
        .where(requests.c.id == request_id, requests.c.state == old.value)
        .values(state=new.value, **values)
    )
    return moved.rowcount == 1


def move_change(
    connection: Connection,
    change: Change,
    old: ChangeState,
    new: ChangeState,
    *conditions: sa.ColumnElement[bool],
    **values: object,
) -> bool:
    """Move a change; False where it is not in the old state or a condition does not hold."""
    if (old, new) not in CHANGE_MOVES:
        raise ValueError(f"a change cannot move from {old} to {new}")
    return change_while(connection, change, old, *conditions, state=new.value, **values)


def change_while(
    connection: Connection, change: Change, held: ChangeState, *conditions: sa.ColumnElement[bool], **values: object
) -> bool:
    """Note something about a change; False where it does not hold this state or a condition fails."""
    noted = connection.execute(
        changes.update().where(changes.c.id == change.id, changes.c.state == held.value, *conditions).values(**values)
    )
    return noted.rowcount == 1


def is_second_open_change(error: IntegrityError) -> bool:
    """Say whether it was the key's one open change that stood in the way, and no other constraint."""
    if isinstance(error.orig, psycopg.Error):
        return error.orig.diag.constraint_name == ONE_OPEN_CHANGE_A_KEY
    return "changes.arn" in str(error.orig)  # SQLite names the columns of an index, not the index


def load_request(connection: Connection, request_id: str) -> Request | None:
    row = connection.execute(sa.select(requests).where(requests.c.id == request_id)).one_or_none()
    if row is None:
        return None
    of_request = connection.execute(
        sa.select(changes).where(changes.c.request_id == request_id).order_by(changes.c.arn)
    )
    decided = connection.execute(
        sa.select(decisions).where(decisions.c.request_id == request_id).order_by(decisions.c.at)
    )
    return Request(
        id=row.id,
        state=RequestState(row.state),
        requester=row.requester,
        team_id=row.team_id,
        reason=row.reason,
        required=row.required,
        created_at=row.created_at,
        expires_at=row.expires_at,
        changes=tuple(change_of(each) for each in of_request),
        decisions=tuple(decision_of(each) for each in decided),
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        reminders=row.reminders,
    )


def change_of(row: Row[tuple[object, ...]]) -> Change:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    del values["open"]
    typed = {
        "state": ChangeState(row.state),
        "kind": ChangeKind(row.kind),
        "facts": _FACTS.validate_python(row.facts),
        "exemption": _TERMS.validate_python(row.exemption),
    }
    return Change(**values | typed)


def decision_of(row: Row[tuple[object, ...]]) -> Decision:
    return Decision(row.user_id, DecisionKind(row.kind), row.at, row.note, tuple(row.capacities))


def change_values(change: Change) -> dict[str, object]:
    """What a new change's row holds."""
    return asdict(change) | {
        "state": change.state.value,
        "kind": change.kind.value,
        "exemption": _TERMS.dump_python(change.exemption, mode="json"),
        "open": True,
    }
