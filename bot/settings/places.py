"""Where in the file something stands, as people say it: counted from one, with the line."""

import re
import tomllib

Location = tuple[str | int, ...]
"""The keys and list positions (from zero) that lead to a value."""

_HEADER = re.compile(r"\s*(?P<open>\[\[?)\s*(?P<name>[^\]#]+?)\s*\]")
_KEY = re.compile(r"\s*(?P<name>[\w.\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=")


def spell(path: Location) -> str:
    """Spell a path: `approval.rule[2].approvers`."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


class Lines:
    """The lines at which tables and keys of a well-formed TOML text begin."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Location, int] = {}
        tables_so_far: dict[Location, int] = {}
        table: Location = ()
        lines = text.split("\n")
        for number, line in enumerate(lines, start=1):
            header, key = _HEADER.match(line), _KEY.match(line)
            if (header is None and key is None) or not _is_whole("\n".join(lines[: number - 1])):
                continue
            if header is not None:
                names = _split(header["name"])
                if header["open"] == "[[":
                    full = _numbered(names, tables_so_far, len(names) - 1)
                    tables_so_far[full] = tables_so_far.get(full, -1) + 1
                table = _numbered(names, tables_so_far, len(names))
                for path in (table, *(names[:depth] for depth in range(1, len(names) + 1))):
                    self._lines.setdefault(path, number)
            elif key is not None:
                names = _split(key["name"])
                for depth in range(1, len(names) + 1):
                    self._lines.setdefault((*table, *names[:depth]), number)

    def of(self, path: Location) -> int | None:
        """Find the line of a value, or else of the table that it is in; None where nothing of it is written."""
        for depth in range(len(path), 0, -1):
            if path[:depth] in self._lines:
                return self._lines[path[:depth]]
        return None


def _numbered(names: Location, tables_so_far: dict[Location, int], depth: int) -> Location:
    """Add the position of the latest table to each of the first names that stands for a list of tables."""
    path: Location = ()
    for position, name in enumerate(names):
        path = (*path, name)
        if position < depth and path in tables_so_far:
            path = (*path, tables_so_far[path])
    return path


def _split(dotted: str) -> Location:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _is_whole(text: str) -> bool:
    """Tell a line that begins something from one inside a long list or text: what is above it is TOML by itself."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
