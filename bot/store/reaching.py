"""What a scope covers in a scan, told to whoever is about to ask for an exemption, who waits for it."""

from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.exempting import Reach
from bot.models.exemptions import ExemptionScope
from bot.models.keys import Verdict
from bot.models.scans import Scan
from bot.rules.exemptions import covers
from bot.store.counting import sums
from bot.store.excusing import STREAMED, narrow_to
from bot.store.narrowing import is_among, is_open
from bot.store.patterns import Condition
from bot.store.tables import finding_counts, findings

_COLUMNS = ("arn", "account", "account_name", "region", "aliases", "tags", "exempt_until", "name")


def reach(connection: Connection, scan: Scan, scope: ExemptionScope, most: int, hides: Callable[[str], bool]) -> Reach:
    """Count the keys that a scope covers, and name the first open ones, as if accounts not to be seen were not there.

    Whoever may not see an account must not find out by patterns which keys it has.
    """
    seen = _Seen(connection, scan, hides)
    open_keys, excused = 0, 0
    names = list[str]()
    for row in _open_or_excused(seen, scope):
        if row.exempt_until is not None:
            excused += 1
            continue
        open_keys += 1
        names.append(row.name)
    all_open = sa.select(sa.func.count()).select_from(findings).where(*seen.of_scan(findings), is_open())
    is_all = open_keys > 0 and open_keys == connection.execute(all_open).scalar_one()
    return Reach(
        scan=scan,
        keys=open_keys + excused if scope.tag else _keys(seen, scope),
        open_keys=open_keys,
        excused=excused,
        names=tuple(nsmallest(most, names)),
        is_everything=not scope.is_one_key and (is_all or not scope.is_narrow),
        is_partial=bool(seen.hidden),
    )


def covers_seen(connection: Connection, scan: Scan, scope: ExemptionScope, hides: Callable[[str], bool]) -> bool:
    """Say whether a scope covers any key of an account that may be seen, whatever its verdict."""
    seen = _Seen(connection, scan, hides)
    query = sa.select(*(findings.c[name] for name in _COLUMNS)).where(*seen.of_scope(scope))
    rows = connection.execute(query, execution_options={"yield_per": STREAMED})
    return any(covers(scope, row) for row in rows)


class _Seen:
    """A scan without the accounts that are not to be seen; `hidden` are those of them that have keys."""

    def __init__(self, connection: Connection, scan: Scan, hides: Callable[[str], bool]) -> None:
        self.connection, self.scan = connection, scan
        accounts = sa.select(finding_counts.c.account).where(finding_counts.c.scan_id == scan.id).distinct()
        self.hidden = [each for each in connection.execute(accounts).scalars() if hides(each)]

    def of_scan(self, table: sa.Table) -> Iterable[Condition]:
        yield table.c.scan_id == self.scan.id
        if self.hidden:
            yield sa.not_(is_among(self.connection, table.c.account, self.hidden))

    def of_scope(self, scope: ExemptionScope, table: sa.Table = findings) -> Iterable[Condition]:
        yield from self.of_scan(table)
        yield from narrow_to(self.connection, self.scan.id, scope, table)


def _open_or_excused(seen: _Seen, scope: ExemptionScope) -> Iterable[Row[Any]]:
    query = sa.select(*(findings.c[name] for name in _COLUMNS)).where(
        *seen.of_scope(scope), findings.c.verdict == Verdict.NON_COMPLIANT.value
    )
    rows = seen.connection.execute(query, execution_options={"yield_per": STREAMED})
    return (row for row in rows if covers(scope, row))


def _keys(seen: _Seen, scope: ExemptionScope) -> int:
    """Count all keys, whatever their verdict: by the counted rows where the scope does not look at each of them."""
    if scope.is_one_key or scope.alias:
        query = sa.select(sa.func.count()).select_from(findings).where(*seen.of_scope(scope))
        return int(seen.connection.execute(query).scalar_one())
    counted = sa.select(*sums(finding_counts)).where(*seen.of_scope(scope, finding_counts))
    return sum(seen.connection.execute(counted).one())
