"""How a scan is printed: as a table for people, as JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.models.keys import Finding, Verdict
from bot.models.scans import EVERYWHERE, Account, Coverage, CoverageStatus, LeftOut, Scan, Summary, by_cause
from bot.scan.sentences import account_name, listing

ATTENTION = (Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA)
"""The verdicts that somebody has to do something about."""


KEYS_A_TABLE = 1000
MOST_GAPS = 100

WIDTH_ELSEWHERE = 200
"""Columns of a table that goes into a file or a pipe."""


def say(sentence: str) -> None:
    """Print a sentence as the command's result."""
    print(sentence)  # noqa: T201 - standard output is the interface


def print_document(document: object) -> None:
    """Print something small as JSON."""
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    sys.stdout.flush()


def print_json(scan: Scan, coverage: Sequence[Coverage], findings: Iterable[Finding]) -> None:
    """Print one JSON document. Findings are written as they come, so that memory does not grow with their number."""
    summary = scan.summary
    head = {
        "started_at": moment(scan.started_at),
        "finished_at": moment(scan.finished_at),
        "summary": {
            "compliant": summary.compliant,
            "non_compliant": summary.non_compliant,
            "not_applicable": summary.not_applicable,
            "insufficient_data": summary.insufficient_data,
            "exempt": summary.exempt,
            "percent_compliant": summary.percent_compliant,
        },
        "coverage": [_covered(each) for each in coverage],
    }
    out = sys.stdout
    out.write(json.dumps(head)[:-1] + ',\n"findings": [')
    separator = "\n"
    for finding in findings:
        out.write(separator + json.dumps(_found(finding)))
        separator = ",\n"
    out.write("\n]}\n")
    out.flush()


def print_table(
    scan: Scan, coverage: Sequence[Coverage], findings: Iterable[Finding], left_out: Sequence[LeftOut] = ()
) -> None:
    """Print what somebody has to look at, and the counts of everything.

    Keys are printed so many at a time, so that memory does not grow with their number.
    """
    out, waiting = console(), iter(findings)
    while some := list(islice(waiting, KEYS_A_TABLE)):
        keys = table("Key", "Account", "Region", "Team", "Managed by", "Finding")
        for finding in some:
            keys.add_row(*map(Text, _row(finding)))
        out.print(keys)
    unread = [each for each in coverage if each.status is not CoverageStatus.SCANNED]
    if unread:
        gaps = table("Account", "Region", "Not read, or not wholly")
        for each in unread[:MOST_GAPS]:
            gaps.add_row(*map(Text, (each.account_name, each.region, each.error or "")))
        out.print(gaps)
    if len(unread) > MOST_GAPS:
        out.print(Text(f"… and {len(unread) - MOST_GAPS:,} more; --format json names them all."))
    if left_out:
        causes = table("Left out", "Accounts", "Why")
        for why, accounts in by_cause(left_out):
            causes.add_row(*map(Text, (f"{len(accounts):,}", listing(map(_named, accounts)), why)))
        out.print(causes)
    out.print(Text(in_words(scan.summary)))
    were = "was" if len(coverage) == 1 else "were"
    out.print(Text(f"{len(coverage) - len(unread):,} of {_targets(len(coverage))} {were} read in full."))


def left_out_in_words(left_out: Sequence[LeftOut]) -> str:
    """Say who was not read on purpose, by cause."""
    told = " ".join(f"{listing(map(_named, accounts))}: {why}" for why, accounts in by_cause(left_out))
    return f"{len(left_out):,} account{'' if len(left_out) == 1 else 's'} left out. {told}"


def stopped_early(coverage: Sequence[Coverage], *, is_kept: bool) -> str:
    """Say that a scan was stopped, and how much of it was left."""
    if any(each.account == each.region == EVERYWHERE for each in coverage):
        return "The scan was stopped before it knew what to read; nothing was read."
    unread = sum(each.status is not CoverageStatus.SCANNED for each in coverage)
    kept = " What was read is kept." if is_kept else ""
    return f"The scan was stopped: {unread:,} of {_targets(len(coverage))} were not read in full.{kept}"


def in_words(summary: Summary) -> str:
    """Say the counts in a sentence."""
    if not summary.judged:
        share = "No key that can rotate was read"
    else:
        share = f"{summary.percent_compliant:g} % compliant: {summary.compliant} of {summary.judged} keys rotate"
    return (
        f"{share}; {summary.exempt} exempt, {summary.insufficient_data} unread, "
        f"{summary.not_applicable} not applicable."
    )


def moment(at: datetime | None) -> str | None:
    """Write a moment as the JSON does: `2026-11-24T09:00:00Z`."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for a file."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_ELSEWHERE)


def table(*columns: str) -> Table:
    """Make a table that cuts nothing off."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def _targets(count: int) -> str:
    return f"{count:,} target" if count == 1 else f"{count:,} targets"


def _named(account: LeftOut) -> str:
    return account_name(Account(account.account, account.account_name))


def _row(finding: Finding) -> tuple[str, ...]:
    until = finding.exempt_until
    exempt = "" if until is None else f" Exempt until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    return (
        finding.name,
        finding.account_name,
        finding.region,
        finding.team or "",
        finding.managed_by or "",
        f"{finding.message}{exempt}",
    )


def _covered(coverage: Coverage) -> dict[str, object]:
    return {
        "account": coverage.account,
        "region": coverage.region,
        "status": coverage.status.value,
        "keys": coverage.keys,
        "error": coverage.error,
    }


def _found(finding: Finding) -> dict[str, object]:
    return {
        "arn": finding.arn,
        "account": finding.account,
        "region": finding.region,
        "aliases": list(finding.aliases),
        "verdict": finding.verdict.value,
        "reason": finding.reason.value,
        "message": finding.message,
        "rotation_enabled": finding.rotation_enabled,
        "rotation_period_days": finding.rotation_period_days,
        "next_rotation": moment(finding.next_rotation),
        "exempt_until": moment(finding.exempt_until),
    }
