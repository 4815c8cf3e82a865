"""The worlds that are measured, each with its levers, and how a part of one is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.benchmarks.fake_aws.levers import Levers
from tests.benchmarks.fake_aws.serving import EVEN, Recipe

LATENCY_SECONDS = 0.02
QUIET = Levers(latency=LATENCY_SECONDS)


@dataclass(frozen=True, slots=True)
class Setting:
    """A world to measure. A part of it has fewer of what `shrinks` names: keys, or accounts."""

    title: str
    arguments: Mapping[str, int | float]
    shrinks: str
    levers: Levers = field(default=QUIET)
    maker: str = EVEN

    @property
    def recipe(self) -> Recipe:
        return Recipe(dict(self.arguments), self.levers, self.maker)

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same world, whatever it is called."""
        return self.maker, self.levers, *sorted(self.arguments.items())

    def part(self, divisor: int) -> "Setting":
        return self._resized(int(self.arguments[self.shrinks]) // divisor)

    def times(self, factor: int) -> "Setting":
        return self._resized(int(self.arguments[self.shrinks]) * factor)

    def empty(self) -> "Setting":
        """Nothing to read: what a run costs then is its start-up."""
        return replace(self, title="nothing", arguments={"keys_a_place": 0}, levers=QUIET, maker=EVEN)

    def _resized(self, size: int) -> "Setting":
        return replace(self, arguments={**self.arguments, self.shrinks: size})


def one_account(title: str, keys: int, levers: Levers = QUIET, **more: float) -> Setting:
    return Setting(title, {"keys_a_place": keys, **more}, "keys_a_place", levers)


def organisation(title: str, accounts: int, regions: int, keys_a_place: int, **more: float) -> Setting:
    sizes = {"accounts": accounts, "regions": regions, "keys_a_place": keys_a_place}
    return Setting(title, {**sizes, **more}, "accounts")


ACCOUNT = one_account("one account, 2,000 keys", 2000)
WITHOUT_LATENCY = one_account("one account, 1,000 keys, without latency", 1000, Levers())
THROTTLED = one_account("one account, 2,000 keys, 10 % of the calls throttled", 2000, replace(QUIET, throttled=0.10))
DENIED = one_account("one account, 2,000 keys, 5 % of them denied by key policy", 2000, denied_keys=0.05)
SHARED = one_account("one account, 2,000 keys, others use half of the quota", 2000, replace(QUIET, used_by_others=0.5))
FAR_SECONDS = 0.2
SHARED_OUT = replace(
    organisation("150 accounts × 2 Regions × 12 keys, 200 ms a call", 150, 2, 12), levers=Levers(latency=FAR_SECONDS)
)
"""So far away one interpreter waits more than it works: what more of them bring is seen on few cores as well."""

ORGANISATION = organisation("100 accounts × 4 Regions × 5 keys", 100, 4, 5)
DENIED_ORGANISATION = organisation(
    "100 accounts × 4 Regions × 5 keys, 5 % of the keys, of the roles and of the Regions denied",
    100,
    4,
    5,
    denied_keys=0.05,
    denied_accounts=0.05,
    denied_regions=0.05,
)
MOSTLY_EMPTY = organisation(
    "1,000 accounts × 17 Regions, 3 % of them with 5 keys", 1000, 17, 5, holding=0.03, empty_pages=1
)
LARGE = organisation("100 accounts × 4 Regions × 250 keys", 100, 4, 250)
TENTH_OF_LARGE = replace(LARGE.part(10), title="10 accounts × 4 Regions × 250 keys")
ONE_LARGE_TARGET = one_account("one account, one Region, 100,000 keys", 100_000)
KINDS_SEED, KINDS_EACH = 1, 4
EVERY_KIND = Setting(
    "one account, keys of every kind",
    {"seed": KINDS_SEED, "each": KINDS_EACH},
    "each",
    QUIET,
    "tests.scale.organisation:show",
)
EVERY_EASY_KIND = replace(EVERY_KIND, arguments={**EVERY_KIND.arguments, "with_errors": 0})
"""Without keys whose calls end in an error other than a denial."""
