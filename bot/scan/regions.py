"""Which Regions of an account are scanned, and which of the listed ones there are not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.models.keys import ReadFailure
from bot.models.scans import Account
from bot.scan import sentences
from bot.scan.gateways import AccountDirectory

_OFF = frozenset({"DISABLED", "DISABLING"})
"""https://docs.aws.amazon.com/accounts/latest/reference/API_Region.html"""


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """The Regions of an account to scan, and those that cannot be, each with the cause."""

    scanned: tuple[str, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ListedRegions:
    """Regions that the settings list. Accounts are asked for theirs only where a name is unknown to the SDK."""

    names: tuple[str, ...]
    unknown: frozenset[str]

    def in_account(self, directory: AccountDirectory, account: Account) -> RegionChoice:
        if not self.unknown:
            return RegionChoice(self.names)
        states = directory.region_states(account)
        if isinstance(states, ReadFailure):
            lost = tuple((name, sentences.region_unsure(states)) for name in self.names if name in self.unknown)
            return RegionChoice(tuple(name for name in self.names if name not in self.unknown), lost)
        lost = tuple(_lost(self.names, states))
        without = {name for name, _ in lost}
        return RegionChoice(tuple(name for name in self.names if name not in without), lost)


def listed_regions(directory: AccountDirectory, names: Sequence[str]) -> ListedRegions:
    """Tell which of the names the SDK does not know for our partition; each name counts once."""
    once = tuple(dict.fromkeys(names))
    return ListedRegions(once, frozenset(once) - directory.known_regions())


def choose_regions(
    directory: AccountDirectory, account: Account, listed: ListedRegions | None
) -> RegionChoice | ReadFailure:
    """Find the Regions of one account, listed or enabled; or say what kept us from finding them."""
    if listed is not None:
        return listed.in_account(directory, account)
    regions = directory.enabled_regions(account)
    return regions if isinstance(regions, ReadFailure) else RegionChoice(tuple(regions))


def _lost(names: Sequence[str], states: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if name not in states:
            near = get_close_matches(name, list(states), 1)
            yield name, sentences.no_such_region(near[0] if near else None)
        elif states[name] in _OFF:
            yield name, sentences.REGION_NOT_ENABLED
