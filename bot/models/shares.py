"""A scan that is shared out: one share an account, which any worker may read, and one at a time does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.models.scans import Account, Target


class ShareState(StrEnum):
    """WAITING and READING take turns until it is ENDED, or CLOSED because the scan is over.

    STOPPING is READING of a scan that is to stop: what was read is still written down, and then it is CLOSED.
    """

    WAITING = "WAITING"
    READING = "READING"
    STOPPING = "STOPPING"
    ENDED = "ENDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class RegionProgress:
    """How many keys of a Region are known, how many were read, and whether that was all."""

    listed: int = 0
    read: int = 0
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """An account whose Regions are to be read. `turn` grows whenever a worker takes it: it proves whose it is.

    `failures` are the times that it was begun and not ended: by an error, or by the death of who read it.
    `progress` is that of Regions that somebody else read before.
    """

    scan_id: str
    account: Account
    regions: tuple[str, ...]
    turn: int = 0
    failures: int = 0
    progress: Mapping[str, RegionProgress] = field(default_factory=dict)

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(Target(self.account, region) for region in self.regions)


@dataclass(frozen=True, slots=True)
class ShareProgress:
    """How far a share is, Region by Region; those that nobody opened yet are not in it."""

    account: str
    is_ended: bool
    regions: Mapping[str, RegionProgress] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many accounts of running scans wait for a worker and are being read, and how long the first has waited."""

    waiting: int = 0
    reading: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ScanWorker:
    """A worker that is alive: where it runs, and marks of the bot's version and of the settings that it reads by."""

    id: str
    name: str
    version: str
    settings: str

    def reads_like(self, other: "ScanWorker") -> bool:
        return (self.version, self.settings) == (other.version, other.settings)
