"""Until when the findings of a scan are excused: the one place where that is worked out.

An open key is excused as long as any exemption that holds and covers it. Exemptions hold by their state, never by the
time: one whose time is over goes on until it is ended, and its keys are opened in that same transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.exemptions import ExemptionScope
from bot.models.keys import Finding, Verdict
from bot.models.scans import ScanState
from bot.rules.exemptions import Excuses
from bot.rules.filters import Filter
from bot.store.counting import count
from bot.store.current_scan import CURRENT, current_scan
from bot.store.engine import take_turns
from bot.store.exemption_rows import is_there_any, load_active
from bot.store.messages import touch_digests
from bot.store.narrowing import is_among, narrow
from bot.store.patterns import Condition
from bot.store.tables import findings, scans
from bot.store.trail import hold

STREAMED = 1000
MOST_NARROWED = 20
"""So many patterns are said in SQL; of more, every open key is compared with all of them."""

_COVERABLE = tuple(
    findings.c[name] for name in ("arn", "account", "account_name", "region", "aliases", "tags", "exempt_until")
)


def excused(connection: Connection, found: Sequence[Finding]) -> Sequence[Finding]:
    """Say of findings until when they are excused, before they are stored. Nothing where nothing ever was."""
    if not is_there_any(connection):
        return found
    excuses = _excuses(connection)
    return [replace(each, exempt_until=_until(excuses, each)) for each in found]


@dataclass(frozen=True, slots=True)
class Excused:
    """The keys of a scan that are excused now and were not, or the other way round, and their accounts.

    `reopened` counts those that are open and were excused.
    """

    arns: tuple[str, ...] = ()
    accounts: frozenset[str] = frozenset()
    reopened: int = 0


def excuse_everywhere(connection: Connection, at: datetime) -> int:
    """Bring what readers are shown, and will be, up to date with the exemptions. Return how many keys are open again.

    The newest digests that show any of these keys are wished to be shown anew.

    The caller has changed exemptions in the same transaction.
    """
    take_turns(connection, CURRENT)
    running = sa.select(scans.c.id).where(scans.c.state == ScanState.RUNNING.value)
    for scan_id in connection.execute(running).scalars().all():
        excuse(connection, scan_id)
    current = current_scan(connection)
    if current is None:
        return 0
    changed = excuse(connection, current.id)
    if changed.arns:
        count(connection, current.id, set(changed.accounts))
        hold(connection)  # messages come after the head of the record, in every transaction
        touch_digests(connection, changed.arns, at)
    return changed.reopened


def excuse(connection: Connection, scan_id: str) -> Excused:
    """Work out anew until when the findings of a scan are excused. Counts are the caller's."""
    if not is_there_any(connection):
        return Excused()
    excuses = _excuses(connection)
    is_concerned = sa.or_(findings.c.exempt_until.is_not(None), *_narrowed(connection, scan_id, excuses))
    query = sa.select(*_COVERABLE).where(
        findings.c.scan_id == scan_id, findings.c.verdict == Verdict.NON_COMPLIANT.value, is_concerned
    )
    changed: dict[datetime | None, list[str]] = {}
    accounts = set[str]()
    for row in connection.execute(query, execution_options={"yield_per": STREAMED}):
        until = excuses.until(row)
        if until != row.exempt_until:
            changed.setdefault(until, []).append(row.arn)
            accounts.add(row.account)
    for until, arns in changed.items():
        chosen = is_among(connection, findings.c.arn, arns)
        connection.execute(findings.update().where(findings.c.scan_id == scan_id, chosen).values(exempt_until=until))
    every = tuple(arn for each in changed.values() for arn in each)
    return Excused(every, frozenset(accounts), len(changed.get(None, ())))


def narrow_to(
    connection: Connection, scan_id: str, scope: ExemptionScope, table: sa.FromClause = findings
) -> tuple[Condition, ...]:
    """Say which findings of a scan a scope may cover: all that it does cover are among them.

    `table` may be the counted rows, for a scope without alias.
    """
    if scope.is_one_key:
        return (table.c.arn == scope.arn,)
    alias = f"alias/{scope.alias}" if scope.alias else ""
    narrowed = narrow(connection, scan_id, Filter(account=scope.account, region=scope.region, alias=alias), table)
    return (*narrowed, table.c.account == scope.one_account) if scope.one_account else narrowed


def _narrowed(connection: Connection, scan_id: str, excuses: Excuses) -> Iterable[Condition]:
    yield is_among(connection, findings.c.arn, list(excuses.of_keys))
    if len(excuses.of_patterns) > MOST_NARROWED:
        yield sa.true()
        return
    for scope, _ in excuses.of_patterns:
        yield sa.and_(sa.true(), *narrow_to(connection, scan_id, scope))


def _excuses(connection: Connection) -> Excuses:
    return Excuses(load_active(connection))


def _until(excuses: Excuses, finding: Finding) -> datetime | None:
    return excuses.until(finding) if finding.verdict is Verdict.NON_COMPLIANT else None
