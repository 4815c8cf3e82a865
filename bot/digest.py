"""The digest: what the last scan says, compared with the digest before, for each channel that wants to know."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from bot.models.digests import Baseline, Digest, DigestContent, OpenKey
from bot.models.keys import Finding, Verdict
from bot.models.scans import Coverage, CoverageStatus, Scan
from bot.rules.digest import MOST_PAGES, Comparison, in_pages
from bot.rules.filters import Filter

MOST_UNREAD_SHOWN = 5


class Findings(Protocol):
    """The last scan."""

    def current(self) -> Scan | None: ...

    def findings(self, scan_id: str, verdicts: Iterable[Verdict] | None = None) -> Iterator[Finding]: ...

    def coverage(self, scan_id: str) -> list[Coverage]: ...


class DigestBook(Protocol):
    """Digests as posted, and what each said of every key."""

    def baseline(self, name: str) -> dict[str, Baseline]: ...

    def latest(self, name: str) -> Digest | None: ...

    def create(self, digest: Digest, baseline: Mapping[str, Baseline], pages: int, *, by: str) -> Digest: ...

    def made_for(self, name: str, since: datetime) -> bool: ...


class Repairs(Protocol):
    """The keys that were repaired through the bot."""

    def succeeded_since(self, at: datetime) -> frozenset[str]: ...


class Handles(Protocol):
    """Opaque ids for keys."""

    def of(self, arns: Iterable[str]) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Audience:
    """A channel, and the part of the keys that it hears of."""

    name: str
    channel: str
    scope: Filter


@dataclass(frozen=True, slots=True)
class Digests:
    """Everything that making digests needs. `top` is how many keys stand in the message itself."""

    findings: Findings
    book: DigestBook
    repairs: Repairs
    handles: Handles
    audiences: Sequence[Audience]
    top: int
    clock: Callable[[], datetime]

    def publish(self, by: str, *, since: datetime | None = None) -> list[Digest]:
        """Make and owe the digest of every audience; of none where nothing was ever scanned.

        With `since`, those that were made at or after that moment are left out: a firing that a crash cut short goes
        on where it stopped.
        """
        scan = self.findings.current()
        if scan is None:
            return []
        due = [each for each in self.audiences if since is None or not self.book.made_for(each.name, since)]
        return [self._publish(scan, audience, by) for audience in due]

    def _publish(self, scan: Scan, audience: Audience, by: str) -> Digest:
        now = self.clock()
        scope, baseline, before = audience.scope, self.book.baseline(audience.name), self.book.latest(audience.name)
        repaired = frozenset[str]() if before is None else self.repairs.succeeded_since(before.created_at)
        comparison = Comparison(baseline, now, repaired)
        for finding in self.findings.findings(scan.id):
            if scope.matches(finding) or _may_belong(scope, finding, finding.arn in baseline):
                comparison.add(finding)
        coverage = [each for each in self.findings.coverage(scan.id) if scope.may_concern(each)]
        comparison.close(coverage)
        content = self._content(scan, audience, comparison, coverage, before)
        digest = Digest(f"d{secrets.token_hex(6)}", audience.name, audience.channel, now, content)
        pages = 1 if content.rest_is_file else len(content.rest)
        return self.book.create(digest, comparison.baseline, pages, by=by)

    def _content(
        self,
        scan: Scan,
        audience: Audience,
        comparison: Comparison,
        coverage: Sequence[Coverage],
        before: Digest | None,
    ) -> DigestContent:
        ordered = comparison.in_order()
        handles = self.handles.of(finding.arn for finding in ordered[: self.top])
        keys = [
            OpenKey.of(each, handle=handles.get(each.arn, ""), open_since=comparison.since[each.arn])
            for each in ordered
        ]
        pages = _paged(keys[self.top :])
        return DigestContent(
            as_of=scan.finished_at or scan.started_at,
            summary=comparison.summary,
            previous_summary=None if before is None else before.content.summary,
            delta=comparison.delta,
            top=tuple(keys[: self.top]),
            open_total=len(keys),
            coverage_failures=tuple(each for each in coverage if each.status is not CoverageStatus.SCANNED),
            unread_keys=tuple(comparison.unread[:MOST_UNREAD_SHOWN]),
            unread_total=len(comparison.unread),
            scope=str(audience.scope),
            rest=() if len(pages) > MOST_PAGES else pages,
            rest_is_file=len(pages) > MOST_PAGES,
        )


def open_keys(findings: Findings, scope: Filter) -> Iterator[Finding]:
    """Stream the keys that are open now, as the last scan says."""
    scan = findings.current()
    if scan is not None:
        for finding in findings.findings(scan.id, [Verdict.NON_COMPLIANT]):
            if finding.exempt_until is None and scope.matches(finding):
                yield finding


def _may_belong(scope: Filter, finding: Finding, was_here: bool) -> bool:  # noqa: FBT001 - read with its name
    """Say whether a key whose team nobody read belongs here: it was here before, or it could not be read at all."""
    unknown = finding.team is None and scope.matches_but_for_team(finding)
    return unknown and (was_here or finding.verdict is Verdict.INSUFFICIENT_DATA)


def _paged(keys: Sequence[OpenKey]) -> tuple[tuple[OpenKey, ...], ...]:
    rows = iter(keys)
    return tuple(tuple(islice(rows, count)) for count in in_pages(map(_length, keys)))


def _length(key: OpenKey) -> int:
    return sum(map(len, (key.name, key.account_name, key.region, key.message, key.team or ""))) + 24
