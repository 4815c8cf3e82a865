"""`python -m deploy.sandbox`, as a process of its own."""

import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from slack_sdk import WebClient

from bot.settings import load
from deploy.sandbox.slack.workspace import default_workspace
from deploy.sandbox.state import CONFIG
from tests.sandbox.sandbox_process import Start, exported

ROOT = Path(__file__).parents[2]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def test_a_taken_port_is_told_in_one_sentence_with_the_remedy(start: Start) -> None:
    with create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        run = start("--no-bot", "--port", port)
        status, output, errors = run.wait()
    remedy = "Choose another with --port, or let 0 find one: --port 0"
    assert (status, output) == (2, "")
    assert errors == f"Port {port} cannot be used: address already in use. {remedy}\n"


def test_a_taken_port_of_aws_is_told_too(start: Start) -> None:
    with create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        run = start("--no-bot", "--port", "0", "--aws-port", port)
        status, _, errors = run.wait()
    assert status == 2
    assert errors.startswith(f"Port {port} cannot be used: address already in use. Choose another with --aws-port")


@pytest.mark.parametrize("text", ["-1", "65536", "http"])
def test_what_is_no_port_is_bad_usage(start: Start, text: str) -> None:
    run = start(f"--port={text}")
    status, _, errors = run.wait()
    assert status == 2
    assert f"{text} is not a port; write a number from 0 to 65535" in errors


def test_a_folder_that_cannot_be_made_is_told_with_the_remedy(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = start("--no-bot", "--port", "0", "--data", str(tmp_path / "file" / "folder"))
    status, _, errors = run.wait()
    assert status == 2
    assert errors == f"{tmp_path}/file/folder cannot be used: Not a directory. Name another folder: --data FOLDER\n"


def test_without_the_bot_it_prints_an_environment_that_boto3_and_slacks_client_work_with(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start("--no-bot", "--port", "0", "--data", str(tmp_path / "kept"))
    printed = run.until_ready()
    assert all(line.startswith(("export ", "#")) for line in printed.splitlines())
    environment = exported(printed)
    assert sorted(environment) == [
        "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "DATABASE_URL", "KMS_ROTATION_CONFIG", "SLACK_API_URL", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
    ]  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    accounts = boto3.Session().client("organizations").list_accounts()["Accounts"]
    assert len(accounts) == 8
    key = re.search(r"get-key-rotation-status --key-id (\S+)", printed)
    assert key is not None
    kms = boto3.Session().client("kms")
    assert kms.get_key_rotation_status(KeyId=key[1])["KeyRotationEnabled"] is True

    web = WebClient(environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"])
    who: Any = web.auth_test().data
    assert who["team"] == "Northwind"
    page = re.search(r"http://127\.0\.0\.1:\d+", printed)
    assert page is not None
    with urlopen(page[0]) as answer:  # noqa: S310 - the page on this machine
        content = answer.read()
    assert b"security-keys" in content
    assert b"Sandbox: the emulated AWS" in content

    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/kept/kms-rotation.sqlite3"
    settings = load({**environment}, with_slack=True)
    assert settings.path == tmp_path / "kept" / "kms-rotation.toml"
    assert run.end()[0] == 0


def test_nobody_has_to_read_what_it_prints(start: Start) -> None:
    run = start("--port", "0", stand_in="serve")
    run.until_ready()
    assert run.process.stdout is not None
    run.process.stdout.close()
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(20) == 0
    assert run.process.stderr is not None
    assert run.process.stderr.read() == ""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(start: Start, how: signal.Signals, tmp_path: Path) -> None:
    run = start("--port", "0", stand_in="serve", TMPDIR=str(tmp_path))
    run.until_ready()
    bots = children(run.process.pid)
    assert len(bots) == 1
    assert len(list(tmp_path.iterdir())) == 1
    status, output, errors = run.end(how)
    assert (status, errors) == (0, "")
    assert output.endswith("Stopping …\n")
    assert not any(map(is_running, bots))
    assert list(tmp_path.iterdir()) == []


def test_it_shows_the_first_digest_and_then_what_to_try(start: Start) -> None:
    run = start("--port", "0", stand_in="serve")
    printed = run.until_ready()
    address = re.search(r"^Open (http://127\.0\.0\.1:\d+)$", printed, re.MULTILINE)
    assert address is not None
    with urlopen(address[1]) as answer:  # noqa: S310 - the page on this machine
        assert b"U0JONAS asked for digest" in answer.read()
    for line in ("  aws kms get-key-rotation-status --key-id arn:", "-m bot audit verify", "  export DATABASE_URL="):
        assert line in printed


@pytest.mark.parametrize(
    ("doing", "status", "last_lines"),
    [("refuse", 2, "  environment: SLACK_BOT_TOKEN: It is not set."), ("die", 70, "  line one\n  the cause")],
)
def test_a_bot_that_ends_by_itself_is_told_with_its_last_lines(
    start: Start, doing: str, status: int, last_lines: str
) -> None:
    run = start("--port", "0", stand_in=doing)
    ended, _, errors = run.wait()
    assert ended == 1
    assert f"The bot ended by itself, with exit status {status}. The last lines of its log:\n" in errors
    assert errors.rstrip().endswith(last_lines)


def test_the_bot_learns_of_nothing_real(start: Start, tmp_path: Path) -> None:
    """Whatever the shell holds, the bot is pointed at this machine, and has the bot's permissions alone."""
    real = {
        "AWS_PROFILE": "production",
        "AWS_CONFIG_FILE": "/nowhere",
        "SLACK_BOT_TOKEN": "xoxb-real",
        "HTTPS_PROXY": "http://proxy.invalid:3128",
    }
    run = start("--port", "0", "--data", str(tmp_path), stand_in="serve", **real)
    run.until_ready()
    raw = Path(f"/proc/{children(run.process.pid)[0]}/environ").read_text(encoding="utf-8")
    environment = dict(line.split("=", 1) for line in raw.split("\0") if line)
    assert environment["AWS_ACCESS_KEY_ID"] == "kms-rotation-bot"
    assert environment["SLACK_BOT_TOKEN"] == "xoxb-sandbox-token"
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/kms-rotation.sqlite3"
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "HTTPS_PROXY"} & set(environment)


def test_a_configuration_that_was_changed_is_kept(start: Start, tmp_path: Path) -> None:
    changed = CONFIG.read_text(encoding="utf-8").replace("top = 10", "top = 3")
    (tmp_path / CONFIG.name).write_text(changed, encoding="utf-8")
    run = start("--no-bot", "--port", "0", "--data", str(tmp_path))
    environment = exported(run.until_ready())
    assert _settings(environment).digest.top == 3
    assert (tmp_path / CONFIG.name).read_text(encoding="utf-8") == changed


def test_the_configuration_fits_the_sandboxs_workspace() -> None:
    workspace = default_workspace()
    environment = {
        "KMS_ROTATION_CONFIG": str(CONFIG), "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"
    }  # fmt: skip
    settings = _settings(environment)
    channels = {channel.id for channel in workspace.channels if workspace.app.bot_user in channel.members}
    assert settings.slack is not None
    assert {settings.slack.channel, *(route.channel for route in settings.digest.routes)} <= channels
    approvers = {name for rule in settings.approval.rules for name in rule.approvers}
    assert approvers <= {group.id for group in workspace.groups if len(group.users) > 1}


def _settings(environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - the bot's settings
    return load(environ, with_slack=True)
