"""How much a digest shows: the pages of its thread, and the names of what changed."""

from collections.abc import Iterable

MOST_NAMES = 5
"""So many keys of each kind of change are named; the others are counted."""

PAGE_ROWS = 60
PAGE_CHARACTERS = 8000
"""Slack refuses messages of about 13,200 characters; a page keeps well below."""

MOST_PAGES = 15
"""Past that a thread helps nobody: the keys come as a file."""


def rows_shown(top: int, total: int) -> int:
    """Say how many of the open keys a digest shows at most, in its message and on the pages of its thread."""
    return total if total <= top + MOST_PAGES * PAGE_ROWS else top


def in_pages(lengths: Iterable[int]) -> list[int]:
    """Say how many rows each page holds, given the characters that each row takes."""
    pages: list[int] = []
    room = 0
    for length in lengths:
        if not pages or length > room or pages[-1] == PAGE_ROWS:
            pages.append(0)
            room = PAGE_CHARACTERS
        pages[-1] += 1
        room -= length
    return pages
