"""Behind gunicorn, a long scan branches into processes of its own, as it does everywhere."""

import subprocess
from pathlib import Path

import pytest

from bot.models.scans import ScanState
from tests.app.house import House, eventually, house
from tests.app.served import over_http, running

__all__ = ["house"]

ACCOUNTS = 4
HANGS_SECONDS = 60
IMPORTING = {"PYTHONPATH": str(Path(__file__).parents[2])}

AT_ONCE = """
import os, sys
from functools import partial
import bot.app, bot.process
from bot.scan.branches import Length
if __name__ == "__main__":  # as of `python -m bot`, which processes of a scan import
    bot.app.Branching = partial(bot.app.Branching, middling=Length(0.0, 0.0), long=Length(0.0, 0.0))
    bot.process.DRAIN_SECONDS = 2.0
    from bot.terminal.main import main
    sys.exit(main(["run"], os.environ))
"""
"""`python -m bot run` whose scans branch at once."""


@pytest.fixture
def script(house: House, tmp_path: Path) -> Path:
    for number in range(ACCOUNTS):
        account = f"1{number:011}"
        house.aws.world.account(account, f"team-{number}")
        house.aws.world.key(account=account, alias=f"alias/of-{number}")
    over_http(house)
    config = tmp_path / "kms-rotation.toml"
    config.write_text(config.read_text().replace("[scan]\n", "[scan]\nprocesses = 2\n"))
    script = tmp_path / "at_once.py"
    script.write_text(AT_ONCE, encoding="utf-8")
    return script


def branches_of(pid: int) -> list[int]:
    """The processes of a scan that the worker behind the server has begun."""
    return [
        each for worker in children(pid) for each in children(worker) if b"spawn_main" in _read(f"/proc/{each}/cmdline")
    ]


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def test_a_long_scan_branches_and_is_whole_and_no_process_is_left(house: House, script: Path) -> None:
    house.aws.faults.slow(0.2, action="kms:ListKeys")
    with running(house, scanned=False, command=[str(script)], environ=IMPORTING) as bot:
        eventually(lambda: len(branches_of(bot.process.pid)) == 2, "two branches")
        scan = eventually(house.scans.current, "the scan")
        assert (scan.state, scan.summary.keys) == (ScanState.FINISHED, ACCOUNTS)
        assert not any(each.error for each in house.scans.coverage(scan.id))
        eventually(lambda: not branches_of(bot.process.pid), "the end of the branches")
        assert "compliant" in house.command(house.mara, "status")
        assert bot.end() < 10
        assert bot.process.returncode == 0, bot.log
        assert "Traceback" not in bot.log


def test_who_is_told_to_end_amid_a_scan_that_branches_ends_in_time_with_all_of_them(house: House, script: Path) -> None:
    house.aws.faults.slow(HANGS_SECONDS, action="kms:ListKeys")
    with running(house, scanned=False, command=[str(script)], environ=IMPORTING) as bot:
        eventually(lambda: len(branches_of(bot.process.pid)) == 2, "two branches")
        branches = branches_of(bot.process.pid)
        assert bot.end() < 25
        assert bot.process.returncode == 0, bot.log
        assert "Traceback" not in bot.log
        eventually(lambda: not any(_read(f"/proc/{each}/cmdline") for each in branches), "the end of the branches")
    assert house.scans.running() == []
    acts = [entry.act for entry in house.trail.entries()]
    assert acts.count("SCAN_INTERRUPTED") == 1
