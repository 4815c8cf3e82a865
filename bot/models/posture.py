"""What people look at: the posture, a page of open keys, one key in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.models.digests import OpenKey
from bot.models.keys import Finding, KeyMetadata, Rotation, RotationStatus
from bot.models.requests import Request
from bot.models.scans import Coverage, Progress, Scan, Summary


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
    coverage_failures: tuple[Coverage, ...]
    unread: tuple[Finding, ...]
    running: Progress | None = None

    @property
    def has_gaps(self) -> bool:
        return bool(self.coverage_failures or self.unread)


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the open keys, counted from 1, and the newest open request of each key that has one."""

    scan: Scan
    scope: str
    keys: tuple[OpenKey, ...]
    page: int
    pages: int
    total: int
    requests: Mapping[str, Request]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing about a key that could not be read, in a sentence."""

    what: str
    sentence: str


@dataclass(frozen=True, slots=True)
class KeyDetails:
    """One key, read just now. What could not be read is in `unread`, and nothing is made up in its place."""

    finding: Finding
    handle: str
    read_at: datetime
    metadata: KeyMetadata | None
    status: RotationStatus | None
    tags: Mapping[str, str] | None
    rotations: tuple[Rotation, ...] | None
    request: Request | None
    unread: tuple[Part, ...] = ()
