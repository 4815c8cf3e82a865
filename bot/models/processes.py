"""The processes that share a database, and where their settings differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A process of the bot. `name` says where it runs; `settings` holds a fingerprint of each section of its settings.

    `seen_at` is when it was last heard of. A fingerprint tells that two are equal, and nothing else of them.
    """

    id: str
    name: str
    started_at: datetime
    seen_at: datetime
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Processes that have the same in a section of the settings, by their names."""

    fingerprint: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A section of the settings that is not the same everywhere, and who has which."""

    section: str
    groups: tuple[Group, ...]

    def is_about_the_same(self, other: "Difference") -> bool:
        """Say whether the same settings differ, in whichever processes."""
        ours, theirs = ({group.fingerprint for group in each.groups} for each in (self, other))
        return self.section == other.section and ours == theirs


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Processes that share a database and have different settings. `ended_at` is None for as long as that lasts."""

    id: str
    differences: tuple[Difference, ...]
    since: datetime
    ended_at: datetime | None = None

    def is_about(self, found: tuple[Difference, ...]) -> bool:
        return len(found) == len(self.differences) and all(
            one.is_about_the_same(other) for one, other in zip(self.differences, found, strict=True)
        )
