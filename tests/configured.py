"""A folder with a configuration in it, as the running bot reads it."""

from pathlib import Path

import pytest

from bot.settings import Settings, load

MINIMAL = '[slack]\nchannel = "C0SECURITY"\n'
ROUTE = '[[digest.route]]\nmatch.team = "x"\nchannel = "C0PAY"\n'
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1-bot", "SLACK_APP_TOKEN": "xapp-1-app"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with no file in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, text: str) -> Settings:
    """Read what the file says beside the channel."""
    (folder / "kms-rotation.toml").write_text(f"{MINIMAL}{text}", encoding="utf-8")
    return load(TOKENS, with_slack=True)
