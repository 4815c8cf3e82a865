"""The open keys, a page at a time, from the last scan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.digest import Findings, Handles, open_keys
from bot.models.digests import OpenKey
from bot.models.posture import ListPage
from bot.models.requests import Request
from bot.rules.filters import Filter

PAGE_KEYS = 10


class OpenRequests(Protocol):
    """The requests that cover keys now."""

    def newest_for(self, arns: Iterable[str], *, open_only: bool = False) -> Mapping[str, Request]: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that listing needs."""

    findings: Findings
    handles: Handles
    requests: OpenRequests

    def page(self, scope: Filter, number: int, size: int = PAGE_KEYS) -> ListPage | None:
        """Return one page, the nearest one where the number is out of range; None before the first scan."""
        scan = self.findings.current()
        if scan is None:
            return None
        found = sorted(open_keys(self.findings, scope), key=lambda each: (each.account_name, each.name, each.arn))
        pages = max(1, -(-len(found) // size))
        page = min(max(1, number), pages)
        shown = found[(page - 1) * size : page * size]
        arns = [finding.arn for finding in shown]
        handles = self.handles.of(arns)
        keys = tuple(OpenKey.of(each, handle=handles[each.arn]) for each in shown)
        requests = self.requests.newest_for(arns, open_only=True)
        return ListPage(scan, str(scope), keys, page, pages, len(found), requests)
