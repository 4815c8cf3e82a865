"""What a key, read at the moment when somebody asks, needs of what they ask for."""

from dataclasses import dataclass
from datetime import datetime

from bot.models.keys import Finding, Verdict
from bot.models.on_demand import ObstacleReason
from bot.models.requests import ChangeKind
from bot.remediate.gateways import KeyReader
from bot.remediate.reading import read_again, read_history, read_key
from bot.rules.verdict import Policy


@dataclass(frozen=True, slots=True)
class Look:
    """The key as it is now, and why nothing is to be asked for it; no words where it is."""

    finding: Finding
    why_not: str = ""


def look(keys: KeyReader, finding: Finding, kind: ChangeKind, policy: Policy, at: datetime) -> Look:
    """Read a key anew, and see whether a change of this kind applies to it."""
    reading = read_key(keys, finding.arn, policy)
    fresh = read_again(finding, reading, at)
    if kind is not ChangeKind.ROTATE_ON_DEMAND:
        return Look(fresh, "" if fresh.verdict is Verdict.NON_COMPLIANT else _not_needed(fresh))
    obstacle = read_history(reading, lambda: keys.rotations(finding.arn)).obstacle
    if obstacle is None:
        return Look(fresh)
    if obstacle.reason is ObstacleReason.UNREAD:
        return Look(fresh, f"{UNREAD} {obstacle.sentence}")
    return Look(fresh, f"Nothing was asked for: the key cannot be rotated now. {obstacle.sentence}")


UNREAD = "Nothing was asked for, because the key has to be read first."


def _not_needed(fresh: Finding) -> str:
    """Say what the key turned out to be."""
    if fresh.verdict is Verdict.COMPLIANT:
        return f"Nothing was asked for: the key rotates already. {fresh.message}"
    if fresh.verdict is Verdict.INSUFFICIENT_DATA:
        return f"{UNREAD} {fresh.message}"
    return f"Nothing was asked for: rotation does not apply to this key. {fresh.message}"
