"""`doctor`: everything that the bot needs, a line each, with the remedy."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from bot.doctor.examination import OnProgress
from bot.doctor.lines import Check, Group, Line, Status, grouped
from bot.doctor.verdict import statuses
from bot.rules.filters import Filter
from bot.scan.scanner import utc_now
from bot.terminal.exits import Exit
from bot.terminal.output import console, print_document, say, table
from bot.wiring.doctor import SECTIONS, build_doctor

SHOWN = 3
"""So many subjects of which the same is said are named, the others counted."""

_STYLES = {Status.FAILED: "bold red", Status.UNKNOWN: "yellow", Status.WARNING: "yellow", Status.OK: "green"}


def doctor(environ: Mapping[str, str], asked: Namespace) -> int:
    """Look at everything, or at the parts that were asked for. Raises BadFilterError where no account matches."""
    found = build_doctor(environ, asked.only or SECTIONS, Filter(account=asked.account or ""), utc_now)
    with _progress() as on_progress:
        lines = found.examine(asked.timeout, on_progress)
    if asked.json:
        print_document([_as_json(group.line, subject) for group in grouped(lines) for subject in group.subjects])
    else:
        _print(grouped(lines), lines)
    return exit_status(lines)


def exit_status(lines: Sequence[Line]) -> Exit:
    """Say it in one number: a configuration that no bot starts with before what is unknown, before what failed."""
    if any(line.check is Check.CONFIGURATION and line.status is Status.FAILED for line in lines):
        return Exit.USAGE
    found = statuses(lines)
    if Status.UNKNOWN in found:
        return Exit.UNREAD
    return Exit.NON_COMPLIANT if Status.FAILED in found else Exit.OK


def _print(groups: Sequence[Group], lines: Sequence[Line]) -> None:
    shown = table("", "What", "Which", "What was seen", "What to do")
    for group in groups:
        line = group.line
        status = Text(line.status.replace("_", " "), style=_STYLES.get(line.status, ""))
        shown.add_row(status, *map(Text, (line.check, _named(group.subjects), line.seen, line.remedy)))
    console().print(shown)
    counts = statuses(lines)
    if set(counts) <= {Status.OK, Status.NOT_TESTED}:
        say(f"All is well, as far as it was looked at: {_counted(counts)}.")
    else:
        say(f"Not all is well: {_counted(counts)}.")


def _named(subjects: Sequence[str]) -> str:
    more = f" and {len(subjects) - SHOWN:,} more" if len(subjects) > SHOWN else ""
    return ", ".join(subjects[:SHOWN]) + more


def _counted(counts: Mapping[Status, int]) -> str:
    return ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in counts.items())


def _as_json(line: Line, subject: str) -> dict[str, object]:
    return {
        "check": line.check,
        "subject": subject,
        "status": line.status,
        "seen": line.seen,
        "remedy": line.remedy,
        **line.more,
    }


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """Draw a bar on standard error, if that is a terminal; else say there that it has begun, and nothing more."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        print("Looking; this changes nothing.", file=sys.stderr)  # noqa: T201 - for who waits
    columns = (TextColumn("Looking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, known: bar.update(task, completed=done, total=known)
