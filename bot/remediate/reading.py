"""Reading one key at the moment when it matters, and saying what was read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.models.keys import Finding, Judgement, KeyMetadata, ReadFailure, Reason, Rotation, RotationStatus, Verdict
from bot.models.on_demand import Obstacle, ObstacleReason
from bot.models.owners import UNKNOWN
from bot.remediate.gateways import KeyReader
from bot.rules.on_demand import count_on_demand, find_obstacle, find_obstacle_in_kind, find_obstacle_in_state
from bot.rules.verdict import AWS_DEFAULT_PERIOD_DAYS, Policy, judge, judge_eligibility, judge_failure


@dataclass(frozen=True, slots=True)
class Reading:
    """A key as AWS has it now. Metadata and status are None where they were not read."""

    judgement: Judgement
    metadata: KeyMetadata | None = None
    status: RotationStatus | None = None

    @property
    def summary(self) -> str:
        """What was read, in a few words for the record."""
        return self.judgement.message if self.status is None else say_status(self.status)


@dataclass(frozen=True, slots=True)
class OnDemandReading:
    """A key with its history, and what stands in the way of rotating it now. `rotations` is None where it was not read.

    Errors of reading are obstacles: whoever does not know how often a key was rotated does not rotate it.
    """

    reading: Reading
    rotations: tuple[Rotation, ...] | None
    obstacle: Obstacle | None

    @property
    def status(self) -> RotationStatus | None:
        return self.reading.status

    @property
    def used(self) -> int:
        """How many rotations on demand AWS lists."""
        return count_on_demand(self.rotations or ())

    @property
    def under_way_since(self) -> datetime | None:
        return None if self.status is None else self.status.on_demand_since

    @property
    def summary(self) -> str:
        """What was read, in a few words for the record."""
        if self.rotations is None:
            return self.reading.summary
        return f"{self.reading.summary}; rotated on demand {self.used} {'time' if self.used == 1 else 'times'}"

    def shows_more_than(self, before: int) -> bool:
        """Say whether there is a rotation on demand, done or under way, that was not among the ones before."""
        return self.under_way_since is not None or self.used > before


class _OneKey(Protocol):
    def describe(self) -> KeyMetadata | ReadFailure: ...

    def rotation_status(self) -> RotationStatus | ReadFailure: ...


def read(key: _OneKey, policy: Policy) -> Reading:
    """Describe a key and, where rotation applies to it, ask for its status."""
    metadata = key.describe()
    if isinstance(metadata, ReadFailure):
        return Reading(judge_failure(metadata))
    ineligible = judge_eligibility(metadata)
    if ineligible is not None:
        return Reading(ineligible, metadata)
    status = key.rotation_status()
    judgement = judge(metadata, status, policy)
    return Reading(judgement, metadata, None if isinstance(status, ReadFailure) else status)


def read_history(reading: Reading, rotations: Callable[[], list[Rotation] | ReadFailure]) -> OnDemandReading:
    """Read a key's history, and say what stands in the way of rotating it on demand."""
    if reading.metadata is None:
        reason = ObstacleReason.DELETED if reading.judgement.reason is Reason.DELETED else ObstacleReason.UNREAD
        return OnDemandReading(reading, None, Obstacle(reason, reading.judgement.message))
    obstacle = find_obstacle_in_kind(reading.metadata)
    if obstacle is not None:
        return OnDemandReading(reading, None, obstacle)
    history = rotations()
    if isinstance(history, ReadFailure):
        sentence = f"Its history could not be read: {history.sentence}"
        return OnDemandReading(reading, None, Obstacle(ObstacleReason.UNREAD, sentence))
    listed = tuple(history)
    if reading.status is None:
        unread = Obstacle(ObstacleReason.UNREAD, reading.judgement.message)
        return OnDemandReading(reading, listed, find_obstacle_in_state(reading.metadata) or unread)
    return OnDemandReading(reading, listed, find_obstacle(reading.metadata, reading.status, listed))


@dataclass(frozen=True, slots=True)
class _WithAuditRole:
    keys: KeyReader
    arn: str

    def describe(self) -> KeyMetadata | ReadFailure:
        return self.keys.describe(self.arn)

    def rotation_status(self) -> RotationStatus | ReadFailure:
        return self.keys.rotation_status(self.arn)


def read_key(keys: KeyReader, arn: str, policy: Policy) -> Reading:
    """Read a key with the audit role."""
    return read(_WithAuditRole(keys, arn), policy)


def read_again(finding: Finding, reading: Reading, at: datetime) -> Finding:
    """Bring a finding up to date. Whose a key is that was not open before nobody has read."""
    status = reading.status
    was_never_asked = finding.owner is None and finding.verdict is not Verdict.NON_COMPLIANT
    return replace(
        finding,
        verdict=reading.judgement.verdict,
        reason=reading.judgement.reason,
        message=reading.judgement.message,
        read_at=at,
        rotation_enabled=None if status is None else status.enabled,
        rotation_period_days=None if status is None else status.period_days,
        next_rotation=None if status is None else status.next_rotation,
        owner=UNKNOWN if was_never_asked and reading.judgement.verdict is Verdict.NON_COMPLIANT else finding.owner,
    )


def say_status(status: RotationStatus) -> str:
    if not status.enabled:
        return "rotation off"
    following = f", next on {status.next_rotation:%Y-%m-%d}" if status.next_rotation else ""
    return f"rotation on, every {status.period_days or AWS_DEFAULT_PERIOD_DAYS} days{following}"
