"""What is true of a generated organisation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.scale.kinds import Kind

ANYWHERE = "*"
SCANNED, PARTIAL, FAILED = "SCANNED", "PARTIAL", "FAILED"


@dataclass(frozen=True, slots=True)
class TrueFinding:
    """What is true of one key. Rotation is None where it does not matter, or cannot be known.

    The owner is empty where that cannot be known, and None where nobody is it; only open keys have one.
    """

    kind: str
    verdict: str
    reason: str
    aliases: tuple[str, ...]
    rotation: tuple[bool, int | None] | None
    team: str | None
    owner: str | None = None
    is_production: bool = False
    tags: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class TrueCoverage:
    """How much of a place can be read, and the permissions whose calls fail there for good."""

    status: str
    keys: int = 0
    unread: frozenset[str] = frozenset()


@dataclass(slots=True)
class Truth:
    """Findings by ARN, coverage by account and Region, and the accounts that nobody can enter, with their states."""

    findings: dict[str, TrueFinding] = field(default_factory=dict)
    coverage: dict[tuple[str, str], TrueCoverage] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def coverage_of(kinds: Sequence[Kind], *, aliases_are_read: bool) -> TrueCoverage:
    """Say how much of a place can be read: nothing read of any key is a failure, something unread makes it partial."""
    failing = [f"kms:{kind.unread}" for kind in kinds if kind.unread]
    lost = sum(kind.verdict == "INSUFFICIENT_DATA" and bool(kind.unread) for kind in kinds)
    unread = frozenset(failing) | (frozenset() if aliases_are_read or not kinds else frozenset({"kms:ListAliases"}))
    if kinds and lost == len(kinds):
        return TrueCoverage(FAILED, len(kinds), unread)
    return TrueCoverage(PARTIAL if unread else SCANNED, len(kinds), unread)
