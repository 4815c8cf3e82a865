"""Worlds for measuring: keys of a fixed mixture, spread evenly over some of the accounts and Regions."""

from random import Random

from tests.benchmarks.fake_aws.world import BOT_ACCOUNT, ENABLED, REGIONS, Account, Key, Place, World

READS = frozenset({"DescribeKey", "GetKeyRotationStatus"})
NOTHING: frozenset[str] = frozenset()


def make(
    accounts: int = 1,
    regions: int = 1,
    keys_a_place: int = 0,
    *,
    holding: float = 1.0,
    denied_keys: float = 0.0,
    denied_accounts: float = 0.0,
    denied_regions: float = 0.0,
    empty_pages: bool = False,
    seed: int = 1,
) -> World:
    """Make a world; the shares say how many places hold keys, and how many keys, roles and Regions are denied.

    Keys are denied by their policies, accounts by missing roles, Regions by a service control policy.
    """
    names = REGIONS[:regions]
    ids = [str(int(BOT_ACCOUNT) + number) for number in range(accounts)]
    dice = Random(seed)
    world = World({}, {}, empty_pages)
    number = 0
    for id_ in ids:
        has_role = id_ == BOT_ACCOUNT or not _one_of(denied_accounts, dice)
        world.accounts[id_] = Account(id_, f"account-{id_}", dict.fromkeys(names, ENABLED), has_role=has_role)
        for region in names:
            place = Place(denied_by_scp=_one_of(denied_regions, dice))
            if _one_of(holding, dice):
                place.keys = [_key(number + more, denied=_one_of(denied_keys, dice)) for more in range(keys_a_place)]
                number += keys_a_place
            if place.keys or place.denied_by_scp:
                world.places[id_, region] = place
    return world


def _one_of(share: float, dice: Random) -> bool:
    return share >= 1.0 or (share > 0.0 and dice.random() < share)


def _key(number: int, *, denied: bool) -> Key:
    """Of ten keys AWS manages one, and one is asymmetric; of the others every fourth does not rotate."""
    is_amazons, is_asymmetric = number % 10 == 0, number % 10 == 1
    return Key(
        id=f"00000000-0000-4000-8000-{number:012}",
        aliases=(f"alias/aws/service-{number}" if is_amazons else f"alias/team/key-{number}",),
        manager="AWS" if is_amazons else "CUSTOMER",
        spec="RSA_2048" if is_asymmetric else "SYMMETRIC_DEFAULT",
        usage="SIGN_VERIFY" if is_asymmetric else "ENCRYPT_DECRYPT",
        rotation_days=None if number % 4 == 2 else 365,
        tags={"team": f"team-{number % 40}"},
        denied=READS if denied else NOTHING,
    )
