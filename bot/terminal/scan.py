"""`scan`: the audit without Slack."""

import getpass
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.app import build_scans, connect_aws, open_database
from bot.models import scans as models
from bot.models.scans import CoverageStatus, Scan, ScanState
from bot.rules.filters import Filter
from bot.scan import MemoryRecord, Scans
from bot.settings import Settings
from bot.store.scans import ScanStore
from bot.terminal.exits import Exit
from bot.terminal.output import print_json, print_table


def scan(settings: Settings, asked: Namespace) -> int:
    """Scan, print, and answer with the exit status. Nothing is begun before all that was asked is understood."""
    within = Filter(account=asked.account or "", region=asked.region or "")
    aws = connect_aws(settings)
    record = MemoryRecord() if asked.no_store else ScanStore(open_database(settings))
    scans = build_scans(settings, aws, record)
    with _stopping_at_a_signal(scans), _progress_bar() as on_progress:
        made = scans.run(within, f"terminal:{_user()}", on_progress)
    if made.state is not ScanState.FINISHED:
        print("The scan was interrupted; its findings were thrown away.", file=sys.stderr)  # noqa: T201 - for the person who did it
        return Exit.INTERRUPTED
    coverage = record.coverage(made.id)
    show = print_json if asked.format == "json" else print_table
    show(made, coverage, record.findings(made.id))
    return _exit(made, all_read=all(each.status is CoverageStatus.SCANNED for each in coverage))


def _exit(made: Scan, *, all_read: bool) -> Exit:
    if made.summary.insufficient_data or not all_read:
        return Exit.UNREAD
    return Exit.NON_COMPLIANT if made.summary.non_compliant else Exit.OK


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return str(os.getuid())


@contextmanager
def _stopping_at_a_signal(scans: Scans) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end the scan in order; a second Ctrl-C ends it at once."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        scans.stop()

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _progress_bar() -> Iterator[Callable[[models.Progress], None]]:
    """Draw a bar on standard error, if that is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("targets, {task.fields[keys]} keys"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Scanning", total=None, keys=0)

        def show(progress: models.Progress) -> None:
            bar.update(task, total=progress.targets_total, completed=progress.targets_done, keys=progress.keys_read)

        yield show
