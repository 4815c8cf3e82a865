"""A scan's message: its progress, updated in place, and its end."""

from bot.models.messages import Block, Rendered
from bot.models.posture import Posture
from bot.models.scans import Phase, Progress, Scan
from bot.rules.progress import how_far, keys_so_far
from bot.views.budget import message
from bot.views.moments import moment
from bot.views.names import STOP_SCAN
from bot.views.parts import Element, actions, button, confirm, context, note
from bot.views.posture import gap_blocks, headline, posture_lines
from bot.views.rich import Inline, bold, rich, user
from bot.views.sentences import fallback
from bot.views.words import counted, cut

BAR_CELLS = 20


def running(started_by: str, scope: str, progress: Progress | None) -> Rendered:
    where = f" of {cut(scope, 200)}" if scope else ""
    told = how_far(progress or Progress())
    what = f" {cut(scope, 200)}" if scope else ""
    blocks = [
        rich([bold("Scanning"), f"{what} … ", _bar(progress)], [f"{told[0].upper()}{told[1:]}."]),
        _by(started_by),
        actions(button("Stop the scan", STOP_SCAN, "running", confirm=_sure())),
    ]
    return message(fallback(f"A scan{where} is running: {told}."), blocks)


def finished(started_by: str, scope: str, posture: Posture) -> Rendered:
    where = f" of {cut(scope, 200)}" if scope else ""
    title = headline(posture.summary, bool(posture.gaps.failures_total), posture.scope)
    blocks: list[Block] = [
        rich([bold(f"Scan{where} finished. "), title, "."], *posture_lines(posture.summary, None, posture.scope)),
        *gap_blocks(posture.gaps),
        _by(started_by),
    ]
    return message(fallback(f"The scan{where} has finished. {title}."), blocks)


def stopped(started_by: str, scope: str, progress: Progress | None, stopped_by: str = "") -> Rendered:
    """Say that a scan was stopped, by whom if somebody wanted it, and what that means for what readers are shown."""
    if progress is None or progress.phase is not Phase.READING:
        return failed(started_by, scope, "It was stopped before it read anything.", stopped_by)
    done = f"{progress.targets_done:,} of {counted(progress.targets_total, 'target')} done"
    kept = "What was read is kept; the rest is shown as it was read before, or as unread."
    return failed(started_by, scope, f"It was stopped with {done} and {keys_so_far(progress)}. {kept}", stopped_by)


def failed(started_by: str, scope: str, sentence: str, stopped_by: str = "") -> Rendered:
    where = f" of {cut(scope, 200)}" if scope else ""
    blocks = [rich([bold(f"Scan{where} ended early. "), cut(sentence, 500)]), _by(started_by, stopped_by)]
    return message(fallback(f"The scan{where} ended early. {sentence}"), blocks)


def lost(scan: Scan) -> Rendered:
    """Tell whoever began a scan that nobody goes on with it."""
    where = f" of {cut(scan.scope, 200)}" if scan.scope else ""
    blocks = [
        rich(
            [bold(f"Your scan{where} ended early. "), "It began ", moment(scan.started_at), "."],
            "The process of the bot that ran it was ended, or lost its database, and no other one goes on with it. "
            "What was read is kept; the rest is shown as it was read before, or as unread.",
            "Its message may still say that it runs. To scan again, type /kms-rotation scan.",
        )
    ]
    return message(fallback(f"Your scan{where} ended early, and nobody goes on with it."), blocks)


def _bar(progress: Progress | None) -> str:
    if progress is None or progress.phase is not Phase.READING:
        return ""
    full = BAR_CELLS * progress.targets_done // progress.targets_total
    return "▓" * full + "░" * (BAR_CELLS - full)


def _by(started_by: str, stopped_by: str = "") -> Block:
    if started_by[:1] in {"U", "W"}:
        who: list[Inline] = ["Started by ", user(started_by)]
        return rich([*who, ", stopped by ", user(stopped_by)] if stopped_by else who)
    return context(note("Started by the schedule."))


def _sure() -> Element:
    return confirm(
        "Stop the running scan?",
        "It ends within seconds. What it has read by then is kept; the rest is shown as it was read before.",
        "Stop it",
        "Let it run",
        style="danger",
    )


def stop_answer(*, runs: bool) -> str:
    """Answer somebody who wanted the scan to stop."""
    return "The scan is being stopped." if runs else "No scan is reading anything now, so there is none to stop."
