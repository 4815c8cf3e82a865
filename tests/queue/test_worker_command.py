"""`python -m bot worker` as a process of its own: killed, stopped, and started where it cannot work."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from bot.errors import ConfigurationError
from bot.models.scans import ScanState
from bot.settings import load
from deploy.sandbox.aws import AwsServer
from tests.app.served import free_port
from tests.queue.office import SHARED, Office, Running, members
from tests.queue.test_sharing import hangs
from tests.scan.audits import FRANKFURT, MEMBER, wait_for
from tests.terminal.shell import ROOT, Shell
from tests.web.asking import samples_of

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
        assert not office.ask(f"SELECT name FROM processes WHERE split_part(name, ':', 2) = '{left.pid}'")  # noqa: S608 - a number
    finally:
        for each in workers.values():
            each.kill()
            each.wait()
        log.close()


def test_a_worker_shows_its_pages_counts_its_calls_and_says_in_each_line_of_which_account_it_is(
    aws: AwsServer, office: Office
) -> None:
    members(aws, 3)
    shell = office.shell(aws)
    log, other_log = office.folder / "worker.txt", office.folder / "other.txt"
    page = f"127.0.0.1:{free_port()}"
    shell.configure(f'{SHARED}\n[web]\nlisten = "{page}"\n')
    with log.open("w") as written, other_log.open("w") as other_written:
        watched = shell.start("worker", "--debug", "--log-format", "json", stderr=written.fileno())
        try:
            wait_for(lambda: read(page, "/readyz")[0] == 200, "the queue")
            assert read(page, "/healthz")[0] == 200
            other = shell.start("worker", stderr=other_written.fileno())
            wait_for(lambda: len(office.workers.alive()) == 2, "a worker that found the address taken")
            other.send_signal(signal.SIGTERM)
            assert other.wait(25) == 0
            aws.calls.clear()
            made = Running(office.scanner()).end()
            status, told = read(page, "/metrics")
            asked = Counter(call.action for call in aws.calls if call.service == "kms")
        finally:
            watched.send_signal(signal.SIGTERM)
            assert watched.wait(25) == 0
    assert status == 200
    counted = {
        dict(labels)["operation"]: value
        for (name, labels), value in samples_of(told).items()
        if name == "kms_rotation_aws_call_duration_seconds_count" and dict(labels)["service"] == "kms"
    }
    assert counted == asked
    assert "This worker goes on without pages, unless --listen names" in other_log.read_text()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    reading = [line for line in lines if line["thread"].startswith(("account", "scan-"))]
    wanted = {(made.id, each.account) for each in office.of(made).coverage}
    assert {(line["scan"], line["account"]) for line in reading} == wanted
    ended = [line for line in lines if line["logger"] == "procrastinate.worker" and " ended with " in line["message"]]
    assert {(line["scan"], line["account"]) for line in ended} == wanted


def read(address: str, path: str) -> tuple[int, bytes]:
    """Ask a page; 0 where nobody answers yet."""
    try:
        with urlopen(f"http://{address}{path}", timeout=20) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()
    except URLError:
        return 0, b""


def test_an_address_that_is_none_is_refused(aws: AwsServer, tmp_path: Path) -> None:
    done = Shell(tmp_path, aws.environment()).run("worker", "--listen", "8081")
    assert done.returncode == 2
    assert "'8081' is not an address to listen at: write host and port, like 127.0.0.1:8081" in done.stderr


IN_HASTE = """
import os, sys
from dataclasses import replace
import bot.terminal.worker as command
from bot.terminal.main import main

def open_worker(*told, opened=command.open_worker):
    queue, me = opened(*told)
    return replace(queue, drain_seconds=0.5), me

command.open_worker = open_worker
sys.exit(main(["worker"], os.environ))
"""
"""`python -m bot worker` that lets accounts which it began go on for half a second instead of twelve."""


def test_a_busy_worker_that_is_told_to_end_does_so_and_another_reads_what_it_had_begun(
    aws: AwsServer, office: Office
) -> None:
    accounts = members(aws, 2)
    aws.faults.slow(HANGS_SECONDS, MEMBER, FRANKFURT, "kms:DescribeKey", times=1)
    shell = office.shell(aws)
    environ = {**os.environ, **shell.environment, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", IN_HASTE]
    busy = subprocess.Popen(command, cwd=office.folder, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(office.workers.alive, "the worker")
        [me] = office.workers.alive()
        running = Running(office.scanner())
        wait_for(lambda: running.told and hangs(running.told[-1], keys=4), "all but the key that hangs")
        with office.worker():
            busy.send_signal(signal.SIGTERM)
            _, log = busy.communicate(timeout=25)
            made = running.end()
    finally:
        busy.kill()
        busy.wait()
    assert busy.returncode == 0
    assert "Stopping." in log
    assert "Traceback" not in log
    assert (made.state, made.summary.keys) == (ScanState.FINISHED, 4)
    assert {each.account for each in office.of(made).findings} == set(accounts)
    [(account, reader, failures, turn)] = office.ask(
        "SELECT account, worker, failures, turn FROM scan_shares WHERE turn > 1"
    )
    assert (account, failures, turn) == (MEMBER, 0, 2)
    assert reader != me.name
    assert office.workers.alive() == []


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
