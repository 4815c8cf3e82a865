"""Which keys may be rotated on demand, enumerated: kinds × origins × roles × states × histories."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from bot.models.keys import KeyMetadata, MultiRegionRole, Rotation, RotationStatus
from bot.models.on_demand import Obstacle, ObstacleReason
from bot.rules.on_demand import MOST_ON_DEMAND, count_on_demand, find_obstacle

ARN = "arn:aws:kms:eu-central-1:111111111111:key/mrk-1"
PRIMARY = "arn:aws:kms:eu-west-1:111111111111:key/mrk-1"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEY = KeyMetadata(ARN, "CUSTOMER", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", "Enabled")
IDLE = RotationStatus(enabled=False)

MANAGERS = ("CUSTOMER", "AWS", "PARTNER")
SPECS = (
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    ("SYMMETRIC_DEFAULT", "KEY_AGREEMENT"),
    ("RSA_2048", "ENCRYPT_DECRYPT"),
    ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ("ML_DSA_65", "SIGN_VERIFY"),
)
ORIGINS = ("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE", "MOON")
STATES = (
    "Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion", "Creating", "PendingImport", "Unavailable",
    "Updating", "Hibernating",
)  # fmt: skip
STATUSES = (
    IDLE,
    RotationStatus(enabled=True, period_days=365),
    RotationStatus(enabled=False, on_demand_since=AT),
    RotationStatus(enabled=True, period_days=365, on_demand_since=AT),
)
ROLES = (*MultiRegionRole, "WITNESS")
SPACE = [*product(MANAGERS, SPECS, ORIGINS, ROLES, STATES, STATUSES, (0, 1, 24, 25, 26))]


def rotated(on_demand: int, by_schedule: int = 0) -> list[Rotation]:
    return [Rotation(AT, is_on_demand=number < on_demand) for number in range(on_demand + by_schedule)]


def expected(manager: str, spec: tuple[str, str], origin: str, role: str, state: str) -> ObstacleReason | None:
    if manager != "CUSTOMER":
        return ObstacleReason.AWS_MANAGED if manager == "AWS" else ObstacleReason.UNKNOWN
    if spec != ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"):
        return ObstacleReason.KEY_SPEC
    if origin != "AWS_KMS":
        return {"EXTERNAL": ObstacleReason.IMPORTED_KEY_MATERIAL, "MOON": ObstacleReason.UNKNOWN}.get(
            origin, ObstacleReason.CUSTOM_KEY_STORE
        )
    if role in {"REPLICA", "WITNESS"}:
        return ObstacleReason.REPLICA_KEY if role == "REPLICA" else ObstacleReason.UNKNOWN
    return {
        "Enabled": None,
        "Disabled": ObstacleReason.KEY_DISABLED,
        "PendingDeletion": ObstacleReason.PENDING_DELETION,
        "PendingReplicaDeletion": ObstacleReason.PENDING_DELETION,
        "Hibernating": ObstacleReason.UNKNOWN,
    }.get(state, ObstacleReason.NOT_READY)


def test_every_key_is_judged_by_what_it_is_then_by_its_state_then_by_its_history() -> None:
    assert len(SPACE) == 54_000
    for manager, spec, origin, role, state, status, used in SPACE:
        key = KeyMetadata(ARN, manager, *spec, origin, state, role, PRIMARY)
        wanted = expected(manager, spec, origin, role, state)
        if wanted is None and status.on_demand_since is not None:
            wanted = ObstacleReason.UNDER_WAY
        elif wanted is None and used >= 25:
            wanted = ObstacleReason.LIMIT_REACHED
        found = find_obstacle(key, status, rotated(used, by_schedule=30))
        assert (found and found.reason) == wanted, (key, status, used)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (replace(KEY, manager="AWS"), "AWS manages this key, and rotates it itself."),
        (
            replace(KEY, spec="RSA_2048", usage="SIGN_VERIFY"),
            "Only symmetric encryption keys can be rotated; this is a RSA_2048 key for SIGN_VERIFY.",
        ),
        (
            replace(KEY, multi_region_role=MultiRegionRole.REPLICA, primary_arn=PRIMARY),
            f"It is a replica, and replicas are rotated with their primary key, {PRIMARY}. Ask for that one.",
        ),
        (replace(KEY, state="Disabled"), "It is disabled. Enable it first."),
        (replace(KEY, state="PendingDeletion"), "It is waiting to be deleted."),
        (replace(KEY, state="Updating"), "It is not ready for that (state Updating)."),
    ],
    ids=["AWS managed", "asymmetric", "replica", "disabled", "pending deletion", "updating"],
)
def test_each_no_says_what_the_key_is_and_what_would_help(key: KeyMetadata, sentence: str) -> None:
    found = find_obstacle(key, IDLE, [])
    assert found is not None
    assert found.sentence == sentence


def test_a_limit_that_is_reached_is_told_with_its_number() -> None:
    assert find_obstacle(KEY, IDLE, rotated(MOST_ON_DEMAND)) == Obstacle(
        ObstacleReason.LIMIT_REACHED,
        "It has been rotated on demand 25 times, and AWS allows 25 in a key's life. "
        "Automatic rotation has no such limit.",
    )


def test_a_rotation_under_way_is_told_with_its_beginning() -> None:
    assert find_obstacle(KEY, RotationStatus(enabled=False, on_demand_since=AT), []) == Obstacle(
        ObstacleReason.UNDER_WAY, "A rotation on demand has been under way since 2026-03-02 09:30 UTC."
    )


def test_only_rotations_that_somebody_asked_for_count() -> None:
    assert count_on_demand(rotated(3, by_schedule=7)) == 3
