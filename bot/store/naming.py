"""Keys by their names: the one that somebody means, and those that are called nearly so."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.rules.filters import Filter
from bot.store.narrowing import narrow
from bot.store.patterns import ALPHABET, Condition, Pattern, matches_an_item, matches_whole
from bot.store.tables import findings

MOST_NEAR = 500
"""So many keys are looked at for a name that somebody misspelt."""

_LETTERS_OF_IDS = frozenset("0123456789abcdef-mrk")
_PIECES = 3
_SHORTEST_PIECE = 2


def arns_called(connection: Connection, scan_id: str, name: str, scope: Filter) -> list[str]:
    """Return the keys of a scan, of those that a filter names, that go by an alias or by an id.

    An alias may come with its prefix or without it.
    """
    is_called = _is_called(connection, Pattern.letters(name), name)
    is_named = narrow(connection, scan_id, scope)
    query = sa.select(findings.c.arn).where(findings.c.scan_id == scan_id, is_called, *is_named)
    return list(connection.execute(query.order_by(findings.c.account, findings.c.region, findings.c.arn)).scalars())


def names_near(connection: Connection, scan_id: str, name: str, scope: Filter) -> set[str]:
    """Return names of keys that a filter names and that share a piece with a name, those that share the most first.

    Who misspells a name in one place gets the rest of it right.
    """
    pieces = [Pattern.parse(f"*{piece}*") for piece in _pieces(name)]
    if not pieces:
        return set()
    shared = sum((sa.case((_is_called(connection, each, name), 1), else_=0) for each in pieces), sa.literal(0))
    scored = sa.select(findings.c.aliases, findings.c.arn, shared.label("shared"))
    keys = scored.where(findings.c.scan_id == scan_id, *narrow(connection, scan_id, scope))
    most_first = connection.execute(keys.order_by(sa.desc("shared")).limit(MOST_NEAR)).all()
    rows = [row for row in most_first if row.shared]
    ids = {row.arn.rpartition("/")[2] for row in rows}
    return ids | {alias.removeprefix("alias/") for row in rows for alias in row.aliases}


def _is_called(connection: Connection, pattern: Pattern, name: str) -> Condition:
    """Say that an alias matches a name or a piece of it, or where the name may be an id, that the id does."""
    in_alias = matches_an_item(connection, findings.c.aliases, pattern, "alias/")
    if not set(name.lower()) <= _LETTERS_OF_IDS:
        return in_alias
    return sa.or_(in_alias, matches_whole(findings.c.arn, pattern, "/"))


def _pieces(name: str) -> Iterator[str]:
    letters = [letter for letter in name.lower() if letter in ALPHABET]
    count = min(_PIECES, len(letters) // _SHORTEST_PIECE)
    for number in range(count):
        start, end = (len(letters) * (number + step) // count for step in (0, 1))
        yield "".join(letters[start:end])
