"""Which targets a scan reads: accounts × Regions, narrowed by a filter; and which it cannot get into."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event

from bot.models.keys import ReadFailure
from bot.models.scans import EVERYWHERE, Account, Coverage, CoverageStatus, LeftOut, Target
from bot.rules.filters import BadFilterError, Filter
from bot.scan.crew import Crew
from bot.scan.gateways import AccountDirectory, WantedAccounts, WantedRegions
from bot.scan.sentences import account_closed_to_us, accounts_unknown, listing, regions_unknown

EVERY_ACCOUNT = Account(EVERYWHERE, EVERYWHERE)
"""Stands for all accounts of a coverage failure that concerns them all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to read, and the accounts that were lost before anything could be read."""

    targets: tuple[Target, ...]
    failures: tuple[Coverage, ...]
    left_out: tuple[LeftOut, ...] = ()


def check_narrowing(within: Filter) -> None:
    """Raise BadFilterError for parts that tell keys apart: a scan reads whole targets."""
    if within.team or within.alias or within.word:
        raise BadFilterError(
            "A scan is narrowed by account= and region=; team=, alias= and bare words choose among keys that were read."
        )


def make_plan(
    directory: AccountDirectory,
    accounts: WantedAccounts,
    regions: WantedRegions,
    within: Filter,
    *,
    workers: int,
    stop: Event,
) -> Plan:
    """Find the targets. Raises BadFilterError where nothing matches, StoppedError when told to stop."""
    check_narrowing(within)
    crew: Crew[Plan] = Crew(workers, stop)
    crew.add([partial(_list_accounts, crew, directory, accounts, regions, within)])
    parts = list(crew.results())
    plan = Plan(
        tuple(sorted((target for part in parts for target in part.targets), key=_place)),
        tuple(failure for part in parts for failure in part.failures),
    )
    if not plan.targets and any(not part.failures for part in parts):
        raise BadFilterError(f"No Region of the accounts to scan matches region={within.region}.")
    return plan


def _list_accounts(
    crew: Crew[Plan],
    directory: AccountDirectory,
    wanted: WantedAccounts,
    regions: WantedRegions,
    within: Filter,
) -> None:
    found = directory.accounts(wanted)
    if isinstance(found, ReadFailure):
        crew.emit(_lost(EVERY_ACCOUNT, accounts_unknown(found)))
        return
    chosen = [account for account in found if within.matches_account(account)]
    if not chosen:
        names = listing(each.id if each.name == each.id else f"{each.name} ({each.id})" for each in found)
        raise BadFilterError(f"No account to scan matches account={within.account}. There are {names}.")
    crew.add(partial(_open, crew, directory, account, regions, within) for account in chosen)


def _open(
    crew: Crew[Plan], directory: AccountDirectory, account: Account, wanted: WantedRegions, within: Filter
) -> None:
    closed = directory.open(account)
    if closed is not None:
        crew.emit(_lost(account, account_closed_to_us(closed)))
        return
    regions = _regions(directory, account, wanted)
    if isinstance(regions, ReadFailure):
        crew.emit(_lost(account, regions_unknown(regions)))
        return
    crew.emit(Plan(tuple(Target(account, region) for region in regions if within.matches_region(region)), ()))


def _regions(directory: AccountDirectory, account: Account, wanted: WantedRegions) -> Sequence[str] | ReadFailure:
    return directory.enabled_regions(account) if wanted == "enabled" else wanted


def _lost(account: Account, error: str) -> Plan:
    return Plan((), (Coverage(account.id, account.name, EVERYWHERE, CoverageStatus.FAILED, error=error),))


def _place(target: Target) -> tuple[str, str]:
    return target.account.id, target.region
