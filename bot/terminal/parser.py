"""What can be typed, command by command."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable

from bot.settings.web import FORMATS
from bot.terminal import arguments
from bot.terminal.epilogs import (
    AUDIT_EXAMPLES,
    DB_EXAMPLES,
    DOCTOR_EXITS,
    ENVIRONMENT,
    PROGRAM,
    RULES_EXAMPLES,
    RUN_EXITS,
    SCAN_EXAMPLES,
    WORKER_EXITS,
)

Command = Callable[[str, str, str, str], ArgumentParser]
"""Adds one: its name, a summary, a description, and what stands below its help."""


def parser() -> ArgumentParser:
    """Build the parser of the whole command line. The chosen command is in `command`."""
    root = ArgumentParser(
        prog=PROGRAM,
        description="Keeps the KMS keys of an AWS organisation rotating.",
        epilog=f"{ENVIRONMENT}\nEach command has its own --help.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(dest="command", metavar="command", required=True)

    def command(name: str, summary: str, description: str, epilog: str) -> ArgumentParser:
        made = commands.add_parser(
            name,
            help=summary,
            description=description,
            epilog=epilog,
            formatter_class=RawDescriptionHelpFormatter,
        )
        made.add_argument("--debug", action="store_true", help="log more, and tracebacks of unforeseen errors")
        made.add_argument(
            "--log-format",
            choices=FORMATS,
            help="how to write the log (default: as log.format in the settings, or text)",
        )
        return made

    for add in (_run, _scan, _worker, _rules, _audit, _doctor, _db):
        add(command)
    return root


def _run(command: Command) -> None:
    command(
        "run",
        "run the Slack app",
        "Runs the Slack app until it is told to stop (SIGTERM or Ctrl-C; a second one ends it at once).\n\n"
        'Besides the settings below it needs SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or with slack.mode = "http"\n'
        "SLACK_SIGNING_SECRET instead of the second; PORT counts there instead of web.listen.",
        f"{ENVIRONMENT}\n{RUN_EXITS}",
    )


def _scan(command: Command) -> None:
    made = command(
        "scan",
        "audit the keys now, without Slack",
        "Reads every key that the settings name, judges it, stores the findings and prints them.\n"
        "Results go to standard output, progress and log to standard error.",
        SCAN_EXAMPLES,
    )
    made.add_argument("--format", choices=("table", "json"), default="table", help="how to print (default: table)")
    made.add_argument("--account", metavar="PATTERN", type=arguments.pattern, help="only accounts with this id or name")
    made.add_argument("--region", metavar="PATTERN", type=arguments.pattern, help="only Regions with this name")
    made.add_argument(
        "--no-store",
        action="store_true",
        help="leave the database alone: only exemptions that the settings declare count then",
    )


def _worker(command: Command) -> None:
    made = command(
        "worker",
        "read accounts for scans that other processes share out",
        'Reads accounts for every process of the bot that shares its scans out (scan.spread = "workers") on the\n'
        "same PostgreSQL, until it is told to stop (SIGTERM or Ctrl-C): within 25 seconds then, and what it has not\n"
        "read to its end is handed to another. Start as many as are wanted, on as many machines; version and file\n"
        "must be the same everywhere. It needs nothing of Slack.",
        f"{ENVIRONMENT}\n{WORKER_EXITS}",
    )
    made.add_argument(
        "--concurrency",
        metavar="N",
        type=arguments.few,
        default=8,
        help="so many accounts at once (default: %(default)s keep one core busy)",
    )
    made.add_argument(
        "--listen",
        metavar="HOST:PORT",
        type=arguments.address,
        help="where /healthz, /readyz and /metrics are (default: web.listen, unless another process has it)",
    )


def _rules(command: Command) -> None:
    made = command(
        "rules",
        "list, explain and check the approval rules",
        "The first rule that means a key decides who may ask for its rotation, and who approves.\n"
        "Keys are read with the audit role. Nothing is changed.",
        RULES_EXAMPLES,
    )
    made.add_argument(
        "action",
        choices=("list", "explain", "check"),
        help="say what each rule asks for; which one decides over a key, who could approve and why anybody could not; "
        "look for people who have left, for groups and units that are not there, for rules that too few can satisfy",
    )
    made.add_argument("key", nargs="?", metavar="KEY", help="with explain: the key's ARN, or an alias or id")
    made.add_argument("--format", choices=("table", "json"), default="table", help="how to print (default: table)")


def _audit(command: Command) -> None:
    made = command(
        "audit",
        "show, export and prove the audit trail",
        "The audit trail is append-only: each entry holds the hash of the one before it.",
        AUDIT_EXAMPLES,
    )
    made.add_argument(
        "action",
        choices=("show", "verify", "export"),
        help="show the newest entries; read the whole trail and prove the chain; write all of it as JSON lines",
    )
    made.add_argument(
        "--limit",
        metavar="N",
        type=arguments.count,
        default=50,
        help="with show: how many entries (default: %(default)s)",
    )
    made.add_argument(
        "--anchor",
        metavar="ENTRY:HASH",
        type=arguments.anchor,
        action="append",
        default=[],
        help="with verify: prove that this entry still has this hash, as a digest told it; may be given several times",
    )


def _doctor(command: Command) -> None:
    made = command(
        "doctor",
        "find everything that is wrong with the set-up",
        "Looks at everything that the bot needs, and says of each thing that is not well what to do about it: the\n"
        "configuration, the database and its record, Slack's tokens, scopes and channels, the people whom the\n"
        "settings name, and in each AWS account the roles and every permission that can be tried. Nothing is posted\n"
        "or changed. Progress and log go to standard error.",
        DOCTOR_EXITS,
    )
    made.add_argument("--json", action="store_true", help="print JSON instead of a table: a line for each subject")
    made.add_argument(
        "--only",
        choices=("configuration", "database", "slack", "aws"),
        action="append",
        help="look at this alone; may be given several times",
    )
    made.add_argument("--account", metavar="PATTERN", type=arguments.pattern, help="only accounts with this id or name")
    made.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=arguments.seconds,
        default=120,
        help="what has not answered by then is UNKNOWN (default: %(default)s)",
    )


def _db(command: Command) -> None:
    made = command(
        "db",
        "look after the database",
        "The database is brought up to date whenever the bot starts; this does it ahead of that.\n"
        "A backup of SQLite can be made while the bot runs; of PostgreSQL, pg_dump makes them.",
        DB_EXAMPLES,
    )
    made.add_argument(
        "action",
        choices=("upgrade", "backup"),
        help="bring the database to this version's schema; copy a SQLite database into a new file",
    )
    made.add_argument("file", nargs="?", metavar="FILE", help="with backup: the file to make")
