"""A shell that starts `python -m bot` beside an emulated AWS."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


class Shell:
    """A folder of its own, and nothing in the environment but what the bot needs."""

    def __init__(self, folder: Path, aws: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "AWS_EC2_METADATA_DISABLED": "true",
            **aws,
        }

    def configure(self, text: str) -> None:
        (self.folder / "kms-rotation.toml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def run(self, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, stderr=stderr) as process:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @property
    def database(self) -> Path:
        return self.folder / "kms-rotation.sqlite3"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"
