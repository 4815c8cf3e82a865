"""Into the accounts, many at once: their tags where those decide, the audit role, their Regions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event

from bot.models.keys import ReadFailure
from bot.models.plans import Plan, failed
from bot.models.scans import Account, LeftOut, Progress, Target
from bot.rules.filters import Filter
from bot.rules.selection import Choice, Selector
from bot.scan import sentences
from bot.scan.choosing import Chosen
from bot.scan.crew import Crew
from bot.scan.gateways import AccountDirectory
from bot.scan.regions import ListedRegions, choose_regions

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Entrance:
    """The way into an account; many threads use it at once."""

    directory: AccountDirectory
    selector: Selector
    listed: ListedRegions | None
    within: Filter

    def enter(self, account: Account) -> Plan:
        closed = self.directory.open(account)
        if closed is not None:
            return _lost(account, sentences.account_closed_to_us(closed))
        regions = choose_regions(self.directory, account, self.listed)
        if isinstance(regions, ReadFailure):
            return _lost(account, sentences.regions_unknown(regions))
        return Plan(
            tuple(Target(account, region) for region in regions.scanned if self.within.matches_region(region)),
            tuple(failed(account, cause, region) for region, cause in regions.lost),
        )

    def enter_if_meant(self, account: Account) -> Plan:
        """Decide by an account's tags, and enter it only where it is known to be meant."""
        decision = self.selector.decide(account, self.directory.tags_of(account))
        if decision.choice is Choice.LEAVE_OUT:
            return Plan(left_out=(LeftOut(account.id, account.name, decision.why),))
        if decision.choice is Choice.UNKNOWN:
            return _lost(account, sentences.choice_unknown(decision.unread))
        return self.enter(account)


def enter_all(entrance: Entrance, chosen: Chosen, *, workers: int, stop: Event, on_progress: OnProgress) -> list[Plan]:
    """Enter every account that was chosen. Raises StoppedError when told to stop."""
    crew: Crew[Plan] = Crew(workers, stop)

    def emit(step: Callable[[Account], Plan], account: Account) -> None:
        crew.emit(step(account))

    crew.add(partial(emit, entrance.enter, account) for account in chosen.entering)
    crew.add(partial(emit, entrance.enter_if_meant, account) for account in chosen.undecided)
    found, parts = len(chosen.entering) + len(chosen.undecided), list[Plan]()
    on_progress(Progress(accounts_found=found))
    for part in crew.results():
        parts.append(part)
        on_progress(Progress(accounts_found=found, accounts_entered=len(parts)))
    return parts


def _lost(account: Account, error: str) -> Plan:
    return Plan(failures=(failed(account, error),))
