"""A folder with a configuration in it, as the running bot reads it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.settings import Settings, load

MINIMAL = '[slack]\nchannel = "C0SECURITY"\n'
ROUTE = '[[digest.route]]\nmatch.team = "x"\nchannel = "C0PAY"\n'
ORGANISATION = '[scan]\naudit_role = "A"\naccounts = "organization"'
BOT_TOKEN = "xoxb-1-bot-geheim"
APP_TOKEN = "xapp-1-app-geheim"
TOKENS = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
"""What is secret has “geheim” in it."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with no file in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load_text(folder: Path, text: str, environ: Mapping[str, str] = TOKENS, *, with_slack: bool = True) -> Settings:
    (folder / "kms-rotation.toml").write_text(text, encoding="utf-8")
    return load(environ, with_slack=with_slack)


def read(folder: Path, text: str) -> Settings:
    """Read what the file says beside the channel."""
    return load_text(folder, f"{MINIMAL}{text}")
