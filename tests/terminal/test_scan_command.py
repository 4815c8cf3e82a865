"""`python -m bot scan` as a person or a program starts it: its output, its exit status, its complaints."""

import json
import os
import pty
import signal
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.models.scans import SCAN, ScanState
from bot.store.alone import Names
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from bot.terminal.output import KEYS_A_TABLE, MOST_GAPS, print_table
from deploy.sandbox.aws import AwsServer
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, TOOLING, wait_for
from tests.store.samples import covered, failed, finding, scan
from tests.terminal.conftest import SETTINGS
from tests.terminal.shell import PATIENCE_SECONDS, Shell

HANGS_SECONDS = 60
ENDS_SECONDS = 30
"""A call is waited for 20 seconds, and then tried again: a process that waits for one is not at its end by then."""


def scanned(terminal: Shell, *arguments: str) -> tuple[int, Any]:
    done = terminal.run("scan", "--format", "json", *arguments)
    return done.returncode, json.loads(done.stdout)


def test_the_json_has_the_documented_shape_and_nothing_else_is_on_standard_output(
    aws: AwsServer, terminal: Shell
) -> None:
    rotating = aws.world.key(account=MEMBER, rotation=365, alias="alias/payments/ledger")
    aws.world.key(account=MEMBER, region=DUBLIN)
    status, document = scanned(terminal)
    assert status == 1
    assert list(document) == ["started_at", "finished_at", "summary", "coverage", "findings"]
    assert document["summary"] == {
        "compliant": 1,
        "non_compliant": 1,
        "not_applicable": 0,
        "insufficient_data": 0,
        "exempt": 0,
        "percent_compliant": 50.0,
    }
    assert document["coverage"][0] == {
        "account": MEMBER,
        "region": FRANKFURT,
        "status": "SCANNED",
        "keys": 1,
        "error": None,
    }
    assert len(document["coverage"]) == 6
    one, other = document["findings"]
    assert one.pop("next_rotation")[-1] == "Z"
    assert one == {
        "arn": rotating,
        "account": MEMBER,
        "region": FRANKFURT,
        "aliases": ["alias/payments/ledger"],
        "verdict": "COMPLIANT",
        "reason": "ROTATION_ENABLED",
        "message": "Rotates every 365 days.",
        "rotation_enabled": True,
        "rotation_period_days": 365,
        "exempt_until": None,
    }
    assert (other["rotation_enabled"], other["rotation_period_days"], other["next_rotation"]) == (False, None, None)
    assert document["started_at"] <= document["finished_at"]
    assert document["finished_at"][-1] == "Z"


def test_all_compliant_and_all_read_is_0(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER, rotation=365)
    aws.world.key(account=TOOLING, spec="RSA_2048")
    done = terminal.run("scan")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "100 % compliant: 1 of 1 keys rotate; 0 exempt, 0 unread, 1 not applicable.",
        "6 of 6 targets were read in full.",
    ]
    assert done.stderr == ""


def test_something_non_compliant_is_1_and_stands_in_the_table(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER, alias="alias/payments/card-vault", tags={"team": "payments"})
    done = terminal.run("scan")
    assert done.returncode == 1
    [row] = [line.split() for line in done.stdout.splitlines() if "card-vault" in line]
    assert row == f"payments/card-vault prod-payments {FRANKFURT} payments Automatic rotation is off.".split()


def test_something_unread_is_3_even_beside_something_non_compliant(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER)
    aws.faults.remove_role(TOOLING, "KmsRotationAudit")
    done = terminal.run("scan")
    assert done.returncode == 3
    assert "The account could not be entered: sts:AssumeRole is denied" in done.stdout
    assert "3 of 4 targets were read in full." in done.stdout
    assert done.stderr == ""


def test_an_unread_key_is_3(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER, alias="alias/vault")
    aws.faults.deny(MEMBER, action="kms:GetKeyRotationStatus", kind="key-policy")
    status, document = scanned(terminal)
    assert status == 3
    assert document["findings"][0]["verdict"] == "INSUFFICIENT_DATA"
    assert document["summary"]["percent_compliant"] == 100.0


def test_an_organisation_that_cannot_be_listed_is_3_and_no_empty_success(aws: AwsServer, terminal: Shell) -> None:
    aws.faults.deny(action="organizations:ListAccounts")
    status, document = scanned(terminal)
    assert status == 3
    [covered] = document["coverage"]
    assert (covered["account"], covered["region"], covered["status"]) == ("*", "*", "FAILED")


def test_account_and_region_narrow_it(aws: AwsServer, terminal: Shell) -> None:
    _, document = scanned(terminal, "--account", "prod-*", "--region", "EU-*")
    places = {(covered["account"], covered["region"]) for covered in document["coverage"]}
    assert places == {(MEMBER, FRANKFURT), (MEMBER, DUBLIN)}


def test_a_scan_is_stored_and_recorded(aws: AwsServer, terminal: Shell) -> None:
    arn = aws.world.key(account=MEMBER)
    terminal.run("scan")
    database = Database(terminal.database_url)
    store = ScanStore(database)
    current = store.current()
    assert current is not None
    assert current.started_by.startswith("terminal:")
    assert [finding.arn for finding in store.findings(current.id)] == [arn]
    assert [entry.act for entry in Trail(database).newest(5)] == ["SCAN_FINISHED", "SCAN_STARTED"]


def test_no_store_leaves_the_database_alone_and_prints_the_same(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER)
    kept = scanned(terminal, "--no-store")[1]
    assert [path.name for path in terminal.folder.iterdir()] == ["kms-rotation.toml"]
    stored = scanned(terminal)[1]
    for moment in ("started_at", "finished_at"):
        del kept[moment], stored[moment]
    assert kept == stored


def test_progress_is_drawn_on_a_terminal_and_leaves_standard_output_alone(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER)
    ours, theirs = pty.openpty()
    terminal.environment["TERM"] = "xterm"
    done = terminal.run("scan", "--format", "json", stderr=theirs)
    os.close(theirs)
    assert len(json.loads(done.stdout)["findings"]) == 1
    drawn = os.read(ours, 1_000_000)
    assert b"6/6" in drawn
    assert b"targets, 1 key read" in drawn
    os.close(ours)


def test_no_store_works_where_the_database_does_not(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER, rotation=365)
    terminal.environment["DATABASE_URL"] = "sqlite:////nowhere/at/all.sqlite3"
    assert terminal.run("scan", "--no-store").returncode == 0
    assert terminal.run("scan").returncode == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (SETTINGS + 'audit_roll = "x"', "kms-rotation.toml:6: scan.audit_roll: There is no such setting."),
        ('[scan]\naccounts = ["12345678901"]\naudit_role = "R"', "kms-rotation.toml:2: scan.accounts"),
        (SETTINGS + 'schedule = "61 * * * *"', "kms-rotation.toml:6: scan.schedule"),
        ("[policy]\nmax_rotation_period_days = 89", "kms-rotation.toml:2: policy.max_rotation_period_days"),
        ('[scan]\naccounts = "organization"', "scan.audit_role"),
        ("[scan", "kms-rotation.toml: "),
    ],
)
def test_settings_of_no_use_are_2_and_nothing_is_begun(
    aws: AwsServer, terminal: Shell, settings: str, words: str
) -> None:
    terminal.configure(settings)
    done = terminal.run("scan")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(aws.calls) == 0
    assert terminal.tables == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--account", "nobody"], "No account to scan matches account=nobody. There are prod-payments (111111111111)"),
        (["--region", "mars-*"], "No Region of the accounts to scan matches region=mars-*."),
        (["--format", "xml"], "argument --format: invalid choice: 'xml' (choose from 'table', 'json')"),
        (["--acount", "x"], "unrecognized arguments: --acount x"),
        (["--account", ""], "argument --account: it is empty; leave the option out for everything"),
        (["--account", "prod payments"], "argument --account: it has a space in it; write ? for a space"),
        (["--region", " "], "argument --region: it is empty; leave the option out for everything"),
    ],
)
def test_what_matches_nothing_or_means_nothing_is_2(
    aws: AwsServer, terminal: Shell, arguments: list[str], words: str
) -> None:
    done = terminal.run("scan", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://rotation:geheim@127.0.0.1:9/rotation", "rotation:***@127.0.0.1:9/rotation cannot be"),
        ("sqlite:////nowhere/at/all.sqlite3", "sqlite:////nowhere/at/all.sqlite3 cannot be reached"),
        ("mysql://localhost/rotation", "DATABASE_URL: mysql:// is not supported."),
    ],
)
def test_a_database_of_no_use_is_2_and_nothing_is_read(aws: AwsServer, terminal: Shell, url: str, words: str) -> None:
    terminal.environment["DATABASE_URL"] = url
    done = terminal.run("scan")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "geheim" not in done.stderr
    assert "Traceback" not in done.stderr
    assert aws.calls.named("ListKeys") == []


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 3, "The bot has no AWS credentials. Give it a role"),
        ({"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, 3, "AWS does not know these credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 3, "AWS cannot be reached. Check the network"),
        ({"AWS_SECRET_ACCESS_KEY": ""}, 2, "The AWS configuration cannot be used: Partial credentials found in env"),
        ({"AWS_PROFILE": "nobodys"}, 2, "The AWS configuration cannot be used: The config profile (nobodys) could not"),
        (
            {"AWS_ENDPOINT_URL": "here"},
            2,
            "The AWS configuration cannot be used: Invalid endpoint: here. Correct AWS_… or",
        ),
    ],
)
def test_no_way_into_aws_is_a_sentence(
    aws: AwsServer, terminal: Shell, change: Mapping[str, str], status: int, words: str
) -> None:
    terminal.environment |= change
    done = terminal.run("scan", "--no-store")
    assert done.returncode == status, done.stderr
    assert words in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_defect(aws: AwsServer, terminal: Shell) -> None:
    for _ in range(300):
        aws.world.key(account=MEMBER, rotation=365)
    with terminal.start("scan", "--format", "json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        process.wait(PATIENCE_SECONDS)
    assert (process.returncode, err) == (130, "")


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("options", [(), ("--no-store",)])
def test_a_scan_that_is_stopped_prints_what_it_read_and_says_what_it_did_not(
    aws: AwsServer, terminal: Shell, which: signal.Signals, options: tuple[str, ...]
) -> None:
    read = aws.world.key(account=TOOLING, alias="alias/read", rotation=365)
    aws.world.key(account=MEMBER, alias="alias/waiting")
    aws.faults.slow(HANGS_SECONDS, MEMBER, action="kms:DescribeKey")
    with terminal.start("scan", "--format", "json", *options) as process:
        wait_for(lambda: aws.calls.named("DescribeKey") and len(aws.calls.named("ListKeys")) == 6, "the key that hangs")
        wait_for(lambda: aws.calls.named("GetKeyRotationStatus"), "the key that is read")
        process.send_signal(which)
        out, err = process.communicate(timeout=ENDS_SECONDS)
    document = json.loads(out)
    assert process.returncode == 130
    rows = {(each["account"], each["region"]): each for each in document["coverage"]}
    assert len(rows) == 6
    waiting = rows.pop((MEMBER, FRANKFURT))
    assert (waiting["status"], waiting["keys"]) == ("FAILED", 0)
    assert waiting["error"] in {
        "The scan was stopped before this Region was read.",
        "The scan was stopped when 0 of 1 known keys were read.",
    }
    unread = [each for each in rows.values() if each["status"] != "SCANNED"]
    in_time = [read] if rows[TOOLING, FRANKFURT]["status"] == "SCANNED" else []
    assert [finding["arn"] for finding in document["findings"]] == in_time
    kept = "" if options else " What was read is kept."
    assert err == f"The scan was stopped: {1 + len(unread)} of 6 targets were not read in full.{kept}\n"
    if options:
        assert terminal.tables == []
        return
    store = ScanStore(Database(terminal.database_url))
    current = store.current()
    assert current is not None
    assert (current.state, store.running()) == (ScanState.INTERRUPTED, [])


def test_a_long_scan_whose_process_is_killed_is_3_keeps_what_it_read_and_says_why(
    aws: AwsServer, terminal: Shell
) -> None:
    for number in range(10, 80):
        aws.world.account(f"2{number:011}", f"team-{number}")
    aws.faults.slow(6, action="kms:ListKeys")
    terminal.configure(f"{SETTINGS}processes = 2\n")
    with terminal.start("scan") as process:
        wait_for(lambda: branches_of(process.pid), "the scan to branch")
        for branch in branches_of(process.pid):
            os.kill(branch, signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (3, "")
    assert err == (
        "A process of the scan was ended from outside, for want of memory perhaps. "
        "Scan again, or set scan.processes = 1.\n"
    )
    store = ScanStore(Database(terminal.database_url))
    current = store.current()
    assert current is not None
    assert (current.state, store.running()) == (ScanState.INTERRUPTED, [])


def branches_of(parent: int) -> list[int]:
    """Name the processes that a scan spread itself over."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_child = process.joinpath("stat").read_text().rpartition(")")[2].split()[1] == str(parent)
            if is_child and b"spawn_main" in process.joinpath("cmdline").read_bytes():
                found.append(int(process.name))
    return found


@pytest.mark.parametrize("lever", ["a call that hangs", "throttling without end"])
def test_a_scan_that_is_stopped_ends_at_once_whatever_its_calls_wait_for(
    aws: AwsServer, terminal: Shell, lever: str
) -> None:
    for _ in range(30):
        aws.world.key(account=MEMBER)
    if lever == "a call that hangs":
        aws.faults.slow(HANGS_SECONDS, action="kms:DescribeKey")
    else:
        aws.faults.throttle(action="kms:DescribeKey")
    with terminal.start("scan") as process:
        first = "ListAliases" if lever == "a call that hangs" else "DescribeKey"
        wait_for(lambda: aws.calls.named(first), "the scan to reach the keys")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=ENDS_SECONDS)
    assert process.returncode == 130
    assert err.startswith("The scan was stopped: ")
    assert "The scan was stopped when 0 of 30 known keys were read." in out or "before this Region was read." in out
    assert out.splitlines()[-1].endswith(" of 6 targets were read in full.")


def test_where_a_scan_runs_already_no_other_is_begun(aws: AwsServer, terminal: Shell) -> None:
    terminal.run("db", "upgrade")
    with closing(Database(terminal.database_url)) as database, Names(database).alone(SCAN):
        done = terminal.run("scan")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "A scan is running. Wait for its end.\n"
        assert not ScanStore(database).running()
    assert not aws.calls.named("ListKeys")


def test_nobody_takes_a_scan_of_a_terminal_for_lost_before_its_process_is_gone(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER)
    aws.faults.slow(HANGS_SECONDS, action="kms:DescribeKey")
    with terminal.start("scan") as process:
        wait_for(lambda: aws.calls.named("ListAliases"), "the scan to reach the key")
        with closing(Database(terminal.database_url)) as database, Names(database).alone(SCAN) as is_free:
            assert (is_free, len(ScanStore(database).running())) == (False, 1)
        process.kill()
        process.communicate(timeout=ENDS_SECONDS)
    with closing(Database(terminal.database_url)) as database:
        wait_for(lambda: is_free_for_a_scan(database), "the name to be free")


def is_free_for_a_scan(database: Database) -> bool:
    with Names(database).alone(SCAN) as is_free:
        return is_free


def test_a_scan_that_is_stopped_before_it_knows_its_targets_says_so(aws: AwsServer, terminal: Shell) -> None:
    aws.faults.slow(HANGS_SECONDS, action="organizations:ListAccounts")
    with terminal.start("scan", "--format", "json") as process:
        wait_for(lambda: aws.calls.named("GetCallerIdentity"), "the first call")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=ENDS_SECONDS)
    assert (process.returncode, err) == (130, "The scan was stopped before it knew what to read; nothing was read.\n")
    document = json.loads(out)
    [row] = document["coverage"]
    assert (row["account"], row["region"], row["status"], document["findings"]) == ("*", "*", "FAILED", [])
    assert row["error"] == "The scan was stopped before its accounts and Regions were known, so nothing was read."


def test_the_next_scan_after_a_stopped_one_is_whole(aws: AwsServer, terminal: Shell) -> None:
    arn = aws.world.key(account=MEMBER)
    aws.faults.slow(HANGS_SECONDS, action="kms:DescribeKey")
    with terminal.start("scan") as process:
        wait_for(lambda: aws.calls.named("ListAliases"), "the scan to reach the key")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=ENDS_SECONDS)
    aws.faults.clear()
    status, document = scanned(terminal)
    assert (status, [finding["arn"] for finding in document["findings"]]) == (1, [arn])
    current = ScanStore(Database(terminal.database_url)).current()
    assert current is not None
    assert current.state is ScanState.FINISHED


def test_no_store_leaves_nothing_behind_in_the_temporary_folder(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER)
    folder = terminal.folder / "tmp"
    folder.mkdir()
    terminal.environment["TMPDIR"] = str(folder)
    assert terminal.run("scan", "--no-store").returncode == 1
    aws.faults.slow(HANGS_SECONDS, action="kms:DescribeKey")
    with terminal.start("scan", "--no-store") as process:
        wait_for(lambda: len(aws.calls.named("ListAliases")) == 2, "the scan to reach the key")
        assert len(list(folder.iterdir())) == 1
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=ENDS_SECONDS)
    assert list(folder.iterdir()) == []


def test_a_long_table_is_printed_in_parts_and_long_gaps_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    found = [finding(f"{number:05}") for number in range(2 * KEYS_A_TABLE + 1)]
    gaps = [failed(f"{number:012}") for number in range(MOST_GAPS + 3)]
    print_table(scan(), [*gaps, covered()], found, [])
    lines = capsys.readouterr().out.splitlines()
    assert sum("Finding" in line for line in lines) == 3
    assert sum("Automatic rotation is off." in line for line in lines) == len(found)
    assert lines[-3] == "… and 3 more; --format json names them all."
    assert lines[-1] == f"1 of {len(gaps) + 1} targets were read in full."


LEFT_OUT = {
    "666666666666": ("closed-experiment", "It is closed (CLOSED)."),
    "777777777777": ("dev-jonas", "It is excluded by scan.exclude.accounts[1], “dev-*”."),
    "888888888888": ("dev-mara", "It is excluded by scan.exclude.accounts[1], “dev-*”."),
}


@pytest.fixture
def with_left_out(aws: AwsServer, terminal: Shell) -> Shell:
    for account, (name, _) in LEFT_OUT.items():
        aws.world.account(account, name, "CLOSED" if name.startswith("closed") else "ACTIVE")
    settings = terminal.folder / "kms-rotation.toml"
    settings.write_text(settings.read_text() + '\n[scan.exclude]\naccounts = ["dev-*"]\n')
    return terminal


def test_accounts_that_are_left_out_stand_in_the_table_by_their_causes(with_left_out: Shell) -> None:
    done = with_left_out.run("scan")
    assert done.returncode == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert [line for line in lines if "It is" in line] == [
        "2 dev-jonas (777777777777), dev-mara (888888888888) It is excluded by scan.exclude.accounts[1], “dev-*”.",
        "1 closed-experiment (666666666666) It is closed (CLOSED).",
    ]


def test_in_json_mode_accounts_that_are_left_out_are_a_line_of_the_log(with_left_out: Shell) -> None:
    done = with_left_out.run("scan", "--format", "json")
    assert list(json.loads(done.stdout)) == ["started_at", "finished_at", "summary", "coverage", "findings"]
    [line] = [line for line in done.stderr.splitlines() if "left out" in line]
    assert line.partition(" INFO ")[2] == (
        "bot.terminal.scan: 3 accounts left out. "
        "dev-jonas (777777777777), dev-mara (888888888888): It is excluded by scan.exclude.accounts[1], “dev-*”. "
        "closed-experiment (666666666666): It is closed (CLOSED)."
    )


def test_where_nobody_is_left_out_nothing_is_said_of_it(aws: AwsServer, terminal: Shell) -> None:
    assert len(aws.world.accounts) == 2
    for arguments in ((), ("--format", "json")):
        done = terminal.run("scan", *arguments)
        assert "left out" not in done.stdout.lower() + done.stderr.lower()


def test_what_the_settings_name_twice_is_a_warning_and_is_scanned_once(terminal: Shell) -> None:
    settings = terminal.folder / "kms-rotation.toml"
    settings.write_text(
        settings.read_text().replace('accounts = "organization"', f'accounts = ["{MEMBER}", "{MEMBER}"]')
    )
    done = terminal.run("scan", "--format", "json")
    assert {each["account"] for each in json.loads(done.stdout)["coverage"]} == {MEMBER}
    [warning] = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert "scan.accounts[2]: “111111111111” is in this list twice, first as scan.accounts[1]." in warning
