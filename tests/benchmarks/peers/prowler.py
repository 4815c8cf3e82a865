"""Prowler with its check kms_cmk_rotation_enabled: a process for each account.

https://docs.prowler.com/user-guide/providers/aws/role-assumption
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.fake_aws.world import BOT_ACCOUNT, World
from tests.benchmarks.measuring import Outcome, Way
from tests.benchmarks.peers.environments import commands_of

NAME = "Prowler"
PASS, FAIL = "PASS", "FAIL"
EXPECTED = frozenset({0, 3})
"""3 says that a check failed."""


def of_account() -> Way:
    """Check the caller's own account, in all its Regions."""

    def commands(world: World, folder: Path) -> list[list[str]]:
        return [[*_check(folder), "--region", *world.accounts[BOT_ACCOUNT].regions]]

    return Way(NAME, commands, _outcome, EXPECTED)


def of_organisation() -> Way:
    """Check one account after the other, each by its role, in all Regions that it has enabled."""

    def commands(world: World, folder: Path) -> list[list[str]]:
        return [[*_check(folder), "--role", f"arn:aws:iam::{id_}:role/KmsRotationAudit"] for id_ in world.accounts]

    return Way(NAME, commands, _outcome, EXPECTED)


def found(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of its CSV."""
    for path in (folder / "out").glob("*.csv"):
        with path.open(newline="") as rows:
            yield from csv.DictReader(rows, delimiter=";")


def _check(folder: Path) -> list[str]:
    command = str(commands_of("prowler") / "prowler")
    output = ["--output-formats", "csv", "--output-directory", str(folder / "out"), "--no-banner"]
    return [command, "aws", "--checks", "kms_cmk_rotation_enabled", *output]


def _outcome(folder: Path, _output: str) -> Outcome:
    answers = {row["RESOURCE_UID"]: row["STATUS"] for row in found(folder)}
    return Outcome(non_compliant=list(answers.values()).count(FAIL), answers=answers)
