"""The keys: moto's own `Key` objects in moto's own backends, with what moto does not know beside them.

A key is made by copying one of the same spec: moto makes an RSA pair for every key, 35 ms each, even for symmetric
ones, and nobody who audits rotation looks at key material.
"""

import re
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from moto.kms.models import Key, kms_backends
from moto.kms.utils import KeySpec, generate_master_key

from deploy.sandbox.aws.wire import AwsError

DEFAULT_PERIOD_DAYS = 365
ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


@dataclass(slots=True)
class InProgress:
    """A rotation on demand that has begun, and after how many more reads it is done."""

    since: datetime
    reads: int


@dataclass(slots=True)
class Rotation:
    """The rotation of one key and all its replicas, and its history."""

    enabled: bool = False
    period_days: int = DEFAULT_PERIOD_DAYS
    counted_from: datetime | None = None
    history: list[tuple[datetime, str]] = field(default_factory=list)
    on_demand: InProgress | None = None

    def due(self, now: datetime) -> datetime:
        """A period after the last automatic rotation, or after rotation was switched on."""
        counted_from = max((when for when, kind in self.history if kind == "AUTOMATIC"), default=self.counted_from)
        return (counted_from or now) + timedelta(days=self.period_days)

    def next_date(self, now: datetime) -> datetime:
        """The first date in the future: what fell due before has been rotated meanwhile, or is rotated at once."""
        due, period = self.due(now), timedelta(days=self.period_days)
        return due if due > now else due + period * ((now - due) // period + 1)


@lru_cache
def _template(spec: str, usage: str) -> Key:
    known = spec if spec in KeySpec.key_specs() else "SYMMETRIC_DEFAULT"
    return Key(None, usage, known, "", "000000000000", "us-east-1")  # type: ignore[abstract]  # as moto itself does


def mint(
    account: str,
    region: str,
    spec: str,
    usage: str,
    *,
    multi_region: bool = False,
    origin: str,
    uuid: UUID | None = None,
) -> Key:
    """A new key in moto's backend. Its id is random unless `uuid` gives it."""
    uuid = uuid or uuid4()
    key = copy(_template(spec, usage))
    key.id = f"mrk-{uuid.hex}" if multi_region else str(uuid)
    key.account_id, key.region, key.origin, key.key_spec = account, region, origin, spec
    key.arn = f"arn:aws:kms:{region}:{account}:key/{key.id}"
    key.policy = key.generate_default_policy()
    key.key_material = generate_master_key()
    key.grants, key.rotations, key.aliases = {}, [], {}
    key.multi_region = multi_region
    if multi_region:
        key.multi_region_configuration = {"PrimaryKey": {"Arn": key.arn, "Region": region}, "ReplicaKeys": []}
    kms_backends[account][region].keys[key.id] = key
    return key


def set_state(key: Key, state: str) -> None:
    key.key_state = state
    key.enabled = state == "Enabled"


def set_custom_key_store(key: Key, store: str) -> None:
    """Moto's keys know no custom key store; it is written beside what they know."""
    vars(key)["custom_key_store_id"] = store


def is_replica(key: Key) -> bool:
    return bool(key.multi_region) and key.multi_region_configuration["PrimaryKey"]["Arn"] != key.arn


def move_primary(old: Key, new: Key) -> None:
    """The primary becomes a replica and one of its replicas the primary; rotation is theirs together, and stays."""
    shared = old.multi_region_configuration  # one mapping, held by the primary and all its replicas
    shared["PrimaryKey"] = {"Arn": new.arn, "Region": new.region}
    others = [replica for replica in shared["ReplicaKeys"] if replica["Arn"] != new.arn]
    shared["ReplicaKeys"] = [*others, {"Arn": old.arn, "Region": old.region}]


def siblings(key: Key) -> list[Key]:
    """The primary and all replicas of a multi-Region key, itself among them."""
    everywhere = kms_backends[key.account_id]
    return [everywhere[region].keys[key.id] for region in list(everywhere) if key.id in everywhere[region].keys]


def metadata(key: Key) -> dict[str, Any]:
    """`KeyMetadata` as AWS gives it. Reading it changes no key."""
    known: dict[str, Any] = copy(key).to_dict()["KeyMetadata"]
    for name in ("EncryptionAlgorithms", "SigningAlgorithms"):
        if key.key_usage == "GENERATE_VERIFY_MAC" or not known[name]:
            known.pop(name)
    if key.key_usage == "GENERATE_VERIFY_MAC":
        known["MacAlgorithms"] = [key.key_spec.replace("HMAC_", "HMAC_SHA_")]
    if store := vars(key).get("custom_key_store_id"):
        known["CustomKeyStoreId"] = store
    if key.multi_region:
        shared = key.multi_region_configuration
        known["MultiRegionConfiguration"] = {
            "MultiRegionKeyType": "REPLICA" if is_replica(key) else "PRIMARY",
            "PrimaryKey": shared["PrimaryKey"],
            "ReplicaKeys": shared["ReplicaKeys"],
        }
    if key.key_state == "PendingReplicaDeletion":
        known["PendingDeletionWindowInDays"] = 30
    return known


def find(identifier: str, account: str, region: str, *, aliases: bool) -> Key:
    """The key that an id, ARN, alias or alias ARN names, as seen from one account and Region.

    `aliases` is off for the operations to which AWS takes an id or ARN only.
    Errors: NotFoundException, InvalidArnException.
    """
    owner, name = account, identifier
    if identifier.startswith("arn:"):
        parts = identifier.split(":", 5)
        if len(parts) < 6 or parts[2] != "kms" or not parts[5].startswith(("key/", "alias/")):  # noqa: PLR2004 - an ARN's parts
            raise AwsError("InvalidArnException", f"Invalid arn {identifier}")
        if parts[3] != region:
            raise AwsError("NotFoundException", f"Invalid arn {parts[3]}")
        owner, name = parts[4], parts[5].removeprefix("key/")
    if name.startswith("alias/"):
        if not aliases:
            raise AwsError("NotFoundException", f"Invalid keyId {identifier}")
        return _find_by_alias(name, owner, region)
    if not ID.fullmatch(name):
        raise AwsError("NotFoundException", f"Invalid keyId {identifier}")
    key: Key | None = kms_backends[owner][region].keys.get(name)
    if key is None:
        raise AwsError("NotFoundException", f"Key 'arn:aws:kms:{region}:{owner}:key/{name}' does not exist")
    return key


def _find_by_alias(name: str, account: str, region: str) -> Key:
    for key in list(kms_backends[account][region].keys.values()):
        if name in key.aliases:
            return key
    raise AwsError("NotFoundException", f"Alias arn:aws:kms:{region}:{account}:{name} is not found.")
