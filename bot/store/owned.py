"""Whose the open keys of a digest are, counted by the database."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from bot.models.owned import KeysLeft, OwnedKeys, Ownership
from bot.rules.digest import MOST_NAMES
from bot.store.narrowing import is_among
from bot.store.sides import Sides
from bot.store.snoozes import snoozed_arns
from bot.store.tables import findings, snoozes

MOST_OWNERS = 25
"""So many owners are named in a digest's thread; the others are counted."""

_OWNER = findings.c.owner


def ownership(sides: Sides) -> Ownership:
    """Say whose the open keys in scope are, those left out that are snoozed for this audience."""
    counts = _counts(sides)
    ownerless, unknown = counts.pop(None, 0), counts.pop("", 0)
    in_order = sorted(counts, key=lambda owner: (-counts[owner], owner or ""))
    shown = [owner for owner in in_order[:MOST_OWNERS] if owner]
    names = _names(sides, _awake(sides), [None, *shown] if ownerless else shown)
    left = _left(sides, shown)
    return Ownership(
        owners=tuple(OwnedKeys(each, counts[each], names.get(each, ()), tuple(left.get(each, ()))) for each in shown),
        other_owners=len(counts) - len(shown),
        other_keys=sum(counts.values()) - sum(counts[each] for each in shown),
        ownerless=ownerless,
        ownerless_names=names.get(None, ()),
        unknown=unknown,
    )


def _counts(sides: Sides) -> dict[str | None, int]:
    query = _awake(sides).add_columns(_OWNER, sa.func.count().label("total")).group_by(_OWNER)
    return {row.owner: row.total for row in sides.connection.execute(query)}


def _awake(sides: Sides) -> sa.Select[tuple[()]]:
    return sides.open_found.where(findings.c.arn.not_in(snoozed_arns(sides.name, sides.at)))


def _names(
    sides: Sides, keys: sa.Select[tuple[()]], owners: Sequence[str | None]
) -> Mapping[str | None, tuple[str, ...]]:
    """Return the names of the first keys of each of these owners: the index has them in that order."""
    if not owners:
        return {}
    of_each = (keys.where(findings.c.owner == each).add_columns(_OWNER, findings.c.name) for each in owners)
    first = [sa.select(keys.order_by(findings.c.name, findings.c.arn).limit(MOST_NAMES).subquery()) for keys in of_each]
    names: dict[str | None, list[str]] = {}
    for row in sides.connection.execute(sa.union_all(*first)):
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
        counted = others.add_columns(_OWNER, sa.func.count().label("total")).group_by(_OWNER)
        totals = {row.owner: row.total for row in sides.connection.execute(counted)}
        names = _names(sides, others, affected)
        for owner in affected:
            left.setdefault(owner, []).append(KeysLeft(person, totals.get(owner, 0), names.get(owner, ())))
    return left


def _people_with_snoozes(sides: Sides) -> Iterable[str]:
    is_person = sa.or_(snoozes.c.whose.startswith("U"), snoozes.c.whose.startswith("W"))
    query = sa.select(snoozes.c.whose).where(is_person, snoozes.c.until > sides.at).distinct().order_by(snoozes.c.whose)
    return sides.connection.execute(query).scalars().all()
