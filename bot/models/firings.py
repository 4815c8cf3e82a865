"""A scheduled moment, and what became of it."""

from enum import StrEnum


class FiringState(StrEnum):
    """A claimed firing that is not done was cut short and is taken up again at the next start."""

    CLAIMED = "CLAIMED"
    DONE = "DONE"
    SKIPPED = "SKIPPED"
