"""Whether a key may be rotated once, now.

Automatic rotation need not be on, and its schedule is left alone.
https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-on-demand.html.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC

from bot.models.keys import KeyMetadata, MultiRegionRole, Rotation, RotationStatus
from bot.models.on_demand import Obstacle, ObstacleReason
from bot.rules.verdict import (
    CUSTOM_STORE_ORIGINS,
    DELETION_STATES,
    ROTATABLE_ORIGIN,
    ROTATABLE_SPEC,
    ROTATABLE_USAGE,
    UNREADY_STATES,
)

MOST_ON_DEMAND = 25
"""In a key's whole life."""


def find_obstacle(key: KeyMetadata, status: RotationStatus, rotations: Sequence[Rotation]) -> Obstacle | None:
    """Say why a key, wholly read, may not be rotated on demand; None where it may."""
    return find_obstacle_in_kind(key) or find_obstacle_in_state(key) or _in_history(status, rotations)


def count_on_demand(rotations: Iterable[Rotation]) -> int:
    return sum(rotation.is_on_demand for rotation in rotations)


def find_obstacle_in_kind(key: KeyMetadata) -> Obstacle | None:
    """Say why a key may not be rotated on demand by what it is, and by its multi-Region role."""
    if key.manager == "AWS":
        return Obstacle(ObstacleReason.AWS_MANAGED, "AWS manages this key, and rotates it itself.")
    if key.manager != "CUSTOMER":
        return _unknown("a key manager", key.manager)
    if key.spec != ROTATABLE_SPEC or key.usage != ROTATABLE_USAGE:
        sentence = f"Only symmetric encryption keys can be rotated; this is a {key.spec} key for {key.usage}."
        return Obstacle(ObstacleReason.KEY_SPEC, sentence)
    if key.origin == "EXTERNAL":
        sentence = "Its key material was imported: somebody has to import new material before AWS can rotate to it."
        return Obstacle(ObstacleReason.IMPORTED_KEY_MATERIAL, sentence)
    if key.origin in CUSTOM_STORE_ORIGINS:
        sentence = "Keys in a custom key store cannot be rotated; a new key has to take its place."
        return Obstacle(ObstacleReason.CUSTOM_KEY_STORE, sentence)
    if key.origin != ROTATABLE_ORIGIN:
        return _unknown("an origin", key.origin)
    if key.multi_region_role not in set(MultiRegionRole):
        return _unknown("a multi-Region role", key.multi_region_role)
    if key.multi_region_role == MultiRegionRole.REPLICA:
        primary = key.primary_arn or "which AWS did not name"
        sentence = f"It is a replica, and replicas are rotated with their primary key, {primary}. Ask for that one."
        return Obstacle(ObstacleReason.REPLICA_KEY, sentence)
    return None


def find_obstacle_in_state(key: KeyMetadata) -> Obstacle | None:
    if key.state == "Enabled":
        return None
    if key.state == "Disabled":
        return Obstacle(ObstacleReason.KEY_DISABLED, "It is disabled. Enable it first.")
    if key.state in DELETION_STATES:
        return Obstacle(ObstacleReason.PENDING_DELETION, "It is waiting to be deleted.")
    if key.state in UNREADY_STATES or key.state == "Updating":
        return Obstacle(ObstacleReason.NOT_READY, f"It is not ready for that (state {key.state}).")
    return _unknown("a key state", key.state)


def _in_history(status: RotationStatus, rotations: Sequence[Rotation]) -> Obstacle | None:
    if status.on_demand_since is not None:
        since = status.on_demand_since.astimezone(UTC)
        sentence = f"A rotation on demand has been under way since {since:%Y-%m-%d %H:%M} UTC."
        return Obstacle(ObstacleReason.UNDER_WAY, sentence)
    used = count_on_demand(rotations)
    if used >= MOST_ON_DEMAND:
        sentence = (
            f"It has been rotated on demand {used} times, and AWS allows {MOST_ON_DEMAND} in a key's life. "
            "Automatic rotation has no such limit."
        )
        return Obstacle(ObstacleReason.LIMIT_REACHED, sentence)
    return None


def _unknown(what: str, value: str) -> Obstacle:
    sentence = f"AWS answered with {what} that this version does not know: {value}."
    return Obstacle(ObstacleReason.UNKNOWN, sentence)
