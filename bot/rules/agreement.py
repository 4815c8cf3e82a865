"""Whether the processes that share a database have the same settings."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from bot.models.processes import Difference, Group, RunningProcess

BEAT_SECONDS = 30.0
"""How often a process says that it is there."""

ALIVE = timedelta(seconds=4 * BEAT_SECONDS)
"""A process that was not heard of for so long does not count any more."""

PATIENCE = timedelta(minutes=10)
"""So long settings may differ before the channel hears of it: while a new version is rolled out they often do."""


def differences(processes: Iterable[RunningProcess]) -> tuple[Difference, ...]:
    """Say which sections differ, and which processes have the same; the most processes first.

    A section that a process does not have is left out for it: one that only scans has nothing of Slack.
    """
    holders: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for process in processes:
        for section, fingerprint in process.settings.items():
            holders[section][fingerprint].append(process.name)
    return tuple(
        Difference(
            section, tuple(sorted((Group(each, tuple(sorted(names))) for each, names in found.items()), key=_size))
        )
        for section, found in sorted(holders.items())
        if len(found) > 1
    )


def in_words(difference: Difference) -> str:
    """Name the processes that have the same, group by group."""
    return " | ".join(", ".join(group.names) for group in difference.groups)


def _size(group: Group) -> tuple[int, tuple[str, ...]]:
    return -len(group.names), group.names
