"""`python -m deploy.sandbox.gallery.screenshots`: takes the pictures of the documents."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from deploy.sandbox.errors import CannotStartError
from deploy.sandbox.gallery.chromium import browser
from deploy.sandbox.gallery.running import sandbox
from deploy.sandbox.gallery.story import pictures

FOLDER = Path("docs")


def main(arguments: Sequence[str]) -> int:
    """Take them, and answer with the exit status: 0, or 2 where something that it needs is missing."""
    parser = ArgumentParser(
        prog="python -m deploy.sandbox.gallery.screenshots",
        description="Plays the demo's story with the real bot in Chromium, and takes the pictures of the documents.",
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help=f"where they go (default: {FOLDER})")
    folder = parser.parse_args(arguments).folder
    try:
        with browser() as started, sandbox() as address:
            folder.mkdir(parents=True, exist_ok=True)
            for name, png in pictures(started, address):
                path = folder / f"{name}.png"
                path.write_bytes(png)
                print(f"{path}  {len(png) // 1000} kB")
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
