"""The open keys, a page at a time, from the last scan."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.models.digests import OpenKey
from bot.models.keys import Finding
from bot.models.posture import ListPage
from bot.models.requests import Request
from bot.models.scans import Scan
from bot.models.snoozes import Snooze
from bot.rules.filters import Filter

PAGE_KEYS = 10


class OpenKeys(Protocol):
    """The keys that are open as of a scan, in the order of their accounts' and their own names."""

    def current(self) -> Scan | None: ...

    def count_open(self, scan_id: str, scope: Filter) -> int: ...

    def open_page(self, scan_id: str, scope: Filter, start: int, size: int) -> list[Finding]: ...


class Handles(Protocol):
    """Opaque ids for keys."""

    def of(self, arns: Iterable[str]) -> dict[str, str]: ...


class SnoozeBook(Protocol):
    """Snoozes as stored."""

    def of(self, whose: str, now: datetime) -> list[Snooze]: ...


class OpenRequests(Protocol):
    """The requests that cover keys now."""

    def newest_for(self, arns: Iterable[str], *, open_only: bool = False) -> Mapping[str, Request]: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that listing needs."""

    keys: OpenKeys
    handles: Handles
    requests: OpenRequests
    snoozes: SnoozeBook
    clock: Callable[[], datetime]

    def page(self, scope: Filter, number: int, size: int = PAGE_KEYS, *, who: str = "") -> ListPage | None:
        """Return one page, the nearest one where the number is out of range; None before the first scan.

        `who` is whoever looks, and has their own snoozes marked.
        """
        scan = self.keys.current()
        if scan is None:
            return None
        total = self.keys.count_open(scan.id, scope)
        pages = max(1, -(-total // size))
        page = min(max(1, number), pages)
        shown = self.keys.open_page(scan.id, scope, (page - 1) * size, size)
        arns = [finding.arn for finding in shown]
        handles = self.handles.of(arns)
        keys = tuple(OpenKey.of(each, handle=handles[each.arn]) for each in shown)
        requests = self.requests.newest_for(arns, open_only=True)
        snoozes = self.snoozes.of(who, self.clock()) if who else []
        snoozed = {each.arn: each.until for each in snoozes if each.arn in handles}
        return ListPage(scan, str(scope), keys, page, pages, total, requests, snoozed)
