"""Keys: made, described, replicated, switched off and on, given up."""

from collections.abc import Mapping
from typing import Any

from moto.kms.models import kms_backends

from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.keys import find, is_replica, metadata, set_custom_key_store, set_state
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
    return {"KeyMetadata": metadata(call.key())}


def replicate_key(call: Call) -> Mapping[str, Any]:
    key, region = call.key(), str(call.parameters.get("ReplicaRegion"))
    if not key.multi_region or is_replica(key):
        raise AwsError("UnsupportedOperationException", f"{key.arn} is not a multi-Region primary key.")
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
    """The primary becomes a replica and the replica in `PrimaryRegion` the primary."""
    old, region = call.key(), str(call.parameters.get("PrimaryRegion"))
    if not old.multi_region or is_replica(old):
        raise AwsError("UnsupportedOperationException", f"{old.arn} is not a multi-Region primary key.")
    new = find(old.id, old.account_id, region, aliases=False)
    with call.world.lock:
        # One mapping, shared by the primary and all its replicas.
        shared = old.multi_region_configuration
        shared["PrimaryKey"] = {"Arn": new.arn, "Region": region}
        others = [replica for replica in shared["ReplicaKeys"] if replica["Region"] != region]
        shared["ReplicaKeys"] = [*others, {"Arn": old.arn, "Region": old.region}]
    return {}


def disable_key(call: Call) -> Mapping[str, Any]:
    key = call.key()
    _not_pending(key.key_state, key.arn)
    set_state(key, "Disabled")
    return {}


def enable_key(call: Call) -> Mapping[str, Any]:
    """Rotation that fell due while the key was disabled happens at once."""
    key = call.key()
    _not_pending(key.key_state, key.arn)
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
