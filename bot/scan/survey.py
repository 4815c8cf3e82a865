"""The organisation as far as a plan needs it: its accounts, and what stands in the units that the settings name.

Units are walked downward from the named ones, so that the cost is their size and not that of the organisation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock

from bot.models.keys import ReadFailure
from bot.models.scans import Member
from bot.models.selection import UnitContents
from bot.scan.crew import Crew, StoppedError
from bot.scan.gateways import AccountDirectory

NO_SUCH_UNIT = "ParentNotFoundException"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html#API_ListAccountsForParent_Errors"""


@dataclass(frozen=True, slots=True)
class Survey:
    """Our own account, all accounts by their ids, what is in each named unit, and the units that there are not."""

    own: str | ReadFailure
    members: Sequence[Member] | ReadFailure = ()
    units: Mapping[str, UnitContents] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Unit:
    """What stands directly in one unit."""

    id: str
    accounts: Sequence[str] = ()
    units: Sequence[str] = ()
    unread: tuple[ReadFailure, ...] = ()
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class _Found:
    """So many accounts are known by now."""

    accounts: int


@dataclass(frozen=True, slots=True)
class _Own:
    """In which account we are."""

    account: str | ReadFailure


_Part = Sequence[Member] | ReadFailure | _Unit | _Found | _Own


def survey(
    directory: AccountDirectory,
    named: Sequence[str],
    *,
    workers: int,
    stop: Event,
    on_found: Callable[[int], None],
) -> Survey:
    """List the organisation's accounts and walk the named units, both at once. Raises StoppedError when told to stop.

    `on_found` is called on this thread with the number of accounts that are known.
    """
    crew: Crew[_Part] = Crew(workers, stop)
    crew.add([partial(_begin, crew, directory, named, stop)])
    own: str | ReadFailure = ""
    members: Sequence[Member] | ReadFailure = ()
    units: dict[str, _Unit] = {}
    for part in crew.results():
        if isinstance(part, _Found):
            on_found(part.accounts)
        elif isinstance(part, _Unit):
            units[part.id] = part
        elif isinstance(part, _Own):
            own = part.account
        else:
            members = part
    if isinstance(own, ReadFailure):
        return Survey(own)
    missing = frozenset(unit for unit in named if not units[unit].is_there)
    return Survey(own, members, {unit: _contents(unit, units) for unit in named}, missing)


def _begin(crew: Crew[_Part], directory: AccountDirectory, named: Sequence[str], stop: Event) -> None:
    def tell(found: int) -> None:
        if stop.is_set():
            raise StoppedError
        crew.emit(_Found(found))

    own = directory.own_account()
    crew.emit(_Own(own))
    if not isinstance(own, ReadFailure):
        _Walk(crew, directory).go_down(named)
        crew.emit(directory.members(tell))


class _Walk:
    """Goes down from unit to unit, to each once."""

    def __init__(self, crew: Crew[_Part], directory: AccountDirectory) -> None:
        self._crew = crew
        self._directory = directory
        self._lock = Lock()
        self._begun: set[str] = set()

    def go_down(self, units: Sequence[str]) -> None:
        with self._lock:
            new = [unit for unit in units if unit not in self._begun]
            self._begun.update(new)
        self._crew.add(partial(self._look_into, unit) for unit in new)

    def _look_into(self, unit: str) -> None:
        units = self._directory.units_in(unit)
        if isinstance(units, ReadFailure) and units.code == NO_SUCH_UNIT:
            self._crew.emit(_Unit(unit, unread=(units,), is_there=False))
            return
        accounts = self._directory.accounts_in(unit)
        unread = tuple(each for each in (units, accounts) if isinstance(each, ReadFailure))
        below = () if isinstance(units, ReadFailure) else units
        self._crew.emit(_Unit(unit, () if isinstance(accounts, ReadFailure) else accounts, below, unread))
        self.go_down(below)


def _contents(named: str, units: Mapping[str, _Unit]) -> UnitContents:
    """Gather what is in a unit and below it. A named unit that is not there holds nothing; one that is gone by the time
    we come to it from above may have left its accounts anywhere.
    """
    if not units[named].is_there:
        return UnitContents(frozenset())
    parts = list(_descend(named, units))
    accounts = frozenset(account for unit in parts for account in unit.accounts)
    return UnitContents(accounts, tuple(dict.fromkeys(failure for unit in parts for failure in unit.unread)))


def _descend(unit: str, units: Mapping[str, _Unit]) -> Iterator[_Unit]:
    yield units[unit]
    for below in units[unit].units:
        yield from _descend(below, units)
