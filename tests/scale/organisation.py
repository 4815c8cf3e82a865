"""Generates organisations with every kind of key and fault, and knows what is true of them.

The same seed makes the same organisation, so that the fake AWS makes its own copy in its own process.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle
from random import Random
from typing import Any

from tests.benchmarks.fake_aws.world import (
    ACTIVE,
    BOT_ACCOUNT,
    DISABLED,
    ENABLED,
    REGIONS,
    Account,
    Key,
    Place,
    Trouble,
    World,
    key_arn,
)
from tests.scale.kinds import BROKEN, KIND, KINDS, NO, REPLICA, THROTTLED, TWICE, YES, Kind
from tests.scale.truth import ANYWHERE, FAILED, SCANNED, TrueCoverage, TrueFinding, Truth, coverage_of

MILD_ROUNDS = 6
"""So many keys and places of every other kind there are, and one more, for each that fails for ever."""

TAGS: tuple[dict[str, str], ...] = (
    {},
    {"Name": "vault"},
    {"Owner": "amira@example.com", "Stage": "production"},
    {"stage": "test"},
)
NAMES = ("prod payments", "data <&> “lake”", "ops:*", "Büro", "shared_services", "x" * 50)

FINE = "fine"
NO_ROLE, NO_REGIONS = "role missing", "account:ListRegions"
ACCOUNT_FATES = (
    FINE,
    FINE,
    FINE,
    NO_ROLE,
    FINE,
    "SUSPENDED",
    FINE,
    NO_REGIONS,
    FINE,
    "CLOSED",
    "PENDING_CLOSURE",
    FINE,
)
"""What becomes of accounts, in turn: the bot gets in, or why not."""

NOT_ENABLED, BY_SCP, EMPTY = "not enabled", "service control policy", "empty"
FOR_EVER = "for ever"
UNLISTED = {"keys denied", "keys throttled for ever", "keys fail for ever", BY_SCP}
UNNAMED = {"aliases denied", "aliases throttled for ever"}
PLACE_FATES = (
    FINE, FINE, EMPTY, FINE, BY_SCP, FINE, "aliases denied", FINE, NOT_ENABLED, "keys denied", FINE, FINE,
    "keys throttled twice", "keys throttled for ever", "aliases throttled for ever", "keys fail for ever",
)  # fmt: skip
_PLACES: dict[str, dict[str, Any]] = {
    BY_SCP: {"denied_by_scp": True},
    "keys denied": {"denied": frozenset({"ListKeys"})},
    "aliases denied": {"denied": frozenset({"ListAliases"})},
    "keys throttled twice": {"troubles": (Trouble("ListKeys", THROTTLED, TWICE),)},
    "keys throttled for ever": {"troubles": (Trouble("ListKeys", THROTTLED),)},
    "aliases throttled for ever": {"troubles": (Trouble("ListAliases", THROTTLED),)},
    "keys fail for ever": {"troubles": (Trouble("ListKeys", BROKEN),)},
}


def make(seed: int, accounts: int, regions: int, keys_a_place: int, large_place: int = 0) -> World:
    """Make the organisation alone, for the fake AWS."""
    return generate(seed, accounts, regions, keys_a_place, large_place)[0]


def generate(seed: int, accounts: int, regions: int, keys_a_place: int, large_place: int = 0) -> tuple[World, Truth]:
    """Make an organisation and its truth. Places hold up to twice `keys_a_place`, and one of them `large_place`."""
    maker = _Maker(Random(seed), REGIONS[:regions], keys_a_place)
    maker.account(BOT_ACCOUNT, FINE, large_place)
    fates = _in_turn(maker.dice, ACCOUNT_FATES)
    for number in range(1, accounts):
        maker.account(f"{number:012}", next(fates))
    return maker.world, maker.truth


def show(seed: int, each: int, *, with_errors: bool = True) -> World:
    """Make one account with every kind of key, for the fake AWS."""
    return showcase(seed, each, with_errors=with_errors)[0]


def showcase(seed: int, each: int, *, with_errors: bool = True) -> tuple[World, Truth]:
    """Make one account with so many keys of every kind, and one of each that fails for ever; replicas lie elsewhere.

    `with_errors` is left out for tools that tell nothing at all once a call ends in an error other than a denial.
    """
    mild = [kind for kind in KINDS if not kind.is_stubborn]
    kinds = [*KINDS, *mild * (each - 1)]
    maker = _Maker(Random(seed), REGIONS[:2], 1)
    maker.kinds = cycle(kinds)
    maker.account(BOT_ACCOUNT, FINE, len(kinds))
    if not with_errors:
        for (account, region), place in maker.world.places.items():
            arns = {key.id: key_arn(account, region, key.id) for key in place.keys}
            place.keys = [key for key in place.keys if not _errs(maker.truth.findings[arns[key.id]])]
        maker.truth.findings = {arn: true for arn, true in maker.truth.findings.items() if not _errs(true)}
    return maker.world, maker.truth


def _errs(true: TrueFinding) -> bool:
    return true.kind in KIND and KIND[true.kind].errs


def _in_turn(dice: Random, choices: tuple[Any, ...]) -> Iterator[Any]:
    """Yield every choice equally often, in an order of the seed's."""
    return cycle(dice.sample(choices, len(choices)))


@dataclass(slots=True)
class _Maker:
    dice: Random
    regions: tuple[str, ...]
    keys_a_place: int
    world: World = field(default_factory=lambda: World({}, {}, empty_pages=True))
    truth: Truth = field(default_factory=Truth)
    kinds: Iterator[Kind] = field(init=False)
    fates: Iterator[str] = field(init=False)
    _made: int = 0

    def __post_init__(self) -> None:
        mild = tuple(kind for kind in KINDS if not kind.is_stubborn)
        self.kinds = _in_turn(self.dice, KINDS + mild * MILD_ROUNDS)
        mild_fates = tuple(fate for fate in PLACE_FATES if not fate.endswith(FOR_EVER))
        self.fates = _in_turn(self.dice, PLACE_FATES + mild_fates * MILD_ROUNDS)

    def account(self, id_: str, fate: str, large_place: int = 0) -> None:
        is_bots = id_ == BOT_ACCOUNT
        places = {region: FINE if is_bots else next(self.fates) for region in self.regions}
        is_lost = fate != FINE
        account = Account(
            id_,
            f"{self.dice.choice(NAMES)} {id_[-3:]}",
            {region: DISABLED if places[region] == NOT_ENABLED else ENABLED for region in self.regions},
            state=fate if fate.isupper() else ACTIVE,
            has_role=fate != NO_ROLE,
            denied=frozenset({fate}) if fate == NO_REGIONS else frozenset(),
        )
        self.world.accounts[id_] = account
        if account.state != ACTIVE:
            self.truth.left_out[id_] = account.state
        elif is_lost:
            unread = "sts:AssumeRole" if fate == NO_ROLE else fate
            self.truth.coverage[id_, ANYWHERE] = TrueCoverage(FAILED, 0, frozenset({unread}))
        keys = self._keys(places, large_place)
        for region, held in keys.items():
            self.world.places[id_, region] = Place([key for key, _ in held], **_PLACES.get(places[region], {}))
            if not is_lost and places[region] != NOT_ENABLED:
                self._tell_truth(account, region, places[region], held)

    def _keys(self, places: dict[str, str], large_place: int) -> dict[str, list[tuple[Key, Kind]]]:
        """Make the keys of an account's Regions; a replica lies in the Region after its primary's."""
        made: dict[str, list[tuple[Key, Kind]]] = {region: [] for region in self.regions}
        for position, region in enumerate(self.regions):
            if places[region] == EMPTY:
                continue
            count = self.dice.randint(1, 2 * self.keys_a_place - 1)
            for _ in range(large_place if large_place and position == 0 else count):
                kind = next(self.kinds)
                key = self._key(kind)
                made[region].append((key, kind))
                beside = self.regions[(position + 1) % len(self.regions)]
                if kind.replicated and beside != region and places[beside] != EMPTY:
                    replica = Key(
                        key.id, rotation_days=key.rotation_days, multi_region="REPLICA", primary_region=region
                    )
                    made[beside].append((replica, REPLICA))
        for held in made.values():
            self.dice.shuffle(held)
        return made

    def _key(self, kind: Kind) -> Key:
        self._made += 1
        number = self._made
        many = self.dice.choice((1, 1, 1, 2, 5)) if kind.alias else 0
        fields: dict[str, Any] = dict(kind.key)
        prefix = "mrk-" if "multi_region" in fields else "00000000-0000-4000-8000-"
        digits = f"{number:032}" if prefix == "mrk-" else f"{number:012}"
        aliases = tuple(sorted(f"{kind.alias}{number}-{each}" for each in range(many)))
        tags = self.dice.choice(TAGS) | ({"team": f"team-{number % 7}"} if number % 2 else {})
        return Key(prefix + digits, aliases=aliases, tags=tags, **fields)

    def _tell_truth(self, account: Account, region: str, fate: str, held: list[tuple[Key, Kind]]) -> None:
        where = account.id, region
        if fate in UNLISTED:
            self.truth.coverage[where] = TrueCoverage(FAILED, 0, frozenset({"kms:ListKeys"}))
            return
        named = fate not in UNNAMED
        seen = [(key, kind if named else KIND.get(kind.aliasless, kind)) for key, kind in held]
        self.truth.coverage[where] = (
            coverage_of([kind for _, kind in seen], aliases_are_read=named) if seen else TrueCoverage(SCANNED)
        )
        for key, kind in seen:
            self.truth.findings[key_arn(account.id, region, key.id)] = _finding(key, kind, named=named)


def _finding(key: Key, kind: Kind, *, named: bool) -> TrueFinding:
    rotation = None
    if kind.verdict in {YES, NO}:
        rotation = (key.rotation_days is not None, key.rotation_days)
    true = TrueFinding(kind.name, kind.verdict, kind.reason, key.aliases if named else (), rotation, None)
    if kind.verdict != NO:
        return true
    if kind.unread:
        return replace(true, owner="")
    told = {name.lower(): value for name, value in key.tags.items()}
    return replace(
        true,
        team=told.get("team"),
        owner=told.get("owner") or told.get("team"),
        is_production=told.get("stage", "").startswith("prod"),
        tags=frozenset(key.tags.items()),
    )
