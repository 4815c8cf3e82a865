"""Auditing one account without the bot: as a first script does it, and with nothing but threads.

Both find out what the bot does, with the same calls: the keys that AWS does not manage, whether each rotates, and the
team of those that do not.

    python -m tests.benchmarks.bare loop
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"
THREADS = 50


def loop() -> int:
    """Make one call after the other."""
    kms = boto3.client("kms", region_name=REGION)
    return sum(_is_open(kms, arn) for arn in _arns(kms))


def threads() -> int:
    """Make the same calls from many threads, with one client and nothing around it."""
    kms = boto3.client("kms", region_name=REGION, config=Config(max_pool_connections=THREADS))
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(lambda arn: _is_open(kms, arn), _arns(kms)))


def _arns(kms: Any) -> list[str]:  # noqa: ANN401 - a client of boto3
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000})
    keys = {key["KeyId"]: key["KeyArn"] for page in pages for key in page["Keys"]}
    for page in kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 100}):
        for alias in page["Aliases"]:
            if alias["AliasName"].startswith("alias/aws/"):
                del keys[alias["TargetKeyId"]]
    return list(keys.values())


def _is_open(kms: Any, arn: str) -> bool:  # noqa: ANN401 - a client of boto3
    """Say whether a key should rotate and does not."""
    key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    if key["KeySpec"] != "SYMMETRIC_DEFAULT" or kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]:
        return False
    return bool(kms.list_resource_tags(KeyId=arn)["Tags"])


if __name__ == "__main__":
    begun = perf_counter()
    found = {"loop": loop, "threads": threads}[sys.argv[1]]()
    print(json.dumps({"seconds": perf_counter() - begun, "non_compliant": found}))  # noqa: T201 - for the parent
