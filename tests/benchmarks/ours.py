"""Auditing with the bot's own scan: aliases, owners and coverage with it, all stored in SQLite.

python -m tests.benchmarks.ours account
"""

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bot.app import build_scans, connect_aws, open_database
from bot.rules.filters import Filter
from bot.settings import load
from bot.store.scans import ScanStore

SETTINGS = {
    "account": '[scan]\nregions = ["eu-central-1"]',
    "organisation": '[scan]\naccounts = "organization"\naudit_role = "KmsRotationAudit"',
}


def seconds_and_open_keys(settings_text: str) -> tuple[float, int]:
    """Scan with fresh clients, as the bare ways do; the empty database is there before."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kms-rotation.toml"
        path.write_text(settings_text)
        settings = load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False)
        store = ScanStore(open_database(settings))
        begun = perf_counter()
        made = build_scans(settings, connect_aws(settings), store).run(Filter(), "benchmark")
        return perf_counter() - begun, made.summary.non_compliant


if __name__ == "__main__":
    seconds, found = seconds_and_open_keys(SETTINGS[sys.argv[1]])
    print(json.dumps({"seconds": seconds, "non_compliant": found}))  # noqa: T201 - for the parent
