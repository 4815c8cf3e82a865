"""Rotating a key once, now: what may stand in the way."""

from dataclasses import dataclass
from enum import StrEnum


class ObstacleReason(StrEnum):
    """Why a key may not be rotated on demand."""

    AWS_MANAGED = "AWS_MANAGED"
    KEY_SPEC = "KEY_SPEC"
    IMPORTED_KEY_MATERIAL = "IMPORTED_KEY_MATERIAL"
    CUSTOM_KEY_STORE = "CUSTOM_KEY_STORE"
    REPLICA_KEY = "REPLICA_KEY"
    KEY_DISABLED = "KEY_DISABLED"
    PENDING_DELETION = "PENDING_DELETION"
    NOT_READY = "NOT_READY"
    DELETED = "DELETED"
    LIMIT_REACHED = "LIMIT_REACHED"
    UNDER_WAY = "UNDER_WAY"
    UNREAD = "UNREAD"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a key may not be rotated on demand, with a sentence for people."""

    reason: ObstacleReason
    sentence: str
