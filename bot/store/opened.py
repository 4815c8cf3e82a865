"""The open keys of a digest beside the baseline, gathered once: one statement answers all that needs both.

Each part of the answer by itself would look every open key up in the baseline again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Row

from bot.models.digests import DeltaKind
from bot.models.keys import Finding
from bot.rules.digest import MOST_NAMES
from bot.store.engine import UtcDateTime
from bot.store.narrowing import is_among
from bot.store.scan_rows import finding_of
from bot.store.sides import IS_KNOWN, Sides
from bot.store.snoozes import snoozed_arns
from bot.store.tables import digest_baselines, findings

FIRST, OLDEST, SNOOZED = "first", "oldest", "snoozed"


class Key(NamedTuple):
    """A key that is named."""

    name: str
    arn: str


Named = dict[str, tuple[tuple[Key, ...], int]]
"""Of each kind of change that there is, the first keys, and how many there are."""


@dataclass(frozen=True, slots=True)
class Open:
    """An open key, since when it is, what is new about it, and whether it is snoozed for this audience."""

    finding: Finding
    since: datetime
    news: DeltaKind | None
    is_snoozed: bool

    @property
    def place(self) -> tuple[object, ...]:
        """Sort by it: production first, then the longest open; those that are snoozed come after all others."""
        each = self.finding
        return self.is_snoozed, not each.is_production, self.since, each.account_name, each.name, each.arn


@dataclass(frozen=True, slots=True)
class Opened:
    """The first open keys in their order, since when the oldest of all is open, and the first that are new."""

    first: tuple[Open, ...]
    oldest: datetime | None
    news: Named
    snoozed: int


def opened(sides: Sides, most: int) -> Opened:
    """Read all of it, and load no more than the first keys."""
    parts: dict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in sides.connection.execute(_question(sides, most)):
        parts[row.part].append(row)
    return Opened(
        first=_loaded(sides, parts[FIRST]),
        oldest=parts[OLDEST][0].at,
        news={kind: _named(parts[kind]) for kind in (DeltaKind.NEW, DeltaKind.REGRESSED) if parts[kind]},
        snoozed=parts[SNOOZED][0].number or 0,
    )


def _loaded(sides: Sides, rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[Open, ...]:
    chosen = is_among(sides.connection, findings.c.arn, [row.arn for row in rows])
    found = map(finding_of, sides.connection.execute(sa.select(findings).where(sides.of_scan, chosen)))
    by_arn = {each.arn: each for each in found}
    keys = (
        Open(by_arn[row.arn], row.at, None if row.name is None else DeltaKind(row.name), bool(row.number))
        for row in rows
    )
    return tuple(sorted(keys, key=lambda each: each.place))


def _named(rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[tuple[Key, ...], int]:
    in_order = sorted(rows, key=lambda row: int(row.number))
    return tuple(Key(row.name, row.arn) for row in in_order), in_order[0].total


def _question(sides: Sides, most: int) -> sa.CompoundSelect[Any]:
    """Ask for the parts, each row of which says to which it belongs; what it has no use for is empty."""
    keys = _gathered(sides).cte("opened")
    no_text, no_time, zero = sa.cast(sa.null(), sa.Text), sa.cast(sa.null(), UtcDateTime()), sa.literal(0)
    oldest = sa.func.min(keys.c.since, type_=UtcDateTime())
    return sa.union_all(
        sa.select(_first(keys, most)),
        sa.select(_part(OLDEST), no_text, no_text, oldest, zero, zero).select_from(keys),
        sa.select(_part(SNOOZED), no_text, no_text, no_time, sa.func.sum(keys.c.is_snoozed), zero).select_from(keys),
        _news(keys),
    )


def _gathered(sides: Sides) -> sa.Select[Any]:
    is_new = sides.is_news if sides.has_baseline else sa.false()
    kind = sa.case((sa.not_(is_new), None), (IS_KNOWN, DeltaKind.REGRESSED.value), else_=DeltaKind.NEW.value)
    since = sa.case((sides.is_news, sa.literal(sides.at, UtcDateTime)), else_=digest_baselines.c.since)
    is_snoozed = sa.case((findings.c.arn.in_(snoozed_arns(sides.name, sides.at)), 1), else_=0)
    names = ("arn", "name", "account_name", "is_production")
    told = (kind.label("kind"), since.label("since"), is_snoozed.label("is_snoozed"))
    return sides.open_now.add_columns(*(findings.c[name] for name in names), *told)


def _first(keys: sa.CTE, most: int) -> sa.Subquery:
    key = keys.c
    order = (key.is_snoozed, sa.not_(key.is_production), key.since, key.account_name, key.name, key.arn)
    snoozed = (key.is_snoozed.label("number"), sa.literal(0).label("total"))
    columns = (_part(FIRST), key.arn.label("arn"), key.kind.label("name"), key.since.label("at"), *snoozed)
    return sa.select(*columns).order_by(*order).limit(most).subquery()


def _news(keys: sa.CTE) -> sa.Select[Any]:
    key = keys.c
    number = sa.func.row_number().over(partition_by=key.kind, order_by=(key.name, key.arn)).label("number")
    total = sa.func.count().over(partition_by=key.kind).label("total")
    each = sa.select(key.kind, key.arn, key.name, key.since, number, total).where(key.kind.is_not(None)).subquery()
    return sa.select(each).where(each.c.number <= MOST_NAMES)


def _part(name: str) -> sa.Label[str]:
    return sa.literal(name, sa.Text).label("part")
