"""The process that shares a scan out among workers is killed: the scan ends truthfully, and another process scans."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from bot.models.scans import Scan, ScanState
from bot.models.trail import SYSTEM, Act
from bot.store.scan_workers import WorkerStore
from bot.store.tables import scan_shares
from tests.app.house import CONFIGURATION, House, eventually
from tests.app.lives import Life
from tests.app.mortal import Doom
from tests.app.test_killed_rounds import is_done, morning
from tests.store.databases import POSTGRESQL_ALONE, MakeUrl

pytestmark = POSTGRESQL_ALONE

SHARED = CONFIGURATION.replace("[scan]\n", '[scan]\nspread = "workers"\n')
HANGING = "222222222222"
HANGS_SECONDS = 60


@contextmanager
def worker(house: House) -> Iterator[None]:
    environ = {**os.environ, **house.aws.environment(least_privilege=True), **house.environ}
    with (house.folder / "worker.txt").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "bot", "worker"], env=environ, stderr=log)
    try:
        eventually(WorkerStore(house.database).alive, "the worker")
        yield
    finally:
        process.kill()
        process.wait()


def shares(house: House, scan: Scan) -> set[str]:
    """In which states the shares of a scan are."""
    with house.database.read() as connection:
        states = connection.execute(sa.select(scan_shares.c.state).where(scan_shares.c.scan_id == scan.id))
        return {*states.scalars()}


def test_another_process_scans_again_and_nothing_is_told_twice(tmp_path: Path, make_url: MakeUrl) -> None:
    patient = Doom(tmp_path / "report.txt", name="nothing that happens")
    with morning(tmp_path, make_url("migrated"), SHARED) as (house, due_at):
        house.aws.world.account(HANGING, "prod-hanging")
        house.key("batch/hangs", account=HANGING)
        house.aws.faults.slow(HANGS_SECONDS, HANGING, action="kms:DescribeKey", times=1)
        with worker(house):
            sharing = Life(house, patient)
            [lost] = eventually(house.scans.running, "the scan")
            eventually(lambda: shares(house, lost) == {"ENDED", "READING"}, "all but the key that hangs")
            other = Life(house, patient)
            house.slack.wait_for(lambda: house.slack.connections == 2, what="both bots")
            sharing.kill()
            eventually(lambda: is_done(house, "scan", due_at) and not house.scans.running(), "the end of the scan")
            scan = house.scans.current()
            assert scan is not None
            assert (scan.state, scan.started_by, scan.summary.keys) == (ScanState.FINISHED, SYSTEM, 2)
            assert all(each.error is None for each in house.scans.coverage(scan.id))
            assert len(list(house.scans.findings(scan.id))) == 2
            entries = [each for each in house.trail.entries() if each.subject in (lost.id, scan.id)]
            assert [(each.act, each.subject) for each in entries] == [
                (Act.SCAN_STARTED, lost.id),
                (Act.SCAN_INTERRUPTED, lost.id),
                (Act.SCAN_STARTED, scan.id),
                (Act.SCAN_FINISHED, scan.id),
            ]
            assert '"unread_targets": 1' in entries[1].details
            assert house.trail.verify().fault is None
            assert is_done(house, "scan", due_at)
            assert other.log.count("was interrupted; what it read is kept.") == 1
            assert " ERROR " not in other.log
            other.end()
