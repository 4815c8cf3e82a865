"""How the organisation stands: the answer to `status`, and the lines that the digest shares with it."""

from datetime import datetime, timedelta

from bot.models.gaps import Gaps
from bot.models.messages import Block, Rendered
from bot.models.posture import AccountPosture, Posture
from bot.models.scans import EVERYWHERE, Coverage, Summary
from bot.rules.progress import how_far
from bot.views.age import as_of
from bot.views.budget import message
from bot.views.parts import context, header, mrkdwn, note
from bot.views.rich import Inline, bold, bullets, rich
from bot.views.sentences import fallback
from bot.views.words import counted, cut

STALE_AFTER = timedelta(hours=24)


def status(posture: Posture, now: datetime) -> Rendered:
    summary = posture.summary
    title = headline(summary, bool(posture.gaps.failures_total), posture.scope)
    blocks: list[Block] = [header(title)]
    if posture.scope:
        blocks.append(context(note(f"Only what matches {posture.scope}")))
    blocks.append(rich(*posture_lines(summary, posture.previous, posture.scope)))
    if posture.worst:
        blocks.append(rich(bold("Accounts with the most open keys")))
        blocks.append(bullets(*(_account_line(each, posture.scope) for each in posture.worst)))
    blocks += gap_blocks(posture.gaps)
    blocks.append(_age(posture, now))
    return message(fallback(f"{title}. {percent(summary, posture.scope)}"), blocks)


def headline(summary: Summary, has_failures: bool, scope: str) -> str:  # noqa: FBT001 - the same at both calls
    """Say the main thing, and never more than was read."""
    is_partly_unread = has_failures or summary.insufficient_data > 0
    if summary.non_compliant:
        do = "does not rotate as it should" if summary.non_compliant == 1 else "do not rotate as they should"
        return f"{counted(summary.non_compliant, 'key')} {do}"
    if is_partly_unread and not summary.keys and not scope:
        return "No key was found, and not everything could be read"
    if is_partly_unread:
        return "No open key was found, but not everything could be read"
    if is_by_team(scope):
        return "No open key belongs to this team"
    if not summary.judged:
        return "Every key that could rotate is exempt" if summary.exempt else "There is no key here that could rotate"
    aside = f", {counted(summary.exempt, 'exempt key')} aside" if summary.exempt else ""
    return f"Every key that can rotate does so as it should{aside}"


def is_by_team(scope: str) -> bool:
    """Owners are read for open keys only, so nobody knows how many keys of a team comply."""
    return any(part.startswith("team=") for part in scope.split())


def percent(summary: Summary, scope: str) -> str:
    if is_by_team(scope):
        return "Owners are read for open keys only, so there is no percentage for a team."
    if not summary.judged:
        return "No key could be judged."
    return (
        f"{summary.percent_compliant:g}% compliant: {summary.compliant:,} of "
        f"{counted(summary.judged, 'key')} that can rotate."
    )


def posture_lines(summary: Summary, previous: Summary | None, scope: str) -> list[list[Inline]]:
    """The percentage with its change, and beside it what it leaves out."""
    if is_by_team(scope):
        return [[percent(summary, scope)]]
    lines: list[list[Inline]] = [[bold(percent(summary, scope)), _change(summary, previous)]]
    beside = [
        f"{summary.exempt:,} exempt" if summary.exempt else "",
        f"{summary.insufficient_data:,} could not be read" if summary.insufficient_data else "",
        f"{summary.not_applicable:,} to which rotation does not apply" if summary.not_applicable else "",
    ]
    told = " · ".join(filter(None, beside))
    return [*lines, [f"Not counted: {told}."]] if told else lines


def gap_blocks(gaps: Gaps) -> list[Block]:
    """What could not be read, and why: an account, a Region or a key that is missing is never passed over."""
    if not gaps:
        return []
    lines: list[Inline | list[Inline]] = [
        [bold(_place(each)), f": {cut(each.error or 'no reason was given', 300)}"] for each in gaps.failures
    ]
    if untold := gaps.failures_total - len(gaps.failures):
        lines.append(f"… and {counted(untold, 'more target')}: /kms-rotation accounts")
    lines += [
        [bold(cut(each.name, 100)), f" in {cut(each.account_name, 60)}, {each.region}: {cut(each.message, 300)}"]
        for each in gaps.unread
    ]
    if untold := gaps.unread_total - len(gaps.unread):
        lines.append(f"… and {counted(untold, 'more key')}")
    return [rich(bold("⚠️ Not everything could be read")), bullets(*lines)]


def _change(summary: Summary, previous: Summary | None) -> str:
    if previous is None or not previous.judged or not summary.judged:
        return ""
    if summary.percent_compliant > previous.percent_compliant:
        return f" ▲ up from {previous.percent_compliant:g}%"
    if summary.percent_compliant < previous.percent_compliant:
        return f" ▼ down from {previous.percent_compliant:g}%"
    return " Unchanged."


def _account_line(account: AccountPosture, scope: str) -> list[Inline]:
    summary = account.summary
    of_all = "" if is_by_team(scope) else f" of {counted(summary.judged, 'key')}"
    return [bold(cut(account.name, 60)), f": {summary.non_compliant:,}{of_all} open"]


def _place(covered: Coverage) -> str:
    name = "All accounts" if covered.account == EVERYWHERE else cut(covered.account_name, 60)
    return name if covered.region == EVERYWHERE else f"{name}, {covered.region}"


def _age(posture: Posture, now: datetime) -> Block:
    read_at = posture.scan.finished_at or posture.scan.started_at
    pieces = [as_of(posture.scan)]
    if now - read_at > STALE_AFTER:
        pieces.append(mrkdwn("⚠️ That is more than a day ago: `/kms-rotation scan` reads anew."))
    if posture.scan.scope:
        pieces.append(note(f"That scan was narrowed to {posture.scan.scope}; nothing else was ever scanned."))
    if posture.running is not None:
        pieces.append(note(f"A scan is running: {how_far(posture.running)}."))
    return context(*pieces)
