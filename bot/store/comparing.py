"""A digest's comparison: what the last scan says of its keys, beside what the digest before said of them.

The database compares, by its indexes and counted rows; what is loaded does not grow with the number of keys.

- An open key that the baseline does not know is new. One that it knows as not open, or that was repaired since the
  digest before, is open again. Any other is still open, since the day that the baseline tells.
- A key that was open and is compliant is fixed. One that could not be read, or whose account or Region was not
  scanned, is unread, and nobody calls it fixed. To any other the control does not apply any more: it lapsed.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.digests import Delta, DeltaKind
from bot.models.keys import Finding
from bot.models.scans import Summary
from bot.rules.digest import MOST_NAMES
from bot.store.counting import summaries, sums
from bot.store.engine import UtcDateTime
from bot.store.narrowing import is_among
from bot.store.scan_rows import finding_of
from bot.store.sides import IS_COMPLIANT, IS_FOUND, IS_KNOWN, IS_OPEN, IS_UNREAD, WAS_OPEN, Sides
from bot.store.tables import digest_baselines, findings

Named = dict[DeltaKind, tuple[tuple[str, ...], int]]
"""Of each kind of change that there is, the first names, and how many keys there are."""


def summary(sides: Sides) -> Summary:
    """Count the keys in scope by verdict."""
    if sides.scope.is_empty:
        return sides.scan.summary
    counted = sum(summaries(sides.connection, sides.scan.id, sides.scope).values(), Summary())
    return counted + _of_unknown_owner(sides) if sides.scope.team else counted


def delta(sides: Sides, open_now: int) -> Delta | None:
    """Name the first keys of each kind of change and count them all; None where no key was ever judged."""
    if not sides.has_baseline:
        return None
    told = _first_names(sides.connection, _news(sides)) | _first_names(sides.connection, _gone(sides))
    totals = {kind: total for kind, (_, total) in told.items()}
    still_open = open_now - totals.get(DeltaKind.NEW, 0) - totals.get(DeltaKind.REGRESSED, 0)
    if still_open:
        totals[DeltaKind.STILL_OPEN] = still_open
    names = {kind.value: names for kind, (names, _) in told.items()}
    return Delta(**names, totals=totals)


def first_open(sides: Sides, most: int) -> list[tuple[Finding, datetime]]:
    """Return open keys and since when they are: what is new or open again first, then the longest open."""
    since = sa.case((sides.is_news, sa.literal(sides.at, UtcDateTime)), else_=digest_baselines.c.since)
    query = (
        sides.open_now.add_columns(findings.c.arn, since.label("open_since"))
        .order_by(sa.case((sides.is_news, 0), else_=1), since, findings.c.account_name, findings.c.name, findings.c.arn)
        .limit(most)
    )
    since_when: dict[str, datetime] = {row.arn: row.open_since for row in sides.connection.execute(query)}
    chosen = is_among(sides.connection, findings.c.arn, list(since_when))
    found = map(finding_of, sides.connection.execute(sa.select(findings).where(sides.of_scan, chosen)))
    by_arn = {each.arn: each for each in found}
    return [(by_arn[arn], moment) for arn, moment in since_when.items()]


def _of_unknown_owner(sides: Sides) -> Summary:
    """Count the keys that belong here although the filter does not match them."""
    is_else = sa.and_(sides.may_belong, sa.not_(sides.matches))
    known = sides.before.add_columns(*sums(findings)).where(IS_FOUND, is_else)
    unread = sides.now.add_columns(*sums(findings)).where(is_else, IS_UNREAD, sa.not_(IS_KNOWN))
    return sum((Summary(*sides.connection.execute(each).one()) for each in (known, unread)), Summary())


def _news(sides: Sides) -> sa.Select[tuple[str, str]]:
    """Choose the open keys that were not open."""
    kind = sa.case((IS_KNOWN, DeltaKind.REGRESSED.value), else_=DeltaKind.NEW.value)
    return sides.open_now.add_columns(kind.label("kind"), findings.c.name.label("name")).where(sides.is_news)


def _gone(sides: Sides) -> sa.Select[tuple[str, str]]:
    """Choose the keys that were open and are not; of one that was not found, the id is the name."""
    kind = sa.case(
        (IS_COMPLIANT, DeltaKind.FIXED.value),
        (IS_UNREAD, DeltaKind.UNREAD.value),
        (IS_FOUND, DeltaKind.LAPSED.value),
        (sides.is_dark, DeltaKind.UNREAD.value),
        else_=DeltaKind.LAPSED.value,
    )
    name = sa.case((IS_FOUND, findings.c.name), else_=_key_id(sides.connection, digest_baselines.c.arn))
    return sides.before.add_columns(kind.label("kind"), name.label("name")).where(
        WAS_OPEN, sa.or_(sa.not_(IS_FOUND), sa.not_(IS_OPEN))
    )


def _first_names(connection: Connection, keys: sa.Select[tuple[str, str]]) -> Named:
    each = keys.subquery()
    numbered = sa.select(
        each,
        sa.func.row_number().over(partition_by=each.c.kind, order_by=each.c.name).label("number"),
        sa.func.count().over(partition_by=each.c.kind).label("total"),
    ).subquery()
    query = sa.select(numbered).where(numbered.c.number <= MOST_NAMES).order_by(numbered.c.kind, numbered.c.number)
    told: Named = {}
    for row in connection.execute(query):
        names, _ = told.get(DeltaKind(row.kind), ((), 0))
        told[DeltaKind(row.kind)] = ((*names, row.name), row.total)
    return told


def _key_id(connection: Connection, arn: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    position = sa.func.strpos if connection.dialect.name == "postgresql" else sa.func.instr
    return sa.func.substr(arn, position(arn, "/") + 1)
