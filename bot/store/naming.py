"""Keys by their names: the one that somebody means, and those that are called nearly so."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.patterns import ALPHABET, Condition, Pattern, matches_an_item, matches_whole
from bot.store.tables import findings

MOST_NEAR = 500
"""So many keys are looked at for a name that somebody misspelt."""

_PIECES = 3
_SHORTEST_PIECE = 2


def arns_called(connection: Connection, scan_id: str, name: str) -> list[str]:
    """Return the keys of a scan that go by an alias, with or without its prefix, or by an id."""
    is_called = _has(connection, Pattern.letters(name))
    query = sa.select(findings.c.arn).where(findings.c.scan_id == scan_id, is_called)
    return list(connection.execute(query.order_by(findings.c.account, findings.c.region, findings.c.arn)).scalars())


def names_near(connection: Connection, scan_id: str, name: str) -> set[str]:
    """Return names of keys that share a piece with a name, those that share the most first.

    Who misspells a name in one place gets the rest of it right.
    """
    shares = [_has(connection, Pattern.parse(f"*{piece}*")) for piece in _pieces(name)]
    if not shares:
        return set()
    shared = sum((sa.case((each, 1), else_=0) for each in shares[1:]), sa.case((shares[0], 1), else_=0))
    query = (
        sa.select(findings.c.aliases, findings.c.arn)
        .where(findings.c.scan_id == scan_id, sa.or_(*shares))
        .order_by(shared.desc())
        .limit(MOST_NEAR)
    )
    rows = connection.execute(query).all()
    ids = {row.arn.rpartition("/")[2] for row in rows}
    return ids | {alias.removeprefix("alias/") for row in rows for alias in row.aliases}


def _has(connection: Connection, pattern: Pattern) -> Condition:
    return sa.or_(
        matches_an_item(connection, findings.c.aliases, pattern, "alias/"),
        matches_whole(connection, findings.c.arn, pattern, "/"),
    )


def _pieces(name: str) -> Iterator[str]:
    letters = [letter for letter in name.lower() if letter in ALPHABET]
    count = min(_PIECES, len(letters) // _SHORTEST_PIECE)
    for number in range(count):
        start, end = (len(letters) * (number + step) // count for step in (0, 1))
        yield "".join(letters[start:end])
