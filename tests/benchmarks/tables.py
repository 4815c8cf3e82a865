"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table whose first column is text and whose others are numbers."""
    lines = [" | ".join(heads), " | ".join(("---", *("---:" for _ in heads[1:]))), *(" | ".join(row) for row in rows)]
    return "".join(f"| {line} |\n" for line in lines)
