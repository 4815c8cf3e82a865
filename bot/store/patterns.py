"""Shell wildcards said in SQL, for texts that AWS made: aliases, key ids and ARNs.

These are of few letters (https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html): a pattern that asks
for another one matches none of them. LIKE is quick and says most patterns exactly; where it would let too much in, a
regular expression looks at what it lets in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789:/_-"
_ANY_LETTER = f"[{ALPHABET}]"
_ESCAPE = "!"

Condition = sa.ColumnElement[bool]
Column = sa.ColumnElement[Any]
_Letters = frozenset[str]
"""What may stand at one place of a text; None stands for `*`."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, place by place."""

    places: tuple[_Letters | None, ...]

    @classmethod
    def parse(cls, pattern: str) -> "Pattern":
        """Read a pattern as fnmatch does: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`. Letters are in lower case."""
        return cls(tuple(_places(pattern)))

    @classmethod
    def letters(cls, text: str) -> "Pattern":
        """Take a text as it is, whatever signs it has."""
        return cls(tuple(frozenset(letter) & frozenset(ALPHABET) for letter in text.lower()))

    @property
    def can_match(self) -> bool:
        return all(place is None or place for place in self.places)

    @property
    def is_open_before(self) -> bool:
        return bool(self.places) and self.places[0] is None

    @property
    def is_open_after(self) -> bool:
        return bool(self.places) and self.places[-1] is None

    def may_begin(self, text: str) -> bool:
        """Say whether something that matches begins with a text."""
        for place, letter in zip(self.places, text, strict=False):
            if place is None:
                return True
            if letter not in place:
                return False
        return len(self.places) >= len(text)

    @property
    def has_choices(self) -> bool:
        """Say whether a place takes some letters and not others, for which LIKE has no sign."""
        return any(place is not None and 1 < len(place) < len(ALPHABET) for place in self.places)

    @property
    def is_of_letters(self) -> bool:
        """Say whether the pattern is letters and `*`, so that no place of it can stand for a quotation mark."""
        return all(place is None or len(place) == 1 for place in self.places)

    @property
    def is_one_text(self) -> bool:
        """Say whether the pattern is letters, with `*` before and after them at most."""
        within = self.places[self.is_open_before : len(self.places) - self.is_open_after]
        return bool(within) and self.is_of_letters and None not in within

    @property
    def like(self) -> str:
        return "".join(map(_like, self.places))

    @property
    def regex(self) -> str:
        return "".join(map(_regex, self.places))


def matches_whole(column: Column, pattern: Pattern, start: str = "") -> Condition:
    """Say that an ARN matches, or what of it follows `start`, which it has once at most.

    A key's ARN has no capital letters (https://docs.aws.amazon.com/kms/latest/developerguide/find-cmk-id-arn.html).
    """
    if not pattern.can_match:
        return sa.false()
    like = _text(column).like(f"{'%' if start else ''}{start}{pattern.like}", escape=_ESCAPE)
    if not pattern.has_choices:
        return like
    return sa.and_(like, _text(column).regexp_match(f"(?i){start or '^'}{pattern.regex}$"))


def matches_an_item(connection: Connection, column: Column, pattern: Pattern, start: str) -> Condition:
    """Say that an item of a JSON list matches, or what of it follows `start`, with which all items begin."""
    if not pattern.can_match:
        return sa.false()
    starts = [start, ""] if pattern.may_begin(start) and not pattern.is_open_before else [start]
    likes = sa.or_(*(_is_like(connection, column, _within_quotes(pattern, each)) for each in starts))
    if pattern.is_one_text or set(pattern.places) == {None}:
        return likes
    is_exact = _folded(connection, column).regexp_match(f'(?i)"({start})?{pattern.regex}"')
    if not pattern.is_of_letters:
        return sa.and_(likes, is_exact)
    has_one_item = sa.not_(_text(column).like('%", "%'))
    return sa.and_(likes, sa.or_(has_one_item, is_exact))


def _within_quotes(pattern: Pattern, start: str) -> str:
    if set(pattern.places) == {None}:
        return '%"%'
    before = "" if pattern.is_open_before else f'%"{start}'
    after = "" if pattern.is_open_after else '"%'
    return f"{before}{pattern.like}{after}"


def _is_like(connection: Connection, column: Column, like: str) -> Condition:
    return _folded(connection, column).like(like, escape=_ESCAPE)


def _folded(connection: Connection, column: Column) -> sa.ColumnElement[str]:
    """A text that LIKE compares without regard to case, which SQLite's does by nature.

    PostgreSQL's ILIKE takes half as long again. A regular expression is asked of the same text as LIKE: PostgreSQL
    looks first at the condition that seems cheaper, and one without `lower` would be asked of every text.
    """
    text = _text(column)
    return sa.func.lower(text.collate("C")) if connection.dialect.name == "postgresql" else text


def _text(column: Column) -> sa.ColumnElement[str]:
    return sa.cast(column, sa.Text)


def _places(pattern: str) -> Iterator[_Letters | None]:
    position = 0
    while position < len(pattern):
        sign = pattern[position]
        end = _end_of_choice(pattern, position) if sign == "[" else position + 1
        if sign != "*":
            yield frozenset(letter for letter in ALPHABET if fnmatchcase(letter, pattern[position:end]))
        elif pattern[end : end + 1] != "*":
            yield None
        position = end


def _end_of_choice(pattern: str, start: int) -> int:
    """Return where `[…]` ends; a bracket that nothing closes stands for itself."""
    first = start + 2 if pattern[start + 1 : start + 2] == "!" else start + 1
    closing = pattern.find("]", first + 1)
    return closing + 1 if closing >= 0 else start + 1


def _like(place: _Letters | None) -> str:
    if place is None:
        return "%"
    if len(place) > 1:
        return "_"
    [letter] = place
    return f"{_ESCAPE}{letter}" if letter == "_" else letter


def _regex(place: _Letters | None) -> str:
    if place is None:
        return f"{_ANY_LETTER}*"
    if len(place) == len(ALPHABET):
        return _ANY_LETTER
    return f"({'|'.join(map(re.escape, sorted(place)))})"
