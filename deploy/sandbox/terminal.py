"""The sandbox's command line."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from deploy.sandbox.bot_process import COMMAND
from deploy.sandbox.demo import Options, run
from deploy.sandbox.errors import CannotStartError

PORT = 8765
LAST_PORT = 65_535

DESCRIPTION = """\
The whole bot on this machine: an emulated AWS organisation with keys of every kind, a Slack with its page in the
browser, and the bot between them. It needs no accounts and no network; everything listens on 127.0.0.1.
"""

EPILOG = """\
examples:
  python -m deploy.sandbox                       everything; then open the address that it prints
  python -m deploy.sandbox --data ./sandbox      keep the database, the configuration and the bot's log there
  python -m deploy.sandbox --no-bot              the servers alone, for a bot or an AWS CLI of your own
  make demo ARGS="--port 9000"                   the same through make

The AWS and the Slack begin anew at every start, with the same keys; only the folder's files are kept.

exit status:
  0  it was told to stop (Ctrl-C, SIGTERM)
  1  the bot ended by itself
  2  bad usage, a taken port, a folder that cannot be written to
"""


def main(arguments: Sequence[str], bot: Sequence[str] = COMMAND) -> int:
    """Run, and answer with the exit status. `bot` is the command that starts the bot; tests put another in."""
    asked = _parser().parse_args(arguments)
    try:
        return run(Options(asked.port, asked.aws_port, asked.data, with_bot=not asked.no_bot), bot)
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m deploy.sandbox",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", type=_port, default=PORT, help=f"of the page and of Slack's API; 0 finds a free one (default: {PORT})"
    )
    parser.add_argument("--aws-port", type=_port, default=0, metavar="PORT", help="of AWS (default: a free one)")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keep the state here (default: a temporary folder)")
    parser.add_argument("--no-bot", action="store_true", help="start the servers only, and print what points at them")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= LAST_PORT:
        return int(text)
    raise ArgumentTypeError(f"{text} is not a port; write a number from 0 to {LAST_PORT}")
