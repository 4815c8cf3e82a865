"""Which targets a scan reads: accounts × Regions, narrowed by a filter.

Everybody who is not scanned is named: with why where that is meant, as a coverage failure where it is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event

from bot.models.keys import ReadFailure
from bot.models.plans import EVERY_ACCOUNT, NOTHING, Plan, failed
from bot.models.scans import Account, Progress, Target
from bot.models.selection import EVERYBODY, Selection
from bot.rules.filters import BadFilterError, Filter
from bot.rules.selection import Selector
from bot.rules.sight import is_hidden
from bot.scan import sentences
from bot.scan.choosing import Chosen, choose_listed, choose_members
from bot.scan.entering import Entrance, OnProgress, enter_all
from bot.scan.gateways import AccountDirectory, WantedAccounts, WantedRegions
from bot.scan.regions import ListedRegions, listed_regions
from bot.scan.survey import survey


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the settings ask for: accounts, of the organisation's those that are selected, and Regions."""

    accounts: WantedAccounts
    regions: WantedRegions
    selection: Selection = EVERYBODY


def check_narrowing(within: Filter) -> None:
    """Raise BadFilterError for parts that tell keys apart: a scan reads whole targets."""
    if within.team or within.alias or within.word:
        raise BadFilterError(
            "A scan is narrowed by account= and region=; team=, alias= and bare words choose among keys that were read."
        )


def make_plan(
    directory: AccountDirectory,
    wanted: Wanted,
    within: Filter,
    *,
    workers: int,
    stop: Event,
    on_progress: OnProgress = lambda _: None,
) -> Plan:
    """Find the targets. Raises BadFilterError where nothing matches, StoppedError when told to stop.

    `on_progress` is told on this thread how many accounts are known, and then how many are to be entered and were.
    """
    check_narrowing(within)
    selection = wanted.selection if wanted.accounts == "organization" else EVERYBODY
    found = survey(
        directory,
        selection.units,
        workers=workers,
        stop=stop,
        on_found=lambda accounts: on_progress(Progress(accounts_found=accounts)),
    )
    if isinstance(found.own, ReadFailure):
        return Plan(failures=(failed(EVERY_ACCOUNT, sentences.accounts_unknown(found.own)),))
    if wanted.accounts == "organization":
        chosen = choose_members(found, selection, within)
    else:
        chosen = choose_listed([found.own] if wanted.accounts is None else wanted.accounts, found, within)
    if not (chosen.entering or chosen.undecided):
        return _joined(chosen, (), within)
    listed = _listed(directory, wanted.regions, within)
    entrance = Entrance(directory, Selector(selection, found.units), listed, within)
    entered = enter_all(entrance, chosen, workers=workers, stop=stop, on_progress=on_progress)
    return _joined(chosen, entered, within)


def _listed(directory: AccountDirectory, regions: WantedRegions, within: Filter) -> ListedRegions | None:
    """Return the listed Regions that match; None where each account is asked for its own."""
    if regions == "enabled":
        return None
    return listed_regions(directory, [region for region in regions if within.matches_region(region)])


def _joined(chosen: Chosen, entered: Sequence[Plan], within: Filter) -> Plan:
    """Put the parts together. A plan of nothing, and nothing that failed, is never a clean scan."""
    parts = (chosen.rest, *entered)
    plan = Plan(
        tuple(sorted((target for part in parts for target in part.targets), key=_place)),
        tuple(failure for part in parts for failure in part.failures),
        tuple(sorted((each for part in parts for each in part.left_out), key=lambda each: each.account)),
    )
    if not plan.targets and NOTHING in entered:
        raise BadFilterError(f"No Region of the accounts to scan matches region={within.region}.")
    if plan.targets or plan.failures:
        return plan
    if within.account:
        accounts = ((Account(each.account, each.account_name), each) for each in plan.left_out)
        seen = [each for account, each in accounts if not is_hidden(account, within.hidden)]
        raise BadFilterError(sentences.all_left_out(within.account, seen))
    return replace(plan, failures=(failed(EVERY_ACCOUNT, sentences.NOBODY_IS_LEFT),))


def _place(target: Target) -> tuple[str, str]:
    return target.account.id, target.region
