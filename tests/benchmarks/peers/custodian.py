"""Cloud Custodian with its filter key-rotation-status: one account, or many with c7n-org.

https://cloudcustodian.io/docs/aws/resources/kms-key.html and https://cloudcustodian.io/docs/tools/c7n-org.html
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.fake_aws.world import BOT_ACCOUNT, World
from tests.benchmarks.measuring import FINE, Outcome, Way
from tests.benchmarks.peers.environments import commands_of

NAME = "Cloud Custodian"
FLAGGED = "flagged"
NO_CACHE = ("--cache-period", "0")
ACCOUNT_FAILED = frozenset({0, 1, 2})
"""It ends with another status where a call was refused for good; what it found until then counts."""

POLICY = {
    "policies": [
        {
            "name": "rotation-off",
            "resource": "aws.kms-key",
            "filters": [{"type": "key-rotation-status", "key": "KeyRotationEnabled", "value": False}],
        }
    ]
}


def of_account(expected: frozenset[int] = FINE) -> Way:
    """Run the policy in the caller's own account, in all its Regions."""

    def commands(world: World, folder: Path) -> list[list[str]]:
        custodian = str(commands_of("custodian") / "custodian")
        regions = [word for region in world.accounts[BOT_ACCOUNT].regions for word in ("--region", region)]
        return [[custodian, "run", *NO_CACHE, "-s", str(folder / "out"), *regions, _policy(folder)]]

    return Way(NAME, commands, _outcome, expected)


def of_organisation() -> Way:
    """Run the policy in the accounts that are listed for it, in all their Regions."""

    def commands(world: World, folder: Path) -> list[list[str]]:
        accounts = [
            {
                "account_id": account.id,
                "name": account.name,
                "regions": list(account.regions),
                "role": f"arn:aws:iam::{account.id}:role/KmsRotationAudit",
            }
            for account in world.accounts.values()
        ]
        listed = folder / "accounts.json"
        listed.write_text(json.dumps({"accounts": accounts}))
        command = str(commands_of("custodian") / "c7n-org")
        where = ["-c", str(listed), "-s", str(folder / "out"), "-u", _policy(folder)]
        return [[command, "run", *NO_CACHE, *where]]

    return Way(NAME, commands, _outcome)


def found(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the keys that the policy matched, as DescribeKey described them."""
    for path in (folder / "out").rglob("resources.json"):
        yield from json.loads(path.read_text())


def _policy(folder: Path) -> str:
    path = folder / "policy.json"
    path.write_text(json.dumps(POLICY))
    return str(path)


def _outcome(folder: Path, _output: str) -> Outcome:
    flagged = {key["Arn"]: FLAGGED for key in found(folder)}
    return Outcome(non_compliant=len(flagged), answers=flagged)
