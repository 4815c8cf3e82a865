"""An anchor: an entry of the record and its hash, kept where nobody who can write to the database can reach it."""

import re
from dataclasses import dataclass

from bot.models.trail import ChainedEntry

HASH_CHARACTERS = 64
_SHOWN = re.compile(
    r"""
    [A-Za-z,:`'"“”\s]*?                             # the words that it is shown with
    ([1-9][0-9]{0,17}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,5})
    (?:\s*:\s*|[,\s]\s*hash[:\s]\s*)
    ([0-9A-Fa-f]+)
    [`'"“”.\s]*
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Each hash covers the one before, so this one vouches for every entry up to `sequence`."""

    sequence: int
    hash: str

    @classmethod
    def of(cls, entry: ChainedEntry) -> "Anchor":
        return cls(entry.sequence, entry.hash)

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """Read `1234:hash`, or “entry 1,234, hash …”, with or without the words before it. Raises ValueError."""
        found = _SHOWN.fullmatch(text)
        if found is None:
            raise ValueError("it is not an entry and its hash")
        sequence, digits = found.groups()
        if len(digits) != HASH_CHARACTERS:
            raise ValueError(f"its hash has {len(digits)} characters of {HASH_CHARACTERS}")
        return cls(int(sequence.replace(",", "")), digits.lower())

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"
