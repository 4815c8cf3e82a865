"""Reading one key at the moment when it matters, and saying what was read."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.models.keys import Finding, Judgement, KeyMetadata, ReadFailure, RotationStatus
from bot.remediate.gateways import KeyReader
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
    """Bring a finding up to date."""
    status = reading.status
    return replace(
        finding,
        verdict=reading.judgement.verdict,
        reason=reading.judgement.reason,
        message=reading.judgement.message,
        read_at=at,
        rotation_enabled=None if status is None else status.enabled,
        rotation_period_days=None if status is None else status.period_days,
        next_rotation=None if status is None else status.next_rotation,
    )


def say_status(status: RotationStatus) -> str:
    if not status.enabled:
        return "rotation off"
    following = f", next on {status.next_rotation:%Y-%m-%d}" if status.next_rotation else ""
    return f"rotation on, every {status.period_days or AWS_DEFAULT_PERIOD_DAYS} days{following}"
