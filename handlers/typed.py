"""What somebody typed after the command, as they meant it."""

import re

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
"""All that Slack escapes; the ampersand last, so that nothing is read twice.

https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛", "'") | dict.fromkeys("`"))
"""Telephones turn straight quotes into curly ones; backticks are what people copy names with."""

_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Marks of no width, which come along when something is copied from a page."""


def read_typed(text: str) -> str:
    for escaped, sign in _ENTITIES:
        text = text.replace(escaped, sign)
    return _UNSEEN.sub("", text.translate(_QUOTES)).strip()


def unquoted(text: str) -> str:
    """Take off the quotes around a name."""
    return text.strip("\"' ")
