"""Lists in pages, some of them empty where the world wants that: a page without entries may still have a successor."""

from collections.abc import Sequence
from typing import TypeVar

Entry = TypeVar("Entry")
EMPTY = "empty-"


def page(entries: Sequence[Entry], token: str, size: int, *, with_empty: bool) -> tuple[Sequence[Entry], str]:
    """Return a page and the token of the next one; no token is the end."""
    if token.startswith(EMPTY):
        return (), token.removeprefix(EMPTY)
    start = int(token or 0)
    end = start + size
    if end >= len(entries):
        return entries[start:], ""
    return entries[start:end], f"{EMPTY if with_empty else ''}{end}"
