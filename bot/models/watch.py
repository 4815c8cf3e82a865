"""What is seen of the running bot from outside: whether it does its work, and how much of what there is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.models.exemptions import ExemptionState
from bot.models.keys import Verdict
from bot.models.requests import ChangeState, RequestState
from bot.models.scans import Account, CoverageStatus
from bot.models.shares import Depth


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that must be well, and a sentence about it that holds no secret and no address."""

    name: str
    is_well: bool
    says: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the bot does what it is there for, part by part."""

    parts: tuple[Part, ...]

    @property
    def is_ready(self) -> bool:
        return all(part.is_well for part in self.parts)

    def without(self, names: Collection[str]) -> "Readiness":
        """Leave parts out, as a probe does that must not take a bot away for want of them."""
        return Readiness(tuple(part for part in self.parts if part.name not in names))


@dataclass(frozen=True, slots=True)
class AwsAnswer:
    """What came of one attempt of a call to AWS. `code` is `ok`, AWS's error code, or the kind of what went wrong."""

    service: str
    operation: str
    code: str
    is_throttled: bool = False


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Keys of one account that are counted together. Exempt ones keep their verdict."""

    account: Account
    verdict: Verdict
    is_exempt: bool = False


@dataclass(frozen=True, slots=True)
class ScanTimes:
    """When the newest finished scan of everything began and ended."""

    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Census:
    """What the database holds, counted. `oldest` is when the oldest request of a state was made.

    `owed` counts the messages that Slack does not show yet as they should be, `lost` those that were given up.
    `refusing` counts the channels that take no messages. `digests` are the newest ones, by name.
    `is_chain_whole` tells whether the newest entry of the audit trail is the one that its head names.
    `queue` and `workers` are for scans that are shared out; None where they are not.
    """

    keys: Mapping[KeyGroup, int] = field(default_factory=dict)
    targets: Mapping[tuple[Account, CoverageStatus], int] = field(default_factory=dict)
    left_out: int = 0
    last_scan: ScanTimes | None = None
    is_scanning: bool = False
    requests: Mapping[RequestState, int] = field(default_factory=dict)
    oldest: Mapping[RequestState, datetime] = field(default_factory=dict)
    changes: Mapping[ChangeState, int] = field(default_factory=dict)
    exemptions: Mapping[ExemptionState, int] = field(default_factory=dict)
    owed: int = 0
    lost: int = 0
    refusing: int = 0
    digests: Mapping[str, datetime] = field(default_factory=dict)
    audit_entries: int = 0
    is_chain_whole: bool = True
    queue: Depth | None = None
    workers: int = 0
