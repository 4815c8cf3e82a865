"""The digest's message and the pages of its thread."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.models.digests import Delta, DeltaKind, Digest, DigestContent, OpenKey
from bot.models.messages import Attachment, Block, Rendered
from bot.models.requests import Request
from bot.rules.digest import MOST_NAMES
from bot.views.budget import message as within_budget
from bot.views.parts import (
    Inline,
    anchored,
    bold,
    bullets,
    context,
    counted,
    cut,
    date,
    divider,
    fallback,
    header,
    mrkdwn,
    note,
    rich,
    some,
)
from bot.views.posture import gap_blocks, headline, percent, posture_lines
from bot.views.rows import key_row

_KINDS = {
    DeltaKind.NEW: "New",
    DeltaKind.REGRESSED: "Open again",
    DeltaKind.FIXED: "Fixed",
    DeltaKind.LAPSED: "No longer counted (deleted, disabled, exempt or out of scope)",
    DeltaKind.UNREAD: "Open last time, not readable now",
}


def digest(message: Digest, requests: Mapping[str, Request]) -> Rendered:
    """The one message of a digest; `requests` are the newest of each key, by ARN."""
    content = message.content
    title = headline(content.summary, bool(content.gaps.failures_total), content.scope)
    blocks: list[Block] = [header(f"🔑 {title}")]
    if content.scope:
        blocks.append(context(note(f"Keys that match {content.scope}")))
    blocks.append(rich(*posture_lines(content.summary, content.previous_summary, content.scope)))
    blocks.append(_changes(content))
    blocks += gap_blocks(content.gaps)
    if content.top:
        blocks.append(divider())
    for key in content.top:
        blocks += key_row(_without_news(key, content), requests.get(key.arn))
    blocks.append(_footer(content))
    if content.anchor is not None:
        blocks.append(context(anchored(content.anchor)))
    return within_budget(fallback(f"KMS key rotation: {title}. {percent(content.summary, content.scope)}"), blocks)


def digest_page(message: Digest, position: int) -> Rendered:
    """One page of the thread."""
    content = message.content
    keys = content.rest[position]
    first = len(content.top) + sum(map(len, content.rest[:position])) + 1
    title = f"Open keys {first:,} to {first + len(keys) - 1:,} of {content.open_total:,}"
    if len(keys) == 1:
        title = f"Open key {first:,} of {content.open_total:,}"
    return within_budget(f"{title}.", [rich(bold(title)), bullets(*(_line(key) for key in keys))])


def digest_file(message: Digest, content: str) -> Attachment:
    """All open keys as a file, where they are too many for a thread."""
    comment = "All open keys as of the last scan. `/kms-rotation list` pages through them, with buttons."
    return Attachment(f"open-keys-{message.created_at:%Y-%m-%d}.csv", "Open keys", comment, content)


def delta_lines(delta: Delta) -> Sequence[list[Inline]]:
    """What changed since the previous digest, a line a kind."""
    lines: list[list[Inline]] = []
    for kind, words in _KINDS.items():
        if total := delta.total(kind):
            lines.append([bold(f"{words}: {total:,}"), f" – {some(delta.names(kind), MOST_NAMES, total)}"])
    if total := delta.total(DeltaKind.STILL_OPEN):
        lines.append([bold(f"Still open: {total:,}")])
    return lines


def _changes(content: DigestContent) -> Block:
    if content.delta is not None:
        lines = delta_lines(content.delta)
        return bullets(*lines) if lines else rich("Nothing has changed since the previous digest.")
    if content.previous_summary is not None:
        return rich("The previous digest knew of no key that can rotate, so there is nothing to compare with.")
    return rich("This is the first digest, so there is nothing to compare it with.")


def _without_news(key: OpenKey, content: DigestContent) -> OpenKey:
    """Where there is nothing to compare with, every key would be reported since today."""
    return key if content.delta is not None else replace(key, open_since=None)


def _footer(content: DigestContent) -> Block:
    hidden = content.open_total - len(content.top)
    pieces = [mrkdwn(f"As of the scan of {date(content.as_of)}.")]
    if hidden:
        where = "in the file in the thread" if content.rest_is_file else "in the thread"
        pieces.append(note(f"{counted(hidden, 'more open key')} {where}."))
    pieces.append(mrkdwn("`/kms-rotation help` says what else there is."))
    return context(*pieces)


def _line(key: OpenKey) -> list[Inline]:
    team = f" · team {cut(key.team, 60)}" if key.team else ""
    message = cut(key.message, 200)
    return [bold(cut(key.name, 200)), f" – {cut(key.account_name, 60)} · {key.region} · {message}{team}"]
