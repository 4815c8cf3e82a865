"""A line of mrkdwn that is ours alone, as a line of rich text."""

import re

from bot.views.rich import Inline, user

_MARKUP = re.compile(r"(<@[UW][A-Z0-9]+>|<!date\^\d+\^[^|>]*\|[^>]*>)")
_DATE = re.compile(r"<!date\^(\d+)\^([^|>]*)\|([^>]*)>")


def inline(markup: str) -> list[Inline]:
    """Mentions of people and times mean the same there. Nothing that others wrote may be in it.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    return [_piece(each) for each in _MARKUP.split(markup) if each]


def _piece(text: str) -> Inline:
    if text.startswith("<@"):
        return user(text[2:-1])
    at = _DATE.fullmatch(text)
    if at is None:
        return text
    return {"type": "date", "timestamp": int(at[1]), "format": at[2], "fallback": at[3]}
