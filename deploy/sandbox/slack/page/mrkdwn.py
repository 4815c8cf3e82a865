"""Slack's mrkdwn as HTML. Source: docs.slack.dev/messaging/formatting-message-text."""

import re
from collections.abc import Callable, Iterator

from deploy.sandbox.slack.page.dates import LAST_SECOND, formatted
from deploy.sandbox.slack.page.emoji import picture, plain
from deploy.sandbox.slack.page.html import Html, element, join, lines
from deploy.sandbox.slack.page.reader import Reader, permalink
from deploy.sandbox.slack.things import Json

LINKS = ("http://", "https://", "mailto:", "slack://")

_TOKENS = re.compile(r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>", re.DOTALL)
_STYLED = re.compile(
    r"(?<![\w*])\*(?P<strong>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<em>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<s>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
)
_QUOTES = ("&gt;", ">")
_SECONDS = re.compile("[0-9]+")
_HELD = re.compile("\ue000(\\d+)\ue001")


def render(text: str, reader: Reader) -> Html:
    """What Slack would show. Its three entities are read back; everything else that came in is text."""
    held: list[Html] = []

    def hold(match: re.Match[str]) -> str:
        held.append(_token(match, reader))
        return f"\ue000{len(held) - 1}\ue001"

    body = _TOKENS.sub(hold, text.replace("\ue000", "").replace("\ue001", ""))
    return join(_shown_lines(body, held))


def text(body: Json, reader: Reader) -> Html:
    """A text object of either kind."""
    return render(body["text"], reader) if body["type"] == "mrkdwn" else lines(plain(body))


def link(url: str, label: str, reader: Reader) -> Html:
    if not url.startswith(LINKS):
        return join(label)
    if here := permalink(url, reader):
        return element("a", label, href=here)
    return element("a", label, href=url, target="_blank", rel="noopener noreferrer")


def _shown_lines(body: str, held: list[Html]) -> Iterator[Html]:
    every = body.split("\n")
    for index, line in enumerate(every):
        quote = _quote(line)
        inner = _styles(line.removeprefix(quote).lstrip() if quote else line, held)
        if quote:
            yield element("blockquote", inner)
        elif index + 1 < len(every) and not _quote(every[index + 1]):
            yield join(inner, element("br"))
        else:
            yield inner


def _quote(line: str) -> str:
    return next((sign for sign in _QUOTES if line.startswith(sign)), "")


def _styles(text: str, held: list[Html]) -> Html:
    parts: list[Html] = []
    end = 0
    for match in _STYLED.finditer(text):
        parts.append(_plain(text[end : match.start()], held))
        end = match.end()
        kind = str(match.lastgroup)
        if kind == "emoji":
            parts.append(join(picture(match[kind])))
        else:
            parts.append(element(kind, _styles(match[kind], held)))
    parts.append(_plain(text[end:], held))
    return join(parts)


def _plain(text: str, held: list[Html]) -> Html:
    pieces = _HELD.split(text)
    return join(held[int(piece)] if index % 2 else unescape(piece) for index, piece in enumerate(pieces))


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _token(match: re.Match[str], reader: Reader) -> Html:
    if match["pre"]:
        return element("pre", unescape(match["pre"].strip("\n")))
    if match["code"]:
        return element("code", unescape(match["code"]))
    target, _, label = match["angle"].partition("|")
    for prefix, build in ANGLES.items():
        if target.startswith(prefix):
            return build(target.removeprefix(prefix), unescape(label), reader)
    return link(unescape(target), unescape(label) or unescape(target), reader)


def _mention(text: str) -> Html:
    return element("span", text, class_="mention")


def _date(target: str, label: str, reader: Reader) -> Html:
    seconds, _, rest = target.partition("^")
    pattern, _, url = rest.partition("^")
    if not _SECONDS.fullmatch(seconds) or int(seconds) > LAST_SECOND:
        return join(label)
    moment = int(seconds)
    text = formatted(reader, moment, pattern)
    when = element(
        "time", text, datetime=reader.local(moment).isoformat(), title=reader.local(moment).strftime("%c %Z")
    )
    return element("a", when, href=url, target="_blank", rel="noopener noreferrer") if url.startswith(LINKS) else when


ANGLES: dict[str, Callable[[str, str, Reader], Html]] = {
    "@": lambda target, _label, reader: _mention(f"@{reader.user(target)}"),
    "#": lambda target, _label, reader: _mention(f"#{reader.channel(target)}"),
    "!subteam^": lambda target, _label, reader: _mention(f"@{reader.group(target)}"),
    "!date^": _date,
    "!": lambda target, _label, _reader: _mention(f"@{target}"),
}
