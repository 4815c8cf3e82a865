"""What is wrong with a value of the file and what to do, as pydantic carries it and as people read it."""

import re
from difflib import get_close_matches

from pydantic_core import PydanticCustomError

MISTAKE = "mistake"
"""The type of the errors made here; their context holds the two sentences of a Problem."""
_SECRET = re.compile(r"xox|xapp-", re.IGNORECASE)
_LONGEST_SHOWN = 60


def mistake(what: str, remedy: str) -> PydanticCustomError:
    """Make the error that a validator raises: what is wrong and what to do, both sentences."""
    return PydanticCustomError(MISTAKE, "{what} {remedy}", {"what": what, "remedy": remedy})


def shown(value: object) -> str:
    """Quote a value for a message; what looks like a Slack token is never shown."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _SECRET.search(text):
        return "a Slack token (not shown)"
    return f"“{text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + '…'}”"


def nearest(word: str, known: list[str]) -> str | None:
    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(word.lower(), list(by_lower), 1)
    return by_lower[near[0]] if near else None
