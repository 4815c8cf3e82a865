"""A scan's message: its progress, updated in place, and its end."""

from bot.models.messages import Block, Rendered
from bot.models.posture import Posture
from bot.models.scans import Progress
from bot.views.budget import message
from bot.views.parts import bold, context, cut, fallback, note, rich, user
from bot.views.posture import headline, posture_lines, progress_sentence, unread_blocks

BAR_CELLS = 20


def running(started_by: str, scope: str, progress: Progress | None) -> Rendered:
    where = f" of {cut(scope, 200)}" if scope else ""
    how_far = progress_sentence(progress) if progress is not None and progress.targets_total else "looking for accounts"
    what = f" {cut(scope, 200)}" if scope else ""
    blocks = [
        rich([bold("Scanning"), f"{what} … ", _bar(progress)], [f"{how_far[0].upper()}{how_far[1:]}."]),
        _by(started_by),
    ]
    return message(fallback(f"A scan{where} is running: {how_far}."), blocks)


def finished(started_by: str, scope: str, posture: Posture) -> Rendered:
    where = f" of {cut(scope, 200)}" if scope else ""
    title = headline(posture.summary, bool(posture.coverage_failures), posture.scope)
    blocks: list[Block] = [
        rich([bold(f"Scan{where} finished. "), title, "."], *posture_lines(posture.summary, None, posture.scope)),
        *unread_blocks(posture.coverage_failures, posture.unread, len(posture.unread)),
        _by(started_by),
    ]
    return message(fallback(f"The scan{where} has finished. {title}."), blocks)


def failed(started_by: str, scope: str, sentence: str) -> Rendered:
    where = f" of {cut(scope, 200)}" if scope else ""
    blocks = [rich([bold(f"Scan{where} ended early. "), cut(sentence, 500)]), _by(started_by)]
    return message(fallback(f"The scan{where} ended early. {sentence}"), blocks)


def _bar(progress: Progress | None) -> str:
    if progress is None or not progress.targets_total:
        return ""
    full = BAR_CELLS * progress.targets_done // progress.targets_total
    return "▓" * full + "░" * (BAR_CELLS - full)


def _by(started_by: str) -> Block:
    if started_by[:1] in {"U", "W"}:
        return rich(["Started by ", user(started_by)])
    return context(note("Started by the schedule."))
