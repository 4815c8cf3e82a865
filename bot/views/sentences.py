"""Sentences of ours that mention people and quote others, as a paragraph and as the text of a message.

Quotations stand between “ and ”: see `meant`.
"""

import re
from collections.abc import Iterator

from bot.models.messages import Block
from bot.views.parts import Element
from bot.views.rich import Inline, code, group, rich, user

FALLBACK_CHARACTERS = 3000
_QUOTED = re.compile("“.*”", re.DOTALL)
_MEANINGFUL = re.compile(r"(<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>|`[^`\n]+`)")


def said(sentence: str) -> Block:
    """A sentence of ours as a paragraph."""
    return rich(meant(sentence))


def meant(sentence: str) -> list[Inline]:
    """A line in which mentions of people, groups and channels, and `code`, mean something, and nothing else does.

    From the first “ to the last ” of a line nothing does at all: there stands what others wrote.
    """
    return [_element(piece) if is_markup else piece for piece, is_markup in _pieces(sentence)]


def spoken(sentence: str) -> str:
    """The same line as the text of a message."""
    told = ""
    for piece, is_markup in _pieces(sentence):
        room = FALLBACK_CHARACTERS - len(told)
        text = piece if is_markup else _escaped(piece, room)
        if len(text) > room:
            break
        told += text
    return told


def fallback(sentence: str) -> str:
    """The text of a message: a whole sentence in which nothing means anything to Slack."""
    return _escaped(sentence, FALLBACK_CHARACTERS)


def escape(text: str) -> str:
    """Escape for mrkdwn. Cut before, never after.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pieces(sentence: str) -> Iterator[tuple[str, bool]]:
    """Split sentences of ours, a line each or several; with each piece goes whether it is markup."""
    for number, line in enumerate(sentence.split("\n")):
        if number:
            yield "\n", False
        yield from _pieces_of_line(line)


def _pieces_of_line(line: str) -> Iterator[tuple[str, bool]]:
    quoted = _QUOTED.search(line)
    parts = (line,) if quoted is None else (line[: quoted.start()], line[quoted.end() :])
    for number, part in enumerate(parts):
        if number and quoted is not None:
            yield quoted.group(), False
        for piece in _MEANINGFUL.split(part):
            if piece:
                yield piece, _MEANINGFUL.fullmatch(piece) is not None


def _escaped(text: str, limit: int) -> str:
    """Escape as much of a text as fits."""
    whole = escape(text)
    if len(whole) <= limit:
        return whole
    room, kept = limit - 1, 0
    while kept < len(text) and (room := room - len(escape(text[kept]))) >= 0:
        kept += 1
    return escape(text[:kept]) + "…"


def _element(text: str) -> Element:
    if text.startswith("<@"):
        return user(text[2:-1])
    if text.startswith("<#"):
        return {"type": "channel", "channel_id": text[2:-1]}
    if text.startswith("<!subteam^"):
        return group(text.removeprefix("<!subteam^")[:-1])
    return code(text[1:-1])
