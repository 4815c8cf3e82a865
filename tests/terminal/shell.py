"""A shell that starts `python -m bot` beside an emulated AWS."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from bot.store.engine import Database

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


class Shell:
    """A folder of its own, and nothing in the environment but what the bot needs.

    Its database is the one that the environment names, and without that the file beside the configuration.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "AWS_EC2_METADATA_DISABLED": "true",
            **variables,
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
        return self.environment.get("DATABASE_URL", f"sqlite:///{self.database}")

    @property
    def place(self) -> str:
        """The same as people are told it."""
        return sa.make_url(self.database_url).render_as_string(hide_password=True)

    @property
    def tables(self) -> list[str]:
        """Those that the database has; looking makes none."""
        if self.database_url == f"sqlite:///{self.database}" and not self.database.exists():
            return []
        with closing(Database(self.database_url)) as database, database.read() as connection:
            return sa.inspect(connection).get_table_names()

    def change(self, *statements: str) -> None:
        """Do what the bot never does."""
        with closing(Database(self.database_url)) as database, database.write() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
