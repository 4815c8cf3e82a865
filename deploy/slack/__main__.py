"""Writes the Slack manifests, or says whether they are as the code would write them."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from deploy.slack.manifest import text

FOLDER = Path(__file__).parent
EXAMPLE_URL = "https://kms-rotation.example.com"


def manifests() -> Mapping[str, str]:
    """Both files by name: over Socket Mode, and over HTTP with an address to be replaced."""
    return {"manifest.yml": text(), "manifest-http.yml": text(EXAMPLE_URL)}


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.slack", description="Writes the manifests in deploy/slack.")
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 where a manifest is not current"
    )
    either.add_argument(
        "--url",
        type=_address,
        metavar="https://…",
        help="write nothing; print the manifest of an app that Slack reaches over HTTP at this address",
    )
    asked = parser.parse_args(arguments)
    if asked.url is not None:
        sys.stdout.write(text(asked.url))
        return 0
    stale = [name for name, wanted in manifests().items() if _read(folder / name) != wanted]
    if asked.check:
        for name in stale:
            print(f"deploy/slack/{name} is not what the code says. Run: python -m deploy.slack", file=sys.stderr)  # noqa: T201 - its output is its interface
        return 1 if stale else 0
    for name in stale:
        (folder / name).write_text(manifests()[name], encoding="utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _address(given: str) -> str:
    """Slack sends requests to https alone, and the path is ours."""
    try:
        parts = urlsplit(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{given!r} is no address; write https://your.host") from error
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{given!r} is not of the form https://your.host, with nothing after the host")
    return f"https://{parts.netloc}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
