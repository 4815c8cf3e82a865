"""The gallery's command line."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from deploy.sandbox.gallery.checking import faults
from deploy.sandbox.gallery.page import page
from deploy.sandbox.gallery.registry import gallery
from deploy.sandbox.gallery.snapshots import update

FOLDER = Path("build/gallery")
SNAPSHOTS = Path("tests/gallery/snapshots")

DESCRIPTION = """\
Writes every message, modal and Home tab that the bot can show onto one page, in all their states. Each is first put
through Slack's rules.
"""

EPILOG = """\
examples:
  python -m deploy.sandbox.gallery                 writes build/gallery/index.html
  python -m deploy.sandbox.gallery --serve 8770    and shows it at http://127.0.0.1:8770
  make gallery ARGS=--update                       and rewrites the texts that the tests compare with

exit status:
  0  the page is written
  1  Slack would refuse something; nothing is written
  2  bad usage, or a folder or port that cannot be used
"""


def main(arguments: Sequence[str]) -> int:
    """Write the page, and answer with the exit status."""
    asked = _parser().parse_args(arguments)
    samples = gallery()
    if wrong := list(faults(samples)):
        print("\n".join(wrong), file=sys.stderr)
        return 1
    try:
        return _write(asked)
    except OSError as error:
        print(f"{asked.folder} or the port cannot be used: {error}", file=sys.stderr)
        return 2


def _write(asked: Namespace) -> int:
    samples = gallery()
    asked.folder.mkdir(parents=True, exist_ok=True)
    path = asked.folder / "index.html"
    path.write_text(page(samples), encoding="utf-8")
    print(path)
    if asked.update is not None:
        update(samples, asked.update)
        print(asked.update)
    if asked.serve is not None:
        _serve(asked.folder, asked.serve)
    return 0


def _serve(folder: Path, port: int) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"Open http://127.0.0.1:{server.server_port}/  Ctrl-C ends it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m deploy.sandbox.gallery",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help=f"where the page goes (default: {FOLDER})")
    parser.add_argument("--serve", type=int, metavar="PORT", help="serve it on 127.0.0.1; 0 finds a free port")
    parser.add_argument(
        "--update",
        nargs="?",
        type=Path,
        const=SNAPSHOTS,
        metavar="FOLDER",
        help=f"rewrite the texts that the tests compare with (default: {SNAPSHOTS})",
    )
    return parser
