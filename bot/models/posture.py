"""What people look at: the posture, a page of open keys, one key in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.models.digests import OpenKey
from bot.models.exemptions import Exemption
from bot.models.gaps import Gaps
from bot.models.keys import Finding, KeyMetadata, Rotation, RotationStatus
from bot.models.requests import Request
from bot.models.scans import EVERYWHERE, Account, Coverage, CoverageStatus, LeftOut, Progress, Scan, Summary

MOST_ACCOUNTS = 40
"""So many accounts are shown with what was read of each."""


@dataclass(frozen=True, slots=True)
class AccountPosture:
    """One account: how much of it complies."""

    account: str
    name: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class Posture:
    """How the organisation stands, as of a scan; `scope` is the filter that was asked for, empty for everything."""

    scan: Scan
    scope: str
    summary: Summary
    previous: Summary | None
    worst: tuple[AccountPosture, ...]
    gaps: Gaps
    running: Progress | None = None


@dataclass(frozen=True, slots=True)
class PosturePoint:
    """What a digest counted when it was made: one point of the trend."""

    at: datetime
    summary: Summary


@dataclass(frozen=True, slots=True)
class AccountsCovered:
    """How much of each account a scan read: of so many accounts, so many not wholly, and the targets of those shown.

    Where the organisation's accounts could not be listed, `is_listed` is False. `left_out` were not to be read.
    """

    scan: Scan
    accounts: int
    unread: int
    is_listed: bool
    shown: tuple[Coverage, ...]
    left_out: tuple[LeftOut, ...] = ()

    @classmethod
    def of(cls, scan: Scan, coverage: Sequence[Coverage], left_out: Sequence[LeftOut] = ()) -> "AccountsCovered":
        """Count and show all of them."""
        every = {Account(each.account, each.account_name) for each in coverage}
        gaps = [each for each in coverage if each.status is not CoverageStatus.SCANNED]
        unread = {Account(each.account, each.account_name) for each in gaps if each.account != EVERYWHERE}
        own = {each for each in every if each.id != EVERYWHERE}
        return cls(scan, len(own), len(unread), own == every, tuple(coverage), tuple(left_out))


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the open keys, counted from 1, and the newest open request of each key that has one.

    `snoozed` says until when keys are snoozed for whoever looks, by their ARNs.
    """

    scan: Scan
    scope: str
    keys: tuple[OpenKey, ...]
    page: int
    pages: int
    total: int
    requests: Mapping[str, Request]
    snoozed: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing about a key that could not be read, in a sentence."""

    what: str
    sentence: str


@dataclass(frozen=True, slots=True)
class KeyDetails:
    """One key, read just now. What could not be read is in `unread`, and nothing is made up in its place.

    `exemptions` are those that hold for it, the one that holds longest first.
    """

    finding: Finding
    handle: str
    read_at: datetime
    metadata: KeyMetadata | None
    status: RotationStatus | None
    tags: Mapping[str, str] | None
    rotations: tuple[Rotation, ...] | None
    request: Request | None
    unread: tuple[Part, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
