"""A digest's comparison: what the last scan says of its keys, beside what the digest before said of them.

The database compares, by its indexes and counted rows; what is loaded does not grow with the number of keys.

- An open key that the baseline does not know is new. One that it knows as not open, or that was repaired since the
  digest before, is open again. Any other is still open, since the day that the baseline tells.
- A key that was open and is compliant is fixed. One that could not be read, or whose account or Region was not
  scanned, is unread, and nobody calls it fixed. To any other the control does not apply any more: it lapsed.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.digests import Delta, DeltaKind
from bot.models.keys import Verdict
from bot.models.scans import Summary
from bot.rules.digest import MOST_NAMES
from bot.store.counting import sums, total
from bot.store.opened import Key, Named
from bot.store.sides import IS_FOUND, IS_KNOWN, IS_OPEN, IS_UNREAD, WAS_MENDED, WAS_OPEN, Sides
from bot.store.tables import digest_baselines, findings

MENDED = "mended"
"""The kind of those fixed keys that were fixed through the bot."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed since the digest before, and which of the fixed keys were fixed through the bot: see Affairs."""

    delta: Delta
    mended: tuple[Key, ...]
    mended_total: int
    fixed_elsewhere: tuple[str, ...]


def summary(sides: Sides) -> Summary:
    """Count the keys in scope by verdict."""
    if sides.scope.is_empty:
        return sides.scan.summary
    counted = total(sides.connection, sides.scan.id, sides.scope)
    return counted + _of_unknown_owner(sides) if sides.scope.team else counted


def changed(sides: Sides, news: Named, open_now: int) -> Changed | None:
    """Name the first keys of each kind of change and count them all; None where no key was ever judged.

    `news` are the open keys that were not open.
    """
    if not sides.has_baseline:
        return None
    told = news | _first_keys(sides.connection, _gone(sides))
    mended, mended_total = told.pop(MENDED, ((), 0))
    elsewhere, elsewhere_total = told.get(DeltaKind.FIXED, ((), 0))
    if mended_total:
        told[DeltaKind.FIXED] = (tuple(sorted((*mended, *elsewhere))[:MOST_NAMES]), mended_total + elsewhere_total)
    totals = {DeltaKind(kind): total for kind, (_, total) in told.items()}
    still_open = open_now - totals.get(DeltaKind.NEW, 0) - totals.get(DeltaKind.REGRESSED, 0)
    if still_open:
        totals[DeltaKind.STILL_OPEN] = still_open
    names = {kind: tuple(key.name for key in keys) for kind, (keys, _) in told.items()}
    return Changed(Delta(**names, totals=totals), mended, mended_total, tuple(key.name for key in elsewhere))


def _of_unknown_owner(sides: Sides) -> Summary:
    """Count the keys that belong here although the filter does not match them."""
    is_else = sa.and_(sides.may_belong, sa.not_(sides.matches))
    known = sides.before.add_columns(*sums(findings)).where(IS_FOUND, is_else)
    unread = sides.now.add_columns(*sums(findings)).where(is_else, IS_UNREAD, sa.not_(IS_KNOWN))
    return sum((Summary(*sides.connection.execute(each).one()) for each in (known, unread)), Summary())


def _gone(sides: Sides) -> sa.Select[tuple[str, str, str]]:
    """Choose the keys that were open and are not; of one that was not found, the id is the name.

    What is found of them is asked one by one: as a rule they are few, and a join would read all that was found.
    """
    verdict, name = _found(sides, findings.c.verdict), _found(sides, findings.c.name)
    is_compliant = verdict == Verdict.COMPLIANT.value
    kind = sa.case(
        (sa.and_(is_compliant, WAS_MENDED), MENDED),
        (is_compliant, DeltaKind.FIXED.value),
        (verdict == Verdict.INSUFFICIENT_DATA.value, DeltaKind.UNREAD.value),
        (verdict.is_not(None), DeltaKind.LAPSED.value),
        (sides.is_dark, DeltaKind.UNREAD.value),
        else_=DeltaKind.LAPSED.value,
    )
    arn = digest_baselines.c.arn
    named = (kind.label("kind"), sa.func.coalesce(name, _key_id(sides.connection, arn)).label("name"), arn.label("arn"))
    return sa.select(*named).where(sides.of_name, WAS_OPEN, _is_no_longer_open(sides))


def _found(sides: Sides, column: sa.Column[str]) -> sa.ScalarSelect[str]:
    return sa.select(column).where(sides.is_same_known).correlate(digest_baselines).scalar_subquery()


def _is_no_longer_open(sides: Sides) -> sa.ColumnElement[bool]:
    """Say so of all keys by two indexes in the same order, and of a part of them one by one."""
    if not sides.scope.is_empty:
        return sa.not_(sa.exists().where(sides.is_same_known, IS_OPEN).correlate(digest_baselines))
    before = digest_baselines.alias()
    was_open = sa.select(before.c.arn).where(before.c.name == sides.name, before.c.open)
    is_open = sa.select(findings.c.arn).where(sides.of_scan, IS_OPEN)
    return digest_baselines.c.arn.in_(was_open.except_(is_open).order_by("arn"))


def _first_keys(connection: Connection, keys: sa.Select[tuple[str, str, str]]) -> Named:
    each = keys.subquery()
    order = (each.c.name, each.c.arn)
    numbered = sa.select(
        each,
        sa.func.row_number().over(partition_by=each.c.kind, order_by=order).label("number"),
        sa.func.count().over(partition_by=each.c.kind).label("total"),
    ).subquery()
    query = sa.select(numbered).where(numbered.c.number <= MOST_NAMES).order_by(numbered.c.kind, numbered.c.number)
    told: Named = {}
    for row in connection.execute(query):
        named, _ = told.get(row.kind, ((), 0))
        told[row.kind] = ((*named, Key(row.name, row.arn)), row.total)
    return told


def _key_id(connection: Connection, arn: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    position = sa.func.strpos if connection.dialect.name == "postgresql" else sa.func.instr
    return sa.func.substr(arn, position(arn, "/") + 1)
