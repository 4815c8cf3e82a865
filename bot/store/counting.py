"""How many keys there are of each kind: counted when a scan ends, and kept right with each newer reading."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Finding, Verdict
from bot.models.scans import Account, Summary
from bot.rules.filters import Filter
from bot.store.engine import insert_missing
from bot.store.narrowing import narrow
from bot.store.tables import finding_counts, findings, scans

_TEAM = sa.func.coalesce(findings.c.team, "")
_IS_EXEMPT = findings.c.exempt_until.is_not(None)
_KINDS = (findings.c.account, findings.c.account_name, findings.c.region, _TEAM, findings.c.verdict, _IS_EXEMPT)
_KEYS = finding_counts.c["keys"]
_FIELDS = ("compliant", "non_compliant", "not_applicable", "insufficient_data", "exempt")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the keys of one counted row have in common; the names are those of its columns."""

    account: str
    account_name: str
    region: str
    team: str
    verdict: str
    exempt: bool

    @classmethod
    def of(cls, finding: Finding) -> "_Kind":
        place = (finding.account, finding.account_name, finding.region)
        return cls(*place, finding.team or "", finding.verdict.value, finding.exempt_until is not None)

    @property
    def field(self) -> str:
        """Name the count of a summary that these keys are in."""
        is_excused = self.verdict == Verdict.NON_COMPLIANT and self.exempt
        return "exempt" if is_excused else self.verdict.lower()


def count(connection: Connection, scan_id: str, accounts: Collection[str] | None = None) -> None:
    """Count the findings of a scan anew, of all accounts or of some, by kind, and sum them up in its row."""

    def are_counted(table: sa.Table) -> sa.ColumnElement[bool]:
        of_scan = table.c.scan_id == scan_id
        return of_scan if accounts is None else sa.and_(of_scan, table.c.account.in_(accounts))

    connection.execute(finding_counts.delete().where(are_counted(finding_counts)))
    counted = sa.select(sa.literal(scan_id), *_KINDS, sa.func.count()).where(are_counted(findings))
    columns = [column.name for column in finding_counts.c]
    connection.execute(finding_counts.insert().from_select(columns, counted.group_by(*_KINDS)))
    total = connection.execute(sa.select(*sums(finding_counts)).where(finding_counts.c.scan_id == scan_id)).one()
    connection.execute(scans.update().where(scans.c.id == scan_id).values(total._asdict()))


def recount(connection: Connection, scan_id: str, before: Finding, after: Finding) -> None:
    """Count anew what a newer reading of one key changes, and nothing else."""
    old, new = _Kind.of(before), _Kind.of(after)
    if old == new:
        return
    insert_missing(connection, finding_counts, {"scan_id": scan_id, **asdict(new), "keys": 0})
    _add(connection, scan_id, new, 1)
    _add(connection, scan_id, old, -1)


def summaries(connection: Connection, scan_id: str, scope: Filter) -> dict[Account, Summary]:
    """Sum up the keys that a filter names, account by account.

    Counted rows answer, unless the filter looks at each key.
    """
    table = _answering(scope)
    account = (table.c.account, table.c.account_name)
    rows = connection.execute(_summed(connection, scan_id, scope, table).add_columns(*account).group_by(*account))
    return {Account(row.account, row.account_name): _summary(row) for row in rows}


def total(connection: Connection, scan_id: str, scope: Filter) -> Summary:
    """Sum up the keys that a filter names, of all accounts together: cheaper than to add up each account's."""
    return _summary(connection.execute(_summed(connection, scan_id, scope, _answering(scope))).one())


def sums(table: sa.Table) -> list[sa.ColumnElement[int]]:
    """Add up the fields of a summary, in its order, over findings or over counted rows."""
    is_exempt, keys = (_IS_EXEMPT, sa.literal(1)) if table is findings else (table.c.exempt, _KEYS)
    is_in = {verdict.value.lower(): table.c.verdict == verdict.value for verdict in Verdict}
    is_in["exempt"] = sa.and_(is_in["non_compliant"], is_exempt)
    is_in["non_compliant"] = sa.and_(is_in["non_compliant"], sa.not_(is_exempt))
    return [sa.func.coalesce(sa.func.sum(sa.case((is_in[name], keys), else_=0)), 0).label(name) for name in _FIELDS]


def _answering(scope: Filter) -> sa.Table:
    return findings if scope.looks_at_each_key else finding_counts


def _summed(connection: Connection, scan_id: str, scope: Filter, table: sa.Table) -> sa.Select[*tuple[Any, ...]]:
    is_named = narrow(connection, scan_id, scope, table)
    return sa.select(*sums(table)).where(table.c.scan_id == scan_id, *is_named)


def _summary(row: sa.Row[*tuple[Any, ...]]) -> Summary:
    return Summary(*(getattr(row, name) for name in _FIELDS))


def _add(connection: Connection, scan_id: str, kind: _Kind, keys: int) -> None:
    of_kind = [finding_counts.c[name] == value for name, value in {"scan_id": scan_id, **asdict(kind)}.items()]
    connection.execute(finding_counts.update().where(*of_kind).values(keys=_KEYS + keys))
    connection.execute(finding_counts.delete().where(*of_kind, _KEYS == 0))
    field = scans.c[kind.field]
    connection.execute(scans.update().where(scans.c.id == scan_id).values({field.name: field + keys}))
