"""KMS, as far as audits read it."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.benchmarks.fake_aws.answers import BY_KEY_POLICY, BY_SCP, Call, Parameters, RefusedError, by_role, denied
from tests.benchmarks.fake_aws.levers import Levers
from tests.benchmarks.fake_aws.paging import Entry, page
from tests.benchmarks.fake_aws.quotas import Quotas
from tests.benchmarks.fake_aws.world import DISABLED, Key, Place, Trouble, World, key_arn

Answer = dict[str, Any]

NO_KEYS = Place()
WITHOUT_KEY = frozenset({"ListKeys", "ListAliases"})
KEYS_A_PAGE, ALIASES_A_PAGE, USUAL_KEYS, USUAL_ALIASES = 1000, 100, 100, 50
MADE_AT, NEXT_ROTATION, DELETED_AT = 1_700_000_000.0, 1_900_000_000.0, 1_900_000_000.0
DELETION_STATES = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


class Kms:
    """Answers as https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html describes."""

    def __init__(self, world: World, levers: Levers) -> None:
        self.quotas = Quotas(levers.used_by_others)
        self._world = world
        self._levers = levers
        self._times: Counter[str] = Counter()
        self._gone: set[str] = set()
        self._alias_lists: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._by_id = {where: {key.id: key for key in place.keys} for where, place in world.places.items()}
        self._operations: dict[str, Callable[[Call, Key], Answer]] = {
            "DescribeKey": self._describe,
            "GetKeyRotationStatus": self._status,
            "ListResourceTags": self._tags,
            "GetKeyPolicy": self._policy,
            "ListGrants": self._grants,
            "ListKeyRotations": self._rotations,
        }

    def knows(self, operation: str) -> bool:
        return operation in WITHOUT_KEY or operation in self._operations

    def answer(self, call: Call, now: float) -> Answer:
        """Answer a call. Raises RefusedError."""
        if not self.quotas.admits(call.account, call.region, call.operation, now) or self._is_unlucky(call):
            raise RefusedError("ThrottlingException", "You have exceeded the rate at which you may call KMS.")
        place = self._world.places.get((call.account, call.region), NO_KEYS)
        self._let_in(call, place)
        self._meet_trouble(f"{call.account} {call.region}", call.operation, place.troubles)
        if call.operation in WITHOUT_KEY:
            return self._keys(call, place) if call.operation == "ListKeys" else self._aliases(call, place)
        return self._of_key(call)

    def _is_unlucky(self, call: Call) -> bool:
        if not self._levers.throttled:
            return False
        what = f"{call.account} {call.region} {call.operation} {sorted(call.parameters.items())}"
        self._times[what] += 1
        return self._levers.throttles(f"{what} {self._times[what]}")

    def _let_in(self, call: Call, place: Place) -> None:
        account = self._world.accounts[call.account]
        if account.regions.get(call.region, DISABLED) == DISABLED:
            raise RefusedError("UnrecognizedClientException", "The security token included in the request is invalid.")
        action = f"kms:{call.operation}"
        if place.denied_by_scp:
            raise denied(call, action, BY_SCP)
        if call.operation in place.denied:
            raise denied(call, action, by_role(action))

    def _meet_trouble(self, what: str, operation: str, troubles: tuple[Trouble, ...]) -> None:
        for trouble in troubles:
            if trouble.operation == operation:
                met = f"{what} {operation} {trouble.code}"
                self._times[met] += 1
                if trouble.times is None or self._times[met] <= trouble.times:
                    status = 500 if trouble.code == "KMSInternalException" else 400
                    raise RefusedError(trouble.code, "As the world has it.", status)

    def _of_key(self, call: Call) -> Answer:
        key_id = str(call.parameters["KeyId"])
        key_id = key_id.rpartition("/")[2] if key_id.startswith("arn:") else key_id
        arn = key_arn(call.account, call.region, key_id)
        key = self._by_id.get((call.account, call.region), {}).get(key_id)
        if key is None or arn in self._gone:
            raise RefusedError("NotFoundException", f"Key '{arn}' does not exist")
        if call.operation in key.denied:
            raise denied(call, f"kms:{call.operation}", BY_KEY_POLICY, arn)
        self._meet_trouble(arn, call.operation, key.troubles)
        answer = self._operations[call.operation](call, key)
        if key.gone_after == call.operation:
            self._gone.add(arn)
        return answer

    def _keys(self, call: Call, place: Place) -> Answer:
        """List a page; keys that vanish after being listed do so at once."""
        found, rest = self._page(place.keys, call.parameters, KEYS_A_PAGE, USUAL_KEYS)
        listed = [(key, key_arn(call.account, call.region, key.id)) for key in found]
        entries = [{"KeyId": key.id, "KeyArn": arn} for key, arn in listed if arn not in self._gone]
        self._gone.update(arn for key, arn in listed if key.gone_after == call.operation)
        return {"Keys": entries, **rest}

    def _aliases(self, call: Call, place: Place) -> Answer:
        where = call.account, call.region
        if where not in self._alias_lists:
            self._alias_lists[where] = [(name, key.id) for key in place.keys for name in key.aliases]
        found, rest = self._page(self._alias_lists[where], call.parameters, ALIASES_A_PAGE, USUAL_ALIASES)
        prefix = f"arn:aws:kms:{call.region}:{call.account}:"
        entries = [{"AliasName": name, "TargetKeyId": key_id, "AliasArn": prefix + name} for name, key_id in found]
        return {"Aliases": entries, **rest}

    def _page(
        self, entries: Sequence[Entry], asked: Parameters, most: int, usual: int
    ) -> tuple[Sequence[Entry], Answer]:
        size = min(int(asked.get("Limit", usual)), most)
        found, token = page(entries, asked.get("Marker", ""), size, with_empty=self._world.empty_pages)
        return found, {"Truncated": bool(token)} | ({"NextMarker": token} if token else {})

    def _describe(self, call: Call, key: Key) -> Answer:
        made: Answer = {
            "AWSAccountId": call.account,
            "KeyId": key.id,
            "Arn": key_arn(call.account, call.region, key.id),
            "CreationDate": MADE_AT,
            "Enabled": key.state in {"Enabled", "Updating"},
            "Description": "",
            "KeyUsage": key.usage,
            "KeyState": key.state,
            "Origin": key.origin,
            "KeyManager": key.manager,
            "CustomerMasterKeySpec": key.spec,
            "KeySpec": key.spec,
            "MultiRegion": bool(key.multi_region),
        }
        if key.state in DELETION_STATES:
            made["DeletionDate"] = DELETED_AT
        if key.multi_region:
            primary = key.primary_region or call.region
            made["MultiRegionConfiguration"] = {
                "MultiRegionKeyType": key.multi_region,
                "PrimaryKey": {"Arn": key_arn(call.account, primary, key.id), "Region": primary},
                "ReplicaKeys": [],
            }
        return {"KeyMetadata": made}

    def _status(self, call: Call, key: Key) -> Answer:
        """For keys that cannot rotate the answers differ: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html."""
        arn = key_arn(call.account, call.region, key.id)
        if key.origin != "AWS_KMS" or key.spec.startswith("HMAC"):
            raise RefusedError("UnsupportedOperationException", f"{arn} does not support automatic key rotation.")
        if key.state == "PendingDeletion" or key.spec != "SYMMETRIC_DEFAULT" or key.rotation_days is None:
            return {"KeyId": arn, "KeyRotationEnabled": False}
        return {
            "KeyId": arn,
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": key.rotation_days,
            "NextRotationDate": NEXT_ROTATION,
        }

    def _tags(self, _call: Call, key: Key) -> Answer:
        return {"Tags": [{"TagKey": name, "TagValue": value} for name, value in key.tags.items()], "Truncated": False}

    def _policy(self, call: Call, _key: Key) -> Answer:
        allow = {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{call.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]}), "PolicyName": "default"}

    def _grants(self, _call: Call, _key: Key) -> Answer:
        return {"Grants": [], "Truncated": False}

    def _rotations(self, _call: Call, _key: Key) -> Answer:
        return {"Rotations": [], "Truncated": False}
