"""`scan`: the audit without Slack."""

import getpass
import logging
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType

from bot.app import build_scans, connect_aws, open_database
from bot.models.scans import SCAN, CoverageStatus, Scan, ScanState
from bot.rules.filters import Filter
from bot.scan import BranchError, ScanRunningError, Scans
from bot.scan.scanner import utc_now
from bot.settings import Settings
from bot.store.alone import Names
from bot.store.engine import Database
from bot.store.key_facts import KeyFactStore
from bot.store.scans import ScanStore
from bot.store.temporary import temporary_database
from bot.terminal.exits import Exit
from bot.terminal.output import ATTENTION, left_out_in_words, print_json, print_table, stopped_early
from bot.terminal.progress import progress_bar
from bot.wiring.exempting import declare_exemptions
from bot.wiring.workers import build_sharing

_log = logging.getLogger(__name__)


def scan(settings: Settings, asked: Namespace) -> int:
    """Scan, print, and answer with the exit status. Nothing is begun before all that was asked is understood.

    A scan that is stopped prints what it read, and says on standard error what it did not.
    """
    within = Filter(account=asked.account or "", region=asked.region or "")
    aws = connect_aws(settings)
    with temporary_database() if asked.no_store else closing(open_database(settings)) as database:
        declare_exemptions(settings, database, utc_now())
        store = ScanStore(database)
        memory = None if asked.no_store else KeyFactStore(database)
        sharing = None if asked.no_store else build_sharing(settings, database, aws)
        scans = build_scans(settings, aws, store, memory, sharing=sharing)
        try:
            with _alone(database), _stopping_at_a_signal(scans), progress_bar() as on_progress:
                made = scans.run(within, f"terminal:{_user()}", on_progress)
        except BranchError as error:
            print(error, file=sys.stderr)  # noqa: T201 - for the person who waits for it
            return Exit.UNREAD
        coverage, left_out = store.coverage(made.id), store.left_out(made.id)
        if asked.format == "json":
            if left_out:
                _log.info("%s", left_out_in_words(left_out))
            print_json(made, coverage, store.findings(made.id))
        else:
            print_table(made, coverage, store.findings(made.id, ATTENTION), left_out)
    if made.state is not ScanState.FINISHED:
        print(stopped_early(coverage, is_kept=not asked.no_store), file=sys.stderr)  # noqa: T201 - for who stopped it
        return Exit.INTERRUPTED
    return _exit(made, all_read=all(each.status is CoverageStatus.SCANNED for each in coverage))


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Let no other process scan meanwhile, or take this scan for one that is lost. Raises ScanRunningError."""
    with Names(database).alone(SCAN) as is_ours:
        if not is_ours:
            raise ScanRunningError(None)
        yield


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
