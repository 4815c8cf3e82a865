"""What can be typed, and the help that teaches it."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

from bot.models.anchor import HASH_CHARACTERS, Anchor
from bot.settings.web import FORMATS, ListenAddress, read_address

MOST_AT_ONCE = 64
"""Accounts that one worker reads at once; an interpreter keeps one core busy, however many they are."""

_PROGRAM = "python -m bot"

_LONGEST_SECONDS = 3600

_ENVIRONMENT = """\
settings:
  KMS_ROTATION_CONFIG   the TOML file with everything that is not a secret (default: kms-rotation.toml)
  DATABASE_URL          sqlite:///… or postgresql+psycopg://… (default: a SQLite file beside the TOML file)
  AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …   as for the AWS CLI
"""

_EXITS = """\
exit status:
  0    all keys comply, and all were read
  1    something is non-compliant
  2    bad usage or configuration, a database that cannot be used, or a scan that runs already
  3    something could not be read; this wins over 1
  70   a defect of the bot
  130  interrupted
"""

_RUN_EXITS = """\
exit status:
  0   it was told to stop
  2   bad usage or configuration, or a database, AWS or Slack that cannot be used; nothing was begun
  70  a defect of the bot
  77  Slack does not accept a token any more
"""

_SCAN_EXAMPLES = f"""\
examples:
  {_PROGRAM} scan                                     everything that the settings name
  {_PROGRAM} scan --account 'prod-*' --region 'eu-*'  a part of it, by id or name, with shell wildcards
  {_PROGRAM} scan --format json --no-store | jq '.findings[] | select(.verdict == "NON_COMPLIANT")'

{_EXITS}"""

_AUDIT_EXAMPLES = f"""\
examples:
  {_PROGRAM} audit show --limit 20
  {_PROGRAM} audit verify
  {_PROGRAM} audit verify --anchor 1234:9f86d081…   as the digest in Slack shows it at its foot, whole
  {_PROGRAM} audit export > trail.jsonl             the hash of each line can be computed from its other fields

A chain that somebody rewrote from some entry to its end, head and all, holds in itself. The digests' anchors, kept in
Slack or wherever the database's users cannot write, find that.

exit status:
  0  done; with verify, the chain and every anchor hold
  1  with verify, they do not
  2  bad usage, or the database cannot be used
"""

_RULES_EXAMPLES = f"""\
examples:
  {_PROGRAM} rules list
  {_PROGRAM} rules explain arn:aws:kms:eu-central-1:111122223333:key/1234abcd-…
  {_PROGRAM} rules explain payments/card-vault   an alias that the last scan knows
  {_PROGRAM} rules check

exit status:
  0  done; with explain, enough could approve, or nobody was looked up; with check, nothing is wrong
  1  with explain, too few could approve or nobody; with check, there are warnings
  2  bad usage or configuration; with check, also what the bot would not start with
  3  something could not be read or looked up; this wins over 1

People are looked up with SLACK_BOT_TOKEN. Where that is not set, explain says so and does the rest; check ends with 3.
"""

_DOCTOR_EXITS = f"""\
examples:
  {_PROGRAM} doctor
  {_PROGRAM} doctor --only aws --account 'prod-*'
  {_PROGRAM} doctor --json | jq '.[] | select(.status != "OK")'

what is said of each thing:
  FAILED      it does not work, and the bot misses it
  UNKNOWN     it was tried, and no answer came
  WARNING     the bot works, and somebody should know
  NOT_TESTED  it cannot be tried without changing something, or rests on what has failed
  OK

exit status:
  0  nothing failed, and everything that can be tried answered
  1  something failed
  2  bad usage, or a configuration with which no bot starts; this wins over 3
  3  something could not be found out; this wins over 1
"""


def parser() -> ArgumentParser:
    """Build the parser of the whole command line. The chosen command is in `command`."""
    root = ArgumentParser(
        prog=_PROGRAM,
        description="Keeps the KMS keys of an AWS organisation rotating.",
        epilog=f"{_ENVIRONMENT}\nEach command has its own --help.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(dest="command", metavar="command", required=True)

    def command(name: str, summary: str, description: str, epilog: str = "") -> ArgumentParser:
        made = commands.add_parser(
            name,
            help=summary,
            description=description,
            epilog=epilog or None,
            formatter_class=RawDescriptionHelpFormatter,
        )
        made.add_argument("--debug", action="store_true", help="log more, and tracebacks of unforeseen errors")
        made.add_argument(
            "--log-format",
            choices=FORMATS,
            help="how to write the log (default: as log.format in the settings, or text)",
        )
        return made

    command(
        "run",
        "run the Slack app",
        "Runs the Slack app until it is told to stop (SIGTERM or Ctrl-C; a second one ends it at once).\n\n"
        'Besides the settings below it needs SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or with slack.mode = "http"\n'
        "SLACK_SIGNING_SECRET instead of the second; PORT counts there instead of web.listen.",
        f"{_ENVIRONMENT}\n{_RUN_EXITS}",
    )
    scan = command(
        "scan",
        "audit the keys now, without Slack",
        "Reads every key that the settings name, judges it, stores the findings and prints them.\n"
        "Results go to standard output, progress and log to standard error.",
        _SCAN_EXAMPLES,
    )
    scan.add_argument("--format", choices=("table", "json"), default="table", help="how to print (default: table)")
    scan.add_argument("--account", metavar="PATTERN", type=_pattern, help="only accounts with this id or name")
    scan.add_argument("--region", metavar="PATTERN", type=_pattern, help="only Regions with this name")
    scan.add_argument(
        "--no-store",
        action="store_true",
        help="leave the database alone: only exemptions that the settings declare count then",
    )
    worker = command(
        "worker",
        "read accounts for scans that other processes share out",
        'Reads accounts for every process of the bot that shares its scans out (scan.spread = "workers") on the\n'
        "same PostgreSQL, until it is told to stop (SIGTERM or Ctrl-C): within 25 seconds then, and what it has not\n"
        "read to its end is handed to another. Start as many as are wanted, on as many machines; version and file\n"
        "must be the same everywhere. It needs nothing of Slack.",
        _ENVIRONMENT,
    )
    worker.add_argument(
        "--concurrency",
        metavar="N",
        type=_few,
        default=8,
        help="so many accounts at once (default: %(default)s keep one core busy)",
    )
    worker.add_argument(
        "--listen",
        metavar="HOST:PORT",
        type=_address,
        help="where /healthz, /readyz and /metrics are (default: web.listen, unless another process has it)",
    )
    rules = command(
        "rules",
        "list, explain and check the approval rules",
        "The first rule that means a key decides who may ask for its rotation, and who approves.\n"
        "Keys are read with the audit role. Nothing is changed.",
        _RULES_EXAMPLES,
    )
    rules.add_argument(
        "action",
        choices=("list", "explain", "check"),
        help="say what each rule asks for; which one decides over a key, who could approve and why anybody could not; "
        "look for people who have left, for groups and units that are not there, for rules that too few can satisfy",
    )
    rules.add_argument("key", nargs="?", metavar="KEY", help="with explain: the key's ARN, or an alias or id")
    rules.add_argument("--format", choices=("table", "json"), default="table", help="how to print (default: table)")
    audit = command(
        "audit",
        "show, export and prove the audit trail",
        "The audit trail is append-only: each entry holds the hash of the one before it.",
        _AUDIT_EXAMPLES,
    )
    audit.add_argument(
        "action",
        choices=("show", "verify", "export"),
        help="show the newest entries; read the whole trail and prove the chain; write all of it as JSON lines",
    )
    audit.add_argument(
        "--limit", metavar="N", type=_count, default=50, help="with show: how many entries (default: %(default)s)"
    )
    audit.add_argument(
        "--anchor",
        metavar="ENTRY:HASH",
        type=_anchor,
        action="append",
        default=[],
        help="with verify: prove that this entry still has this hash, as a digest told it; may be given several times",
    )
    doctor = command(
        "doctor",
        "find everything that is wrong with the set-up",
        "Looks at everything that the bot needs, and says of each thing that is not well what to do about it: the\n"
        "configuration, the database and its record, Slack's tokens, scopes and channels, the people whom the\n"
        "settings name, and in each AWS account the roles and every permission that can be tried. Nothing is posted\n"
        "or changed. Progress and log go to standard error.",
        _DOCTOR_EXITS,
    )
    doctor.add_argument("--json", action="store_true", help="print JSON instead of a table: a line for each subject")
    doctor.add_argument(
        "--only",
        choices=("configuration", "database", "slack", "aws"),
        action="append",
        help="look at this alone; may be given several times",
    )
    doctor.add_argument("--account", metavar="PATTERN", type=_pattern, help="only accounts with this id or name")
    doctor.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=120,
        help="what has not answered by then is UNKNOWN (default: %(default)s)",
    )
    db = command(
        "db",
        "look after the database",
        "The database is brought up to date whenever the bot starts; this does it ahead of that.\n"
        "A backup of SQLite can be made while the bot runs; of PostgreSQL, pg_dump makes them.",
        f"examples:\n  {_PROGRAM} db upgrade\n  {_PROGRAM} db backup kms-rotation-2026-11-27.sqlite3\n",
    )
    db.add_argument(
        "action",
        choices=("upgrade", "backup"),
        help="bring the database to this version's schema; copy a SQLite database into a new file",
    )
    db.add_argument("file", nargs="?", metavar="FILE", help="with backup: the file to make")
    return root


def _pattern(text: str) -> str:
    """Take a pattern as filters write it. A shell's empty variable must not mean everything."""
    pattern = text.strip().lower()
    if not pattern:
        raise ArgumentTypeError("it is empty; leave the option out for everything")
    if len(pattern.split()) > 1:
        raise ArgumentTypeError("it has a space in it; write ? for a space")
    return pattern


def _anchor(text: str) -> Anchor:
    try:
        return Anchor.parse(text)
    except ValueError as error:
        form = f"1234:hash with all {HASH_CHARACTERS} characters of the hash, as the digest shows it"
        raise ArgumentTypeError(f"{text!r} is no anchor, {error}; write {form}") from error


def _address(text: str) -> ListenAddress:
    found = read_address(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not an address to listen at: write host and port, like 127.0.0.1:8081")
    return found


def _few(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= MOST_AT_ONCE:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of accounts: write 1 to {MOST_AT_ONCE}, and start more workers")


def _seconds(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= _LONGEST_SECONDS:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of seconds: write 1 to {_LONGEST_SECONDS}")


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of entries: write 1 or more")
