"""Keys: made, described, replicated, switched off and on, given up."""

import re
from collections.abc import Mapping
from typing import Any

from moto.kms.models import Key, kms_backends

from deploy.sandbox.aws.authorization import authorize_in_its_region
from deploy.sandbox.aws.call import Call, Move
from deploy.sandbox.aws.keys import find, is_replica, metadata, move_primary, set_custom_key_store, set_state
from deploy.sandbox.aws.wire import AwsError

PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


def create_key(call: Call) -> Mapping[str, Any]:
    asked = call.parameters
    arn = call.world.key(
        account=call.account,
        region=call.region,
        spec=asked.get("KeySpec") or asked.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT",
        usage=asked.get("KeyUsage") or "ENCRYPT_DECRYPT",
        origin=asked.get("Origin") or "AWS_KMS",
        multi_region=asked.get("MultiRegion", False),
        description=asked.get("Description", ""),
        policy=asked.get("Policy"),
        tags={tag["TagKey"]: tag["TagValue"] for tag in asked.get("Tags", [])},
        created=call.now,
    )
    key = call.world.find(arn)
    if "CustomKeyStoreId" in asked:
        set_custom_key_store(key, asked["CustomKeyStoreId"])
    return {"KeyMetadata": metadata(key)}


def describe_key(call: Call) -> Mapping[str, Any]:
    """While its set has its primary moved, the old and the new one are both told to be replicas."""
    key = call.key()
    with call.world.lock:
        known = metadata(key)
        if _is_moving_now(call, key):
            known["MultiRegionConfiguration"]["MultiRegionKeyType"] = "REPLICA"
    return {"KeyMetadata": known}


def replicate_key(call: Call) -> Mapping[str, Any]:
    key, region = call.key(), str(call.parameters.get("ReplicaRegion"))
    if not key.multi_region or is_replica(key):
        raise AwsError("UnsupportedOperationException", f"{key.arn} is not a multi-Region primary key.")
    _not_updating(key)
    if key.id in kms_backends[key.account_id][region].keys:
        raise AwsError("AlreadyExistsException", f"{key.id} exists in {region} already.")
    replica = call.world.find(call.world.replica(key.arn, region))
    replica.description = call.parameters.get("Description", "")
    replica.policy = call.parameters.get("Policy") or replica.generate_default_policy()
    tags = call.parameters.get("Tags", [])
    if tags:
        kms_backends[key.account_id][region].tag_resource(replica.id, {tag["TagKey"]: tag["TagValue"] for tag in tags})
    return {"ReplicaKeyMetadata": metadata(replica), "ReplicaPolicy": replica.policy, "ReplicaTags": tags}


def update_primary_region(call: Call) -> Mapping[str, Any]:
    """The primary becomes a replica and the replica in `PrimaryRegion` the primary. Both must be enabled.

    Where AWS is late, both are `Updating` for a while.
    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-update.html
    """
    old, region = call.key(), call.parameters.get("PrimaryRegion")
    if not isinstance(region, str) or not region:
        raise AwsError("ValidationException", "1 validation error detected: Value at 'primaryRegion' must not be null")
    if not old.multi_region or is_replica(old):
        raise AwsError("UnsupportedOperationException", f"{old.arn} is not a multi-Region primary key.")
    if region == old.region:
        raise AwsError("UnsupportedOperationException", f"{old.arn} is the primary key in {region} already.")
    new = find(old.id, old.account_id, region, aliases=False)
    authorize_in_its_region(call, new)
    for key in (old, new):
        if key.key_state == "Disabled":
            raise AwsError("DisabledException", f"{key.arn} is disabled.")
        if key.key_state != "Enabled":
            raise AwsError("KMSInvalidStateException", f"{key.arn} is {_words(key.key_state)}.")
    with call.world.lock:
        move_primary(old, new)
        if reads := call.emulation.faults.lagging_reads:
            call.emulation.moves[old.account_id, old.id] = Move((old, new), reads)
            for key in (old, new):
                set_state(key, "Updating")
    return {}


def disable_key(call: Call) -> Mapping[str, Any]:
    key = call.key()
    _not_pending(key.key_state, key.arn)
    _not_updating(key)
    set_state(key, "Disabled")
    return {}


def enable_key(call: Call) -> Mapping[str, Any]:
    """Rotation that fell due while the key was disabled happens at once."""
    key = call.key()
    _not_pending(key.key_state, key.arn)
    _not_updating(key)
    set_state(key, "Enabled")
    rotation = call.world.rotation(key)
    if rotation.enabled and rotation.due(call.now) <= call.now:
        rotation.history.append((call.now, "AUTOMATIC"))
    return {}


def schedule_key_deletion(call: Call) -> Mapping[str, Any]:
    key = call.key()
    _not_pending(key.key_state, key.arn)
    days = call.integer("PendingWindowInDays", 7, 30, 30)
    deleted_at = call.world.schedule_deletion(key, days)
    answer = {"KeyId": key.arn, "KeyState": key.key_state, "PendingWindowInDays": days}
    return answer if deleted_at is None else answer | {"DeletionDate": deleted_at}


def cancel_key_deletion(call: Call) -> Mapping[str, Any]:
    key = call.key()
    if key.key_state not in PENDING:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    set_state(key, "Disabled")
    key.deletion_date = None
    return {"KeyId": key.arn}


def _not_pending(state: str, arn: str) -> None:
    if state in PENDING:
        raise AwsError("KMSInvalidStateException", f"{arn} is pending deletion.")


def _not_updating(key: Key) -> None:
    if key.key_state == "Updating":
        raise AwsError("KMSInvalidStateException", f"{key.arn} is updating.")


def _words(state: str) -> str:
    """“PendingDeletion” as AWS's messages spell it: “pending deletion”."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", state).lower()


def _is_moving_now(call: Call, key: Key) -> bool:
    """Whether this key is the old or the new primary of a move that is not over; each look brings its end nearer."""
    place = (key.account_id, key.id)
    move = call.emulation.moves.get(place)
    if move is None or key not in move.keys:
        return False
    move.reads -= 1
    if move.reads == 0:
        del call.emulation.moves[place]
        for moved in move.keys:
            if moved.key_state == "Updating":
                set_state(moved, "Enabled")
    return True
