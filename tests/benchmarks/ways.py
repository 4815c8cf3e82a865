"""The ways of auditing that are measured: ours, and what one would write by hand."""

import json
import sys
from pathlib import Path

from tests.benchmarks.fake_aws.world import World
from tests.benchmarks.measuring import Outcome, Way


def _own(name: str, module: str, *arguments: str) -> Way:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]

    def commands(_world: World, _folder: Path) -> list[list[str]]:
        return [command]

    return Way(name, commands, _told, tells_its_time=True)


def _told(_folder: Path, output: str) -> Outcome:
    return Outcome(**json.loads(output))


def _command(_world: World, folder: Path) -> list[list[str]]:
    configuration = folder / "kms-rotation.toml"
    configuration.write_text("[scan]\n")
    scan = ["-m", "bot", "scan", "--format", "json", "--no-store"]
    return [["env", f"KMS_ROTATION_CONFIG={configuration}", sys.executable, *scan]]


def _findings(_folder: Path, output: str) -> Outcome:
    told = json.loads(output)
    summary = told["summary"]
    answers = {finding["arn"]: f"{finding['verdict']} {finding['reason']}" for finding in told["findings"]}
    return Outcome(summary["non_compliant"], summary["insufficient_data"], answers=answers)


SCAN_OF_ACCOUNT = _own("the bot’s scan", "ours", "account")
SCAN_WITH_WHOLE_QUOTA = _own("the bot’s scan, quota_share = 1", "ours", "whole-quota")
SCAN_OF_ORGANISATION = _own("the bot’s scan", "ours", "organisation")
LOOP = _own("plain boto3 loop", "bare", "account", "1")
THREADS = _own("50 bare threads", "bare", "account", "50")
LOOP_OVER_TARGETS = _own("plain boto3 loop", "bare", "organisation", "1")
CLIENT_PER_TARGET = _own("32 threads, a client per target", "bare", "organisation", "32")
THREADS_OVER_TARGETS = _own("50 threads, a client per target", "bare", "organisation", "50")
BARE_CALLS = _own("bare calls", "calls", "1000")
SCAN_COMMAND = Way("the bot’s scan", _command, _findings, frozenset({0, 1, 3}))
"""`python -m bot scan`, which says what it thinks of each key."""
