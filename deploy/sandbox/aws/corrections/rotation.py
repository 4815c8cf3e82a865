"""Rotation. moto 5.2 keeps one flag per key and refuses nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from moto.kms.models import Key

from deploy.sandbox.aws.call import Call, Stale
from deploy.sandbox.aws.corrections.paging import page
from deploy.sandbox.aws.keys import DEFAULT_PERIOD_DAYS, InProgress, Rotation, is_replica
from deploy.sandbox.aws.wire import AwsError

SHORTEST_DAYS, LONGEST_DAYS = 90, 2560
MOST_ON_DEMAND = 25
TOO_NEAR = timedelta(minutes=20)
WRONG_STATES = frozenset({"Creating", "PendingDeletion", "PendingReplicaDeletion"})


def enable_key_rotation(call: Call) -> Mapping[str, Any]:
    """On a key that already rotates this changes the period; left out, the period becomes the default again."""
    key = call.key()
    days = call.integer("RotationPeriodInDays", SHORTEST_DAYS, LONGEST_DAYS, DEFAULT_PERIOD_DAYS)
    _may_change(key)
    with call.world.lock:
        rotation = call.world.rotation(key)
        _remember(call, key, rotation)
        if not rotation.enabled:
            rotation.counted_from = call.now
        rotation.enabled, rotation.period_days = True, days
    return {}


def disable_key_rotation(call: Call) -> Mapping[str, Any]:
    key = call.key()
    _may_change(key)
    with call.world.lock:
        rotation = call.world.rotation(key)
        _remember(call, key, rotation)
        rotation.enabled = False
    return {}


def get_key_rotation_status(call: Call) -> Mapping[str, Any]:
    key = call.key()
    if key.origin != "AWS_KMS" or (call.world.asymmetric_status_is_unsupported and not _is_symmetric(key)):
        raise _unsupported(key)
    rotation = _as_read_now(call, key)
    status: dict[str, Any] = {"KeyId": key.arn, **_on_demand(call, key)}
    if key.key_state == "PendingDeletion" or not _is_symmetric(key) or not rotation.enabled:
        return status | {"KeyRotationEnabled": False}
    return status | {
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": rotation.period_days,
        "NextRotationDate": rotation.next_date(call.now),
    }


def rotate_key_on_demand(call: Call) -> Mapping[str, Any]:
    """Begin a rotation; it is done after as many reads as AWS is late. The automatic schedule stays as it is."""
    key = call.key()
    if key.origin == "EXTERNAL" and _is_symmetric(key) and not is_replica(key):
        raise AwsError("KMSInvalidStateException", f"{key.arn} has no key material that is pending rotation.")
    _may_change(key)
    with call.world.lock:
        rotation = call.world.rotation(key)
        if rotation.on_demand is not None:
            raise AwsError("ConflictException", f"A rotation of {key.arn} is in progress.")
        if rotation.enabled and rotation.next_date(call.now) - call.now <= TOO_NEAR:
            raise AwsError("ConflictException", f"An automatic rotation of {key.arn} is about to begin.")
        if sum(kind == "ON_DEMAND" for _, kind in rotation.history) >= MOST_ON_DEMAND:
            raise AwsError(
                "LimitExceededException", f"On-demand rotations of {key.arn} are limited to {MOST_ON_DEMAND}."
            )
        if reads := call.emulation.faults.lagging_reads:
            rotation.on_demand = InProgress(call.now, reads)
        else:
            rotation.history.append((call.now, "ON_DEMAND"))
    return {"KeyId": key.id}


def list_key_rotations(call: Call) -> Mapping[str, Any]:
    key = call.key()
    if not _is_symmetric(key) or key.origin not in {"AWS_KMS", "EXTERNAL"}:
        raise _unsupported(key)
    _on_demand(call, key)
    history = sorted(call.world.rotation(key).history)
    entries = [
        (f"{position:04}", {"KeyId": key.id, "RotationDate": when, "RotationType": kind})
        for position, (when, kind) in enumerate(history)
    ]
    return page(call, "Rotations", entries, most=1000, default=100)


def _is_symmetric(key: Key) -> bool:
    return bool(key.key_spec == "SYMMETRIC_DEFAULT")


def _may_change(key: Key) -> None:
    """Errors as in https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html."""
    eligible = _is_symmetric(key) and key.origin == "AWS_KMS" and not is_replica(key)
    if not eligible or key.key_state in {"PendingImport", "Unavailable"}:
        raise _unsupported(key)
    if key.key_state == "Disabled":
        raise AwsError("DisabledException", f"{key.arn} is disabled.")
    if key.key_state in WRONG_STATES:
        words = "pending deletion" if "Deletion" in key.key_state else "creating"
        raise AwsError("KMSInvalidStateException", f"{key.arn} is {words}.")


def _unsupported(key: Key) -> AwsError:
    return AwsError("UnsupportedOperationException", f"{key.arn} does not support automatic key rotation.")


def _remember(call: Call, key: Key, rotation: Rotation) -> None:
    """Keep the value before the change for reads that come too early."""
    if reads := call.emulation.faults.lagging_reads:
        call.emulation.stale[key.account_id, key.id] = Stale(replace(rotation), reads)


def _on_demand(call: Call, key: Key) -> Mapping[str, Any]:
    """What a read tells of a rotation on demand that is in progress; once its reads are used up, it is done."""
    with call.world.lock:
        rotation = call.world.rotation(key)
        running = rotation.on_demand
        if running is None:
            return {}
        running.reads -= 1
        if running.reads < 0:
            rotation.on_demand = None
            rotation.history.append((call.now, "ON_DEMAND"))
            return {}
        return {"OnDemandRotationStartDate": running.since}


def _as_read_now(call: Call, key: Key) -> Rotation:
    identity = (key.account_id, key.id)
    with call.world.lock:
        stale = call.emulation.stale.pop(identity, None)
        if stale is None:
            return call.world.rotation(key)
        if stale.reads > 1:
            call.emulation.stale[identity] = Stale(stale.rotation, stale.reads - 1)
        return stale.rotation
