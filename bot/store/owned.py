"""Whose the open keys of a digest are, counted by the database."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from bot.models.owned import KeysLeft, OwnedKeys, Ownership
from bot.rules.digest import MOST_NAMES
from bot.store.narrowing import is_among
from bot.store.opened import MOST_OWNERS, Opened
from bot.store.patterns import Condition
from bot.store.sides import Sides
from bot.store.snoozes import snoozed_arns
from bot.store.tables import findings, snoozes

_OWNER = findings.c.owner


def ownership(sides: Sides, keys: Opened) -> Ownership:
    """Say whose the open keys in scope are, those left out that are snoozed for this audience."""
    counts = dict(keys.owners)
    ownerless, unknown = counts.pop(None, 0), counts.pop("", 0)
    in_order = sorted(counts, key=lambda owner: (-counts[owner], owner or ""))
    shown = [owner for owner in in_order[:MOST_OWNERS] if owner]
    names, left = keys.owned, _left(sides, shown)
    return Ownership(
        owners=tuple(OwnedKeys(each, counts[each], names.get(each, ()), tuple(left.get(each, ()))) for each in shown),
        other_owners=len(counts) - len(shown),
        other_keys=sum(counts.values()) - sum(counts[each] for each in shown),
        ownerless=ownerless,
        ownerless_names=names.get(None, ()),
        unknown=unknown,
    )


def _awake(sides: Sides) -> sa.Select[tuple[()]]:
    return sides.open_now.where(findings.c.arn.not_in(snoozed_arns(sides.name, sides.at)))


def _names(sides: Sides, of_owners: Condition, but_for: str) -> Mapping[str | None, tuple[str, ...]]:
    """Return the names of the first keys of each of some owners, those left out that somebody snoozed."""
    number = sa.func.row_number().over(partition_by=_OWNER, order_by=(findings.c.name, findings.c.arn))
    chosen = _awake(sides).where(of_owners, findings.c.arn.not_in(snoozed_arns(but_for, sides.at)))
    each = chosen.add_columns(_OWNER, findings.c.name, number.label("number")).subquery()
    query = sa.select(each).where(each.c.number <= MOST_NAMES).order_by(each.c.number)
    named: dict[str | None, tuple[str, ...]] = {}
    for row in sides.connection.execute(query):
        named[row.owner] = (*named.get(row.owner, ()), row.name)
    return named


def _left(sides: Sides, owners: Sequence[str]) -> Mapping[str, list[KeysLeft]]:
    """Say what is left of each owner's keys for every person who snoozed some of them."""
    left: dict[str, list[KeysLeft]] = {}
    for person in _people_with_snoozes(sides):
        theirs = findings.c.arn.in_(snoozed_arns(person, sides.at))
        touched = _awake(sides).add_columns(_OWNER).where(theirs, is_among(sides.connection, _OWNER, owners)).distinct()
        affected = list(sides.connection.execute(touched).scalars())
        if not affected:
            continue
        of_affected = is_among(sides.connection, _OWNER, affected)
        others = _awake(sides).where(of_affected, sa.not_(theirs)).add_columns(_OWNER, sa.func.count().label("total"))
        totals = {row.owner: row.total for row in sides.connection.execute(others.group_by(_OWNER))}
        names = _names(sides, of_affected, person)
        for owner in affected:
            left.setdefault(owner, []).append(KeysLeft(person, totals.get(owner, 0), names.get(owner, ())))
    return left


def _people_with_snoozes(sides: Sides) -> Iterable[str]:
    is_person = sa.or_(snoozes.c.whose.startswith("U"), snoozes.c.whose.startswith("W"))
    query = sa.select(snoozes.c.whose).where(is_person, snoozes.c.until > sides.at).distinct().order_by(snoozes.c.whose)
    return sides.connection.execute(query).scalars().all()
