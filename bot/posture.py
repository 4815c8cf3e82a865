"""How the organisation stands, read from the last scan and never from AWS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from bot.models.gaps import Gaps
from bot.models.posture import MOST_ACCOUNTS, AccountPosture, AccountsCovered, Posture
from bot.models.scans import Account, Progress, Scan, Summary
from bot.rules.filters import Filter
from bot.rules.sight import Sight, scope_named

WORST_ACCOUNTS = 5


class Scans(Protocol):
    """Scans that have ended, and what is to be said of them."""

    def current(self) -> Scan | None: ...

    def before(self, scan: Scan) -> Scan | None: ...

    def summaries(self, scan_id: str, scope: Filter) -> Mapping[Account, Summary]: ...

    def total(self, scan_id: str, scope: Filter) -> Summary: ...

    def gaps(self, scan_id: str, scope: Filter) -> Gaps: ...

    def accounts(self, scan: Scan, scope: Filter, most: int) -> AccountsCovered: ...


@dataclass(frozen=True, slots=True)
class Postures:
    """Answers from the store. `running` tells how far a scan is that runs now."""

    scans: Scans
    running: Callable[[], Progress | None]

    def of(self, scope: Filter) -> Posture | None:
        """Describe the part of the last scan that a filter names; None before the first scan."""
        scan = self.scans.current()
        if scan is None:
            return None
        accounts = self.scans.summaries(scan.id, scope)
        before = self.scans.before(scan)
        return Posture(
            scan=_as_seen(scan, scope),
            scope=str(scope),
            summary=sum(accounts.values(), Summary()),
            previous=None if before is None else self._summary(before, scope),
            worst=_worst(accounts),
            gaps=self.scans.gaps(scan.id, scope),
            running=self.running(),
        )

    def accounts(self, scope: Filter) -> AccountsCovered | None:
        """How much of each account the last scan read, as far as the filter's account and Region parts tell.

        None before the first scan.
        """
        scan = self.scans.current()
        return None if scan is None else self.scans.accounts(scan, scope, MOST_ACCOUNTS)

    def _summary(self, scan: Scan, scope: Filter) -> Summary:
        return scan.summary if scope.is_empty else self.scans.total(scan.id, scope)


def _as_seen(scan: Scan, scope: Filter) -> Scan:
    """Leave out to which accounts a scan was narrowed, where whoever asks may not see them."""
    is_hidden = Sight(scope.hidden).hides_scope(scope_named(scan.scope))
    return replace(scan, scope="accounts that are not shown here") if is_hidden else scan


def _worst(accounts: Mapping[Account, Summary]) -> tuple[AccountPosture, ...]:
    """The accounts with open keys, the most of them first."""
    failing = [
        AccountPosture(each.id, each.name, summary) for each, summary in accounts.items() if summary.non_compliant
    ]
    failing.sort(key=lambda each: (-each.summary.non_compliant, each.name, each.account))
    return tuple(failing[:WORST_ACCOUNTS])
