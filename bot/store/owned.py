"""Whose the open keys of a digest are, counted by the database."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.owned import KeysLeft, OwnedKeys, Ownership
from bot.rules.digest import MOST_NAMES
from bot.store.narrowing import is_among
from bot.store.sides import Sides
from bot.store.snoozes import snoozed_arns
from bot.store.tables import findings, snoozes

MOST_OWNERS = 25
"""So many owners are named in a digest's thread; the others are counted."""

Counts = dict[str | None, int]
Names = Mapping[str | None, tuple[str, ...]]

_OWNER = findings.c.owner
_NAMED = (_OWNER, findings.c.name)


def ownership(sides: Sides) -> Ownership:
    """Say whose the open keys in scope are, those left out that are snoozed for this audience."""
    counts, names = _of_everything(sides) if sides.scope.is_empty else _of_a_part(sides.connection, _awake(sides))
    ownerless, unknown = counts.pop(None, 0), counts.pop("", 0)
    shown = _most(counts)
    left = _left(sides, shown)
    return Ownership(
        owners=tuple(OwnedKeys(each, counts[each], names[each], tuple(left.get(each, ()))) for each in shown),
        other_owners=len(counts) - len(shown),
        other_keys=sum(counts.values()) - sum(counts[each] for each in shown),
        ownerless=ownerless,
        ownerless_names=names.get(None, ()),
        unknown=unknown,
    )


def _most(counts: Mapping[str | None, int]) -> list[str]:
    owners = [each for each in counts if each]
    return sorted(owners, key=lambda owner: (-counts[owner], owner))[:MOST_OWNERS]


def _awake(sides: Sides) -> sa.Select[tuple[()]]:
    return sides.open_found.where(findings.c.arn.not_in(snoozed_arns(sides.name, sides.at)))


def _of_everything(sides: Sides) -> tuple[Counts, Names]:
    """Count the keys of each owner, and name the first: the index of owners has both without a look at the keys."""
    keys = _awake(sides)
    query = keys.add_columns(_OWNER, sa.func.count().label("total")).group_by(_OWNER)
    counts = {row.owner: row.total for row in sides.connection.execute(query)}
    of_each = (keys.where(findings.c.owner == owner).add_columns(*_NAMED) for owner in [None, *_most(counts)])
    first = [sa.select(keys.order_by(findings.c.name, findings.c.arn).limit(MOST_NAMES).subquery()) for keys in of_each]
    return counts, _names(sides.connection.execute(sa.union_all(*first)))


def _of_a_part(connection: Connection, keys: sa.Select[tuple[()]]) -> tuple[Counts, Names]:
    """Do the same by gathering the keys first: the index would be searched for them among those of everybody."""
    part = keys.add_columns(*_NAMED, findings.c.arn).cte("part").prefix_with("MATERIALIZED")
    number = sa.func.row_number().over(partition_by=part.c.owner, order_by=(part.c.name, part.c.arn)).label("number")
    total = sa.func.count().over(partition_by=part.c.owner).label("total")
    each = sa.select(part.c.owner, part.c.name, number, total).subquery()
    rows = connection.execute(sa.select(each).where(each.c.number <= MOST_NAMES)).all()
    return {row.owner: row.total for row in rows}, _names(rows)


def _names(rows: Iterable[Row[*tuple[Any, ...]]]) -> Names:
    names: dict[str | None, list[str]] = {}
    for row in rows:
        names.setdefault(row.owner, []).append(row.name)
    return {owner: tuple(sorted(theirs)) for owner, theirs in names.items()}


def _left(sides: Sides, owners: Sequence[str]) -> Mapping[str, list[KeysLeft]]:
    """Say what is left of each owner's keys for every person who snoozed some of them."""
    left: dict[str, list[KeysLeft]] = {}
    for person in _people_with_snoozes(sides):
        theirs = findings.c.arn.in_(snoozed_arns(person, sides.at))
        touched = _awake(sides).add_columns(_OWNER).where(theirs, is_among(sides.connection, _OWNER, owners)).distinct()
        affected = list(sides.connection.execute(touched).scalars())
        if not affected:
            continue
        others = _awake(sides).where(is_among(sides.connection, _OWNER, affected), sa.not_(theirs))
        totals, names = _of_a_part(sides.connection, others)
        for owner in affected:
            left.setdefault(owner, []).append(KeysLeft(person, totals.get(owner, 0), names.get(owner, ())))
    return left


def _people_with_snoozes(sides: Sides) -> Iterable[str]:
    is_person = sa.or_(snoozes.c.whose.startswith("U"), snoozes.c.whose.startswith("W"))
    query = sa.select(snoozes.c.whose).where(is_person, snoozes.c.until > sides.at).distinct().order_by(snoozes.c.whose)
    return sides.connection.execute(query).scalars().all()
