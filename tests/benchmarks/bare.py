"""Auditing without the bot: as a first script does it, and with nothing but threads.

All of these find out what the bot does, with the same calls: the keys that AWS does not manage, whether each rotates,
and the team of those that do not.

    python -m tests.benchmarks.bare account 50
    python -m tests.benchmarks.bare organisation 32
"""

import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-central-1"
ROLE = "KmsRotationAudit"

Client = Any
Credentials = dict[str, str]


def account(threads: int) -> Counter[str]:
    """Read the caller's own account in one Region with one client."""
    kms = boto3.client("kms", region_name=REGION, config=Config(max_pool_connections=threads))
    arns = _arns(kms)
    if threads == 1:
        return Counter(_judge(kms, arn) for arn in arns)
    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(lambda arn: _judge(kms, arn), arns))


class Organisation:
    """Reads every account in every Region it has enabled, a client per target, from one session."""

    def __init__(self) -> None:
        self._session = boto3.Session(region_name=REGION)
        self._lock = Lock()  # a session is not made for many threads
        self._sts = self._client("sts", REGION, None)

    def read(self, threads: int) -> Counter[str]:
        organizations = self._client("organizations", "us-east-1", None)
        pages = organizations.get_paginator("list_accounts").paginate()
        ids = [each["Id"] for page in pages for each in page["Accounts"] if each["State"] == "ACTIVE"]
        found = Counter[str]()
        with ThreadPoolExecutor(threads) as pool:
            targets = [target for account_targets in pool.map(self._targets, ids) for target in account_targets]
            for of_target in pool.map(self._read_target, targets):
                found.update(of_target)
        return found

    def _targets(self, account_id: str) -> list[tuple[Credentials, str]]:
        """Return a target for each enabled Region; none where the role is missing."""
        role = f"arn:aws:iam::{account_id}:role/{ROLE}"
        try:
            given = self._sts.assume_role(RoleArn=role, RoleSessionName="bare")["Credentials"]
        except ClientError:
            return []
        credentials = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        client = self._client("account", "us-east-1", credentials)
        pages = client.get_paginator("list_regions").paginate(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])
        return [(credentials, region["RegionName"]) for page in pages for region in page["Regions"]]

    def _read_target(self, target: tuple[Credentials, str]) -> Counter[str]:
        credentials, region = target
        kms = self._client("kms", region, credentials)
        try:
            return Counter(_judge(kms, arn) for arn in _arns(kms))
        except ClientError:
            return Counter()

    def _client(self, service: str, region: str, credentials: Credentials | None) -> Client:
        make = cast("Any", self._session.client)
        with self._lock:
            return make(service, region_name=region, config=Config(max_pool_connections=50), **(credentials or {}))


def _arns(kms: Client) -> list[str]:
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000})
    keys = {key["KeyId"]: key["KeyArn"] for page in pages for key in page["Keys"]}
    if not keys:
        return []
    for page in kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 100}):
        for alias in page["Aliases"]:
            if alias["AliasName"].startswith("alias/aws/"):
                del keys[alias["TargetKeyId"]]
    return list(keys.values())


def _judge(kms: Client, arn: str) -> str:
    """Say whether a key should rotate and does not; or that it could not be read."""
    try:
        key = kms.describe_key(KeyId=arn)["KeyMetadata"]
        if key["KeySpec"] != "SYMMETRIC_DEFAULT" or kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]:
            return "fine"
        kms.list_resource_tags(KeyId=arn)
    except ClientError:
        return "unread"
    return "open"


def main() -> None:
    what, threads = sys.argv[1], int(sys.argv[2])
    begun, cpu = time.perf_counter(), time.process_time()
    found = account(threads) if what == "account" else Organisation().read(threads)
    told = {
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time() - cpu,
        "non_compliant": found["open"],
        "unread": found["unread"],
    }
    print(json.dumps(told))  # noqa: T201 - for the parent


if __name__ == "__main__":
    main()
