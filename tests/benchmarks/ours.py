"""Auditing with the bot's own scan: aliases, owners and coverage with it, all stored in SQLite.

python -m tests.benchmarks.ours account
"""

import json
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from bot.app import build_scans, connect_aws, open_database
from bot.rules.filters import Filter
from bot.settings import load
from bot.store.key_facts import KeyFactStore
from bot.store.scans import ScanStore

SETTINGS = {
    "account": '[scan]\nregions = ["eu-central-1"]',
    "whole-quota": '[scan]\nregions = ["eu-central-1"]\nquota_share = 1.0',
    "organisation": '[scan]\naccounts = "organization"\naudit_role = "KmsRotationAudit"',
}


def audit(settings_text: str) -> dict[str, float]:
    """Scan with fresh clients, as the bare ways do; the empty database is there before."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kms-rotation.toml"
        path.write_text(settings_text)
        settings = load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False)
        database = open_database(settings)
        begun, cpu = perf_counter(), _cpu()
        scans = build_scans(settings, connect_aws(settings), ScanStore(database), KeyFactStore(database))
        made = scans.run(Filter(), "benchmark")
        return {
            "seconds": perf_counter() - begun,
            "cpu": _cpu() - cpu,
            "non_compliant": made.summary.non_compliant,
            "unread": made.summary.insufficient_data,
        }


def _cpu() -> float:
    usages = (getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    print(json.dumps(audit(SETTINGS[sys.argv[1]])))  # noqa: T201 - for the parent
