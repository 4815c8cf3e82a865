"""`python -m deploy.sandbox`, as a process of its own."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from socket import create_server
from subprocess import PIPE, Popen
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from slack_sdk import WebClient

from bot.settings import load
from deploy.sandbox.slack.workspace import default_workspace
from deploy.sandbox.state import CONFIG

ROOT = Path(__file__).parents[2]
STAND_IN = """
import sys
from deploy.sandbox.terminal import main
sys.exit(main(sys.argv[1:], [sys.executable, "-m", "tests.sandbox.stand_in_bot"]))
"""
END_SECONDS = 20
END = re.compile(r"Ctrl-C ends it( all)?\.")


class Sandbox:
    """One run of it. Whatever happens, its process group is gone in the end."""

    def __init__(self, *arguments: str, stand_in: str = "", **environ: str) -> None:
        how = ["-c", STAND_IN] if stand_in else ["-m", "deploy.sandbox"]
        self.process: Popen[str] = Popen(
            [sys.executable, *how, *arguments],
            cwd=ROOT,
            env={**os.environ, "STAND_IN": stand_in, **environ},
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        )
        self.printed = ""

    def until_ready(self) -> str:
        """What it has printed once it waits. Errors: AssertionError where it ends instead."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if END.search(line):
                return self.printed
        raise AssertionError(f"it ended: {self.printed} {self.process.communicate()}")

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Exit status, all that it printed, and its errors."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=END_SECONDS)
        return self.process.returncode, self.printed + output, errors


@pytest.fixture
def started() -> Iterator[list[Sandbox]]:
    runs: list[Sandbox] = []
    yield runs
    for run in runs:
        run.process.kill()
        run.process.wait()


def exported(text: str) -> dict[str, str]:
    """The environment of a shell that has read the text."""
    lines = [shlex.split(line) for line in text.splitlines() if line.startswith("export ")]
    return dict(words[1].split("=", 1) for words in lines)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def test_a_taken_port_is_told_in_one_sentence_with_the_remedy(started: list[Sandbox]) -> None:
    with create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        started.append(Sandbox("--no-bot", "--port", port))
        status, output, errors = started[0].wait()
    remedy = "Choose another with --port, or let 0 find one: --port 0"
    assert (status, output) == (2, "")
    assert errors == f"Port {port} cannot be used: address already in use. {remedy}\n"


def test_a_taken_port_of_aws_is_told_too(started: list[Sandbox]) -> None:
    with create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        started.append(Sandbox("--no-bot", "--port", "0", "--aws-port", port))
        status, _, errors = started[0].wait()
    assert status == 2
    assert errors.startswith(f"Port {port} cannot be used: address already in use. Choose another with --aws-port")


@pytest.mark.parametrize("text", ["-1", "65536", "http"])
def test_what_is_no_port_is_bad_usage(started: list[Sandbox], text: str) -> None:
    started.append(Sandbox(f"--port={text}"))
    status, _, errors = started[0].wait()
    assert status == 2
    assert f"{text} is not a port; write a number from 0 to 65535" in errors


def test_a_folder_that_cannot_be_made_is_told_with_the_remedy(started: list[Sandbox], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    started.append(Sandbox("--no-bot", "--port", "0", "--data", str(tmp_path / "file" / "folder")))
    status, _, errors = started[0].wait()
    assert status == 2
    assert errors == f"{tmp_path}/file/folder cannot be used: Not a directory. Name another folder: --data FOLDER\n"


def test_without_the_bot_it_prints_an_environment_that_boto3_and_slacks_client_work_with(
    started: list[Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.append(Sandbox("--no-bot", "--port", "0", "--data", str(tmp_path / "kept")))
    printed = started[0].until_ready()
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
    assert len(accounts) == 7
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
        assert b"security-keys" in answer.read()

    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/kept/kms-rotation.sqlite3"
    settings = load({**environment}, with_slack=True)
    assert settings.path == tmp_path / "kept" / "kms-rotation.toml"
    assert started[0].end()[0] == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(started: list[Sandbox], how: signal.Signals, tmp_path: Path) -> None:
    run = Sandbox("--port", "0", stand_in="serve", TMPDIR=str(tmp_path))
    started.append(run)
    run.until_ready()
    bots = children(run.process.pid)
    assert len(bots) == 1
    assert len(list(tmp_path.iterdir())) == 1
    status, output, errors = run.end(how)
    assert (status, errors) == (0, "")
    assert output.endswith("Stopping …\n")
    assert not any(map(is_running, bots))
    assert list(tmp_path.iterdir()) == []


def test_it_shows_the_first_digest_and_then_what_to_try(started: list[Sandbox]) -> None:
    run = Sandbox("--port", "0", stand_in="serve")
    started.append(run)
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
    started: list[Sandbox], doing: str, status: int, last_lines: str
) -> None:
    run = Sandbox("--port", "0", stand_in=doing)
    started.append(run)
    ended, _, errors = run.wait()
    assert ended == 1
    assert f"The bot ended by itself, with exit status {status}. The last lines of its log:\n" in errors
    assert errors.rstrip().endswith(last_lines)


def test_the_bot_learns_of_nothing_real(started: list[Sandbox], tmp_path: Path) -> None:
    """Whatever the shell holds, the bot is pointed at this machine, and has the bot's permissions alone."""
    real = {
        "AWS_PROFILE": "production",
        "AWS_CONFIG_FILE": "/nowhere",
        "SLACK_BOT_TOKEN": "xoxb-real",
        "HTTPS_PROXY": "http://proxy.invalid:3128",
    }
    run = Sandbox("--port", "0", "--data", str(tmp_path), stand_in="serve", **real)
    started.append(run)
    run.until_ready()
    raw = Path(f"/proc/{children(run.process.pid)[0]}/environ").read_text(encoding="utf-8")
    environment = dict(line.split("=", 1) for line in raw.split("\0") if line)
    assert environment["AWS_ACCESS_KEY_ID"] == "kms-rotation-bot"
    assert environment["SLACK_BOT_TOKEN"] == "xoxb-sandbox-token"
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/kms-rotation.sqlite3"
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "HTTPS_PROXY"} & set(environment)


def test_a_configuration_that_was_changed_is_kept(started: list[Sandbox], tmp_path: Path) -> None:
    changed = CONFIG.read_text(encoding="utf-8").replace("top = 10", "top = 3")
    (tmp_path / CONFIG.name).write_text(changed, encoding="utf-8")
    started.append(Sandbox("--no-bot", "--port", "0", "--data", str(tmp_path)))
    environment = exported(started[0].until_ready())
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
