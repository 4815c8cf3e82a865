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
from bot.store.narrowing import is_open
from bot.store.tables import finding_counts, findings

_COLUMNS = ("arn", "account", "account_name", "region", "aliases", "tags", "exempt_until", "name")


def reach(connection: Connection, scan: Scan, scope: ExemptionScope, most: int, hides: Callable[[str], bool]) -> Reach:
    """Count the keys that a scope covers, and name the first open ones; none of accounts that are not to be seen."""
    open_keys, excused = 0, 0
    names = list[str]()
    for row in _open_or_excused(connection, scan, scope):
        if row.exempt_until is not None:
            excused += 1
            continue
        open_keys += 1
        if not hides(row.account):
            names.append(row.name)
    all_open = sa.select(sa.func.count()).select_from(findings).where(findings.c.scan_id == scan.id, is_open())
    is_all = open_keys > 0 and open_keys == connection.execute(all_open).scalar_one()
    return Reach(
        scan=scan,
        keys=open_keys + excused if scope.tag else _keys(connection, scan, scope),
        open_keys=open_keys,
        excused=excused,
        names=tuple(nsmallest(most, names)),
        is_everything=not scope.is_one_key and (is_all or not scope.is_narrow),
    )


def _open_or_excused(connection: Connection, scan: Scan, scope: ExemptionScope) -> Iterable[Row[Any]]:
    query = sa.select(*(findings.c[name] for name in _COLUMNS)).where(
        findings.c.scan_id == scan.id,
        findings.c.verdict == Verdict.NON_COMPLIANT.value,
        *narrow_to(connection, scan.id, scope),
    )
    rows = connection.execute(query, execution_options={"yield_per": STREAMED})
    return (row for row in rows if covers(scope, row))


def _keys(connection: Connection, scan: Scan, scope: ExemptionScope) -> int:
    """Count all keys, whatever their verdict: by the counted rows where the scope does not look at each of them."""
    if scope.is_one_key or scope.alias:
        of_scope = narrow_to(connection, scan.id, scope)
        query = sa.select(sa.func.count()).select_from(findings).where(findings.c.scan_id == scan.id, *of_scope)
        return int(connection.execute(query).scalar_one())
    of_scope = narrow_to(connection, scan.id, scope, finding_counts)
    counted = sa.select(*sums(finding_counts)).where(finding_counts.c.scan_id == scan.id, *of_scope)
    return sum(connection.execute(counted).one())
