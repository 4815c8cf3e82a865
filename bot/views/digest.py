"""The digest's message and the pages of its thread."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.models.digests import Digest, DigestContent, DigestForm, OpenKey, ToldElsewhere
from bot.models.messages import Attachment, Block, Rendered
from bot.models.requests import Request
from bot.views.age import age
from bot.views.budget import message as within_budget
from bot.views.moments import date
from bot.views.news import news
from bot.views.parts import anchored, context, divider, header, mrkdwn, note
from bot.views.posture import gap_blocks, headline, percent, posture_lines
from bot.views.rich import Inline, bold, bullets, joined, rich
from bot.views.rows import key_row, owner
from bot.views.sentences import fallback
from bot.views.standing import first_thing, quiet_line, title
from bot.views.trouble import without_file
from bot.views.words import counted, cut

MOST_ELSEWHERE = 4
"""So many other digests are named: a context has ten elements at most."""


def digest(
    message: Digest,
    requests: Mapping[str, Request],
    trend: Sequence[Block] = (),
    excused: Mapping[str, datetime] = MappingProxyType({}),
) -> Rendered:
    """The one message of a digest. `trend` comes after the posture.

    `requests` are the newest of each key, `excused` says until when one is exempt that was open before, by ARN.
    """
    content = message.content
    if content.form is not DigestForm.FULL:
        return _quiet(message)
    told = title(content)
    lines, sentences = _posture(message, requests, told, excused)
    blocks: list[Block] = [header(f"🔑 {told}"), *_scope(content), rich(*lines), *trend, *news(message, requests)]
    if gaps := gap_blocks(content.gaps):
        blocks.append(joined(*gaps))
    if content.hidden_accounts:
        where = "to you" if content.is_narrowed else "in this channel"
        blocks.append(context(note(f"Keys of {counted(content.hidden_accounts, 'account')} are not shown {where}.")))
    if content.top:
        blocks.append(divider())
    for key in content.top:
        blocks += key_row(key, requests.get(key.arn), _told_at(message), exempt_until=excused.get(key.arn))
    blocks += [_footer(content), *_elsewhere(content.elsewhere)]
    return within_budget(fallback(f"KMS key rotation: {told}. {sentences}"), [*blocks, *_anchor(content)])


def digest_page(message: Digest, position: int) -> Rendered:
    """One page of the thread."""
    content = message.content
    keys = content.rest[position]
    first = len(content.top) + sum(map(len, content.rest[:position])) + 1
    title = f"Open keys {first:,} to {first + len(keys) - 1:,} of {content.open_total:,}"
    if len(keys) == 1:
        title = f"Open key {first:,} of {content.open_total:,}"
    return within_budget(f"{title}.", [rich(bold(title)), bullets(*(_line(key, _told_at(message)) for key in keys))])


def digest_file(message: Digest, content: str) -> Attachment:
    """All open keys as a file, where they are too many for a thread."""
    comment = "All open keys as of the last scan. `/kms-rotation list` pages through them, with buttons."
    name = f"open-keys-{message.created_at:%Y-%m-%d}.csv"
    return Attachment(name, "Open keys", comment, content, instead=without_file())


def _posture(
    message: Digest, requests: Mapping[str, Request], told: str, excused: Collection[str]
) -> tuple[list[list[Inline]], str]:
    """What to do first and how the keys stand, in lines and in sentences."""
    content = message.content
    stand = headline(content.summary, bool(content.gaps.failures_total), content.scope)
    lines: list[list[Inline]] = []
    sentences: list[str] = []
    if first := first_thing(message, requests, excused):
        lines.append([bold("First: "), *first])
        sentences.append("First: " + "".join(each if isinstance(each, str) else each["text"] for each in first))
    if stand != told:
        lines.append([f"{stand}."])
        sentences.append(f"{stand}.")
    previous = None if content.is_narrowed else content.previous_summary
    lines += posture_lines(content.summary, previous, content.scope)
    return lines, " ".join([*sentences, percent(content.summary, content.scope)])


def _quiet(message: Digest) -> Rendered:
    """One line, still with its anchor."""
    content = message.content
    told = quiet_line(message)
    pieces = [mrkdwn(f"As of the scan of {date(content.as_of)}.")]
    pieces.append(mrkdwn(f"`/kms-rotation {'list` shows them' if content.open_total else 'status` says more'}."))
    if content.form is DigestForm.LAST_LINE:
        pieces.append(note("Nothing more is posted until something changes."))
    blocks = [rich([f"🔑 {told}"]), *_scope(content), context(*pieces), *_anchor(content)]
    return within_budget(fallback(f"KMS key rotation: {told}"), blocks)


def _scope(content: DigestContent) -> list[Block]:
    return [context(note(f"Keys that match {content.scope}"))] if content.scope else []


def _anchor(content: DigestContent) -> list[Block]:
    return [] if content.anchor is None else [context(anchored(content.anchor))]


def _told_at(message: Digest) -> datetime | None:
    """Where there is nothing to compare with, every key would be open since today: then no age is told."""
    return None if message.content.delta is None else message.created_at


def _footer(content: DigestContent) -> Block:
    hidden = content.open_total - len(content.top)
    pieces = [mrkdwn(f"As of the scan of {date(content.as_of)}.")]
    if hidden:
        where = "in the file in the thread" if content.rest_is_file else "in the thread"
        pieces.append(note(f"{counted(hidden, 'more open key')} {where}."))
    pieces.append(mrkdwn("`/kms-rotation help` says what else there is."))
    return context(*pieces)


def _elsewhere(told: Sequence[ToldElsewhere]) -> list[Block]:
    """Say which parts of it other channels hear of as well, so that nobody is asked twice for the same key."""
    if len(told) > MOST_ELSEWHERE:
        return [context(mrkdwn(f"{len(told)} other digests tell of parts of this: `/kms-rotation routes`."))]
    if not told:
        return []
    pieces = [piece for each in told for piece in (note(f"{each.scope}:"), mrkdwn(f"<#{each.channel}>"))]
    return [context(note("Told elsewhere as well –"), *pieces)]


def _line(key: OpenKey, at: datetime | None) -> list[Inline]:
    place = (cut(key.account_name, 60), key.region, cut(key.message, 200))
    told = filter(None, (*place, "production" if key.is_production else "", age(key, at), owner(key)))
    return [bold(cut(key.name, 200)), f" – {' · '.join(told)}"]
