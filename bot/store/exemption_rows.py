"""Exemptions as rows: how they are loaded, made, and the one conditional UPDATE that ends each."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.store.engine import insert_missing
from bot.store.tables import exemptions

_SCOPE = TypeAdapter(ExemptionScope)
_IS_ACTIVE = exemptions.c.state == ExemptionState.ACTIVE.value


def scope_of(row: Row[tuple[object, ...]]) -> ExemptionScope:
    return _SCOPE.validate_python(row.scope)


def exemption_of(row: Row[tuple[object, ...]]) -> Exemption:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    typed = {
        "state": ExemptionState(row.state),
        "scope": scope_of(row),
        "approved_by": tuple(row.approved_by),
    }
    return Exemption(**values | typed)


def add_exemption(connection: Connection, exemption: Exemption) -> None:
    connection.execute(exemptions.insert().values(_values(exemption)))


def declare_again(connection: Connection, exemption: Exemption) -> bool:
    """Let one hold that the configuration declares: for the first time, or again; False where it does already."""
    if insert_missing(connection, exemptions, _values(exemption)):
        return True
    again = connection.execute(
        exemptions.update()
        .where(exemptions.c.id == exemption.id, exemptions.c.state == ExemptionState.WITHDRAWN.value)
        .values(state=ExemptionState.ACTIVE.value, ended_by=None, ended_at=None, reopened=None)
    )
    return again.rowcount == 1


def end_exemption(connection: Connection, exemption_id: str, state: ExemptionState, by: str, at: datetime) -> bool:
    """Move an exemption that holds into a state in which it does not; False where it does not hold any more."""
    ended = connection.execute(
        exemptions.update()
        .where(exemptions.c.id == exemption_id, _IS_ACTIVE)
        .values(state=state.value, ended_by=by, ended_at=at)
    )
    return ended.rowcount == 1


def note_reopened(connection: Connection, exemption_id: str, keys: int) -> None:
    connection.execute(exemptions.update().where(exemptions.c.id == exemption_id).values(reopened=keys))


def load_exemption(connection: Connection, exemption_id: str) -> Exemption | None:
    row = connection.execute(sa.select(exemptions).where(exemptions.c.id == exemption_id)).one_or_none()
    return None if row is None else exemption_of(row)


def load_active(connection: Connection, until: datetime | None = None) -> list[Exemption]:
    """Return those that hold, soonest end first; those alone that end by a moment, where one is given."""
    query = sa.select(exemptions).where(_IS_ACTIVE).order_by(exemptions.c.until, exemptions.c.name, exemptions.c.id)
    if until is not None:
        query = query.where(exemptions.c.until <= until)
    return [exemption_of(row) for row in connection.execute(query)]


def load_declared(connection: Connection) -> list[Exemption]:
    """Return those that hold because the configuration declares them."""
    query = sa.select(exemptions).where(_IS_ACTIVE, exemptions.c.request_id.is_(None))
    return [exemption_of(row) for row in connection.execute(query)]


def load_of_requests(connection: Connection, request_ids: Collection[str]) -> list[Exemption]:
    query = sa.select(exemptions).where(exemptions.c.request_id.in_(request_ids)).order_by(exemptions.c.created_at)
    return [exemption_of(row) for row in connection.execute(query)]


def is_there_any(connection: Connection) -> bool:
    """Say whether there ever was an exemption."""
    return connection.execute(sa.select(exemptions.c.id).limit(1)).first() is not None


def _values(exemption: Exemption) -> dict[str, object]:
    return asdict(exemption) | {
        "state": exemption.state.value,
        "scope": _SCOPE.dump_python(exemption.scope, mode="json"),
        "approved_by": list(exemption.approved_by),
    }
