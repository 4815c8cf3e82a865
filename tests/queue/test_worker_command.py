"""`python -m bot worker` as a process of its own: killed, stopped, and started where it cannot work."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.models.scans import ScanState
from bot.settings import load
from deploy.sandbox.aws import AwsServer
from tests.queue.office import SHARED, Office, Running, members
from tests.queue.test_sharing import hangs
from tests.scan.audits import FRANKFURT, MEMBER, wait_for
from tests.terminal.shell import ROOT, Shell

HANGS_SECONDS = 60
READERS_OF_THE_LAST = (
    "SELECT DISTINCT worker FROM scan_shares WHERE scan_id = (SELECT id FROM scans ORDER BY started_at DESC LIMIT 1)"
)


def test_what_a_killed_worker_had_begun_another_reads_and_nothing_is_told_twice(aws: AwsServer, office: Office) -> None:
    accounts = members(aws, 5)
    aws.faults.slow(HANGS_SECONDS, MEMBER, FRANKFURT, "kms:DescribeKey", times=1)
    shell = office.shell(aws)
    log = (office.folder / "workers.txt").open("w")
    workers = {each.pid: each for each in (shell.start("worker", stderr=log.fileno()) for _ in range(2))}
    try:
        wait_for(lambda: len(office.workers.alive()) == 2, "both workers")
        running = Running(office.scanner())
        wait_for(lambda: running.told and hangs(running.told[-1], keys=10), "all but the key that hangs")
        [(name, account)] = office.ask("SELECT worker, account FROM scan_shares WHERE state = 'READING'")
        assert account == MEMBER
        pid = int(name.partition(":")[2])
        workers[pid].kill()
        workers.pop(pid).wait()
        office.take_for_dead(name)
        made = running.end()
        assert made.state is ScanState.FINISHED
        findings = Counter(each.account for each in office.of(made).findings)
        assert findings == dict.fromkeys(accounts, 2)
        assert office.ask("SELECT account, failures, turn FROM scan_shares WHERE turn > 1") == [(MEMBER, 1, 2)]
        assert not [each for each in office.of(made).coverage if each.error]
        [left] = workers.values()
        told = shell.run("scan", "--format", "json")
        assert len(json.loads(told.stdout)["findings"]) == 2 * len(accounts)
        assert {reader for (reader,) in office.ask(READERS_OF_THE_LAST)} == {f"{name.partition(':')[0]}:{left.pid}"}
        left.send_signal(signal.SIGTERM)
        assert left.wait(25) == 0
        assert office.workers.alive() == []
    finally:
        for each in workers.values():
            each.kill()
            each.wait()
        log.close()


def test_a_worker_without_postgresql_says_what_it_needs(aws: AwsServer, tmp_path: Path) -> None:
    done = Shell(tmp_path, aws.environment()).run("worker")
    assert (done.returncode, done.stdout) == (2, "")
    [sentence] = done.stderr.splitlines()
    assert sentence == (
        "Workers share a PostgreSQL, and DATABASE_URL names none. Set it to postgresql+psycopg://…, "
        "or let “python -m bot scan” and “run” read by themselves: they need no worker."
    )


@pytest.mark.parametrize(
    ("spread", "sentence"),
    [
        ("machines", "“machines” is nothing that a scan is spread over."),
        ("workers", "Workers share a PostgreSQL, and DATABASE_URL names none. Set DATABASE_URL"),
    ],
)
def test_a_spread_that_cannot_be_is_named_with_its_place(tmp_path: Path, spread: str, sentence: str) -> None:
    path = tmp_path / "kms-rotation.toml"
    path.write_text(f'[scan]\nspread = "{spread}"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False)
    [problem] = refused.value.problems
    assert problem.place in {f"{path}: scan.spread", f"{path}:2: scan.spread"}
    assert f"{problem.what} {problem.remedy}".startswith(sentence)


def test_so_many_accounts_at_once_that_there_is_no_sense_in_it_are_refused(aws: AwsServer, tmp_path: Path) -> None:
    done = Shell(tmp_path, aws.environment()).run("worker", "--concurrency", "65")
    assert done.returncode == 2
    assert "'65' is not a number of accounts: write 1 to 64, and start more workers" in done.stderr


SCAN_AND_LOOK = """
import os, sys
from bot.terminal.main import main
status = main(["scan", "--format", "json"], os.environ)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"procrastinate", "psycopg_pool"}), file=sys.stderr)
"""


def test_a_scan_that_is_not_shared_out_imports_nothing_of_the_queue(aws: AwsServer, tmp_path: Path) -> None:
    shell = Shell(tmp_path, aws.environment(least_privilege=True))
    shell.configure(SHARED.replace('spread = "workers"', ""))
    done = subprocess.run(
        [sys.executable, "-c", SCAN_AND_LOOK],
        cwd=tmp_path,
        env={**os.environ, **shell.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["findings"] == []
    assert done.stderr.splitlines()[-1] == "[]"
