"""A digest: what it says, kept so that its message can be rendered again when a request changes a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from bot.models.affairs import Affairs
from bot.models.anchor import Anchor
from bot.models.gaps import Gaps
from bot.models.keys import Finding, Reason
from bot.models.owned import Ownership
from bot.models.scans import Coverage, CoverageStatus, Scan, Summary


class DeltaKind(StrEnum):
    """What became of a key since the previous digest.

    `LAPSED` was open, and the control no longer applies to it (deleted, disabled, exempt, out of scope);
    `UNREAD` was open and could not be read this time: nobody may call it fixed.
    """

    NEW = "new"
    REGRESSED = "regressed"
    FIXED = "fixed"
    STILL_OPEN = "still_open"
    LAPSED = "lapsed"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class OpenKey:
    """A non-compliant key in a digest or a list; `handle` is the opaque id that its button carries.

    `open_since` is when a digest first told of it, None where none did. `news` says that it is new or open again since
    the digest before. `owner` is None where nobody owns it, and empty where that is not known.
    """

    arn: str
    handle: str
    name: str
    account: str
    account_name: str
    region: str
    message: str
    open_since: datetime | None
    team: str | None = None
    managed_by: str | None = None
    owner: str | None = ""
    is_production: bool = False
    reason: Reason = Reason.ROTATION_DISABLED
    news: DeltaKind | None = None
    is_snoozed: bool = False

    @classmethod
    def of(
        cls,
        finding: Finding,
        *,
        handle: str,
        open_since: datetime | None = None,
        news: DeltaKind | None = None,
        is_snoozed: bool = False,
    ) -> "OpenKey":
        return cls(
            arn=finding.arn,
            handle=handle,
            name=finding.name,
            account=finding.account,
            account_name=finding.account_name,
            region=finding.region,
            message=finding.message,
            open_since=open_since,
            team=finding.team,
            managed_by=finding.managed_by,
            owner=finding.owner,
            is_production=finding.is_production,
            reason=finding.reason,
            news=news,
            is_snoozed=is_snoozed,
        )


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed since the previous digest: of each kind the names of the first keys, and of how many there are more.

    A kind without a total has no more keys than are named: so it was in those of a version that named them all.
    """

    new: tuple[str, ...] = ()
    regressed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    still_open: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    totals: Mapping[DeltaKind, int] = field(default_factory=dict)

    def names(self, kind: DeltaKind) -> tuple[str, ...]:
        names: tuple[str, ...] = getattr(self, kind)
        return names

    def total(self, kind: DeltaKind) -> int:
        return self.totals.get(kind, len(self.names(kind)))


class DigestForm(StrEnum):
    """How much of a digest is posted: all of it, the one line of a quiet day, or nothing at all."""

    FULL = "full"
    LINE = "line"
    LAST_LINE = "last_line"
    """The line of a quiet day after which nothing is posted until something has changed."""
    SILENT = "silent"


class Quiet(StrEnum):
    """What is posted on a quiet day: a line each day, a line on the first of several, or the whole digest."""

    LINE = "line"
    ONCE = "once"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class ToldElsewhere:
    """A part of a digest's keys of which another channel hears as well: what they match, and where that is."""

    scope: str
    channel: str


@dataclass(frozen=True, slots=True)
class DigestContent:
    """All that a digest's message says, apart from the state of requests.

    `rest` are the pages of its thread. Where they would be too many it is empty and `rest_is_file`.
    `anchor` is the entry of the record that tells of this digest; None until it is stored, and in those of a version
    that kept none. `failures_total` is None in those of a version that kept all coverage failures.
    `made_on` and `before_on` are the days of this digest and of the one before, in its time zone; versions that kept
    none of what follows `failures_total` compared all the same. `is_newer` is False where no scan has ended since the
    digest before. `hidden` are patterns of accounts that its channel is not shown, `hidden_accounts` how many they are.
    `is_narrowed` is a preview for somebody who may not see all that the channel is told: what earlier digests counted
    holds what is hidden from them. `timezone` is its time zone, empty in those of a version that kept none.
    `elsewhere` are the parts of its keys that other channels hear of as well.
    """

    as_of: datetime
    summary: Summary
    previous_summary: Summary | None
    delta: Delta | None
    top: tuple[OpenKey, ...]
    open_total: int
    coverage_failures: tuple[Coverage, ...]
    unread_keys: tuple[Finding, ...]
    unread_total: int
    scope: str = ""
    rest: tuple[tuple[OpenKey, ...], ...] = ()
    rest_is_file: bool = False
    anchor: Anchor | None = None
    failures_total: int | None = None
    made_on: date | None = None
    before_on: date | None = None
    form: DigestForm = DigestForm.FULL
    is_newer: bool = True
    affairs: Affairs = field(default_factory=Affairs)
    ownership: Ownership = field(default_factory=Ownership)
    hidden: tuple[str, ...] = ()
    hidden_accounts: int = 0
    is_narrowed: bool = False
    timezone: str = ""
    elsewhere: tuple[ToldElsewhere, ...] = ()

    @property
    def gaps(self) -> Gaps:
        """What could not be read: the first of it, and how much there is."""
        if self.failures_total is not None:
            return Gaps(self.coverage_failures, self.failures_total, self.unread_keys, self.unread_total)
        gaps = Gaps.of(self.coverage_failures, self.unread_keys)
        is_told_in_part = any(each.status is CoverageStatus.PARTIAL for each in self.coverage_failures)
        return gaps if is_told_in_part else replace(gaps, unread_total=self.unread_total)

    @property
    def replies(self) -> int:
        """How many messages its thread has."""
        if self.form is not DigestForm.FULL:
            return 0
        return 1 if self.rest_is_file else len(self.rest)


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as stored."""

    id: str
    name: str
    channel: str
    created_at: datetime
    content: DigestContent


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the last scan says of some of the keys, beside what the digest before said of them.

    `delta` is None before the first digest, when everything would be new. `first` are the open keys that a digest
    shows, in its order: production before the rest, then the longest open, those that are snoozed after all others.
    """

    scan: Scan
    before: Digest | None
    summary: Summary
    delta: Delta | None
    first: tuple[OpenKey, ...]
    gaps: Gaps
    affairs: Affairs = field(default_factory=Affairs)
    ownership: Ownership = field(default_factory=Ownership)
    hidden_accounts: int = 0
