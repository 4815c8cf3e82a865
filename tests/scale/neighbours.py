"""Two accounts in one Region: all calls for a status fail for ever in one, and twice for each key in the other."""

from tests.benchmarks.fake_aws.world import BOT_ACCOUNT, ENABLED, Account, Key, Place, Trouble, World, key_arn
from tests.scale.kinds import BROKEN, STATUS, TWICE, UNREAD, YES
from tests.scale.truth import FAILED, SCANNED, TrueCoverage, TrueFinding, Truth

REGION = "eu-central-1"
NEIGHBOUR = "000000000001"


def make(failing: int, recovering: int) -> World:
    return generate(failing, recovering)[0]


def generate(failing: int, recovering: int) -> tuple[World, Truth]:
    """Make so many keys of each account, and their truth."""
    world, truth = World({}, {}), Truth()
    for id_, count, times in ((BOT_ACCOUNT, failing, None), (NEIGHBOUR, recovering, TWICE)):
        trouble = (Trouble(STATUS, BROKEN, times),)
        keys = [
            Key(f"00000000-0000-4000-8000-{number:012}", rotation_days=365, troubles=trouble) for number in range(count)
        ]
        world.accounts[id_] = Account(id_, f"account {id_}", {REGION: ENABLED})
        world.places[id_, REGION] = Place(keys)
        if times is None:
            finding = TrueFinding("fails for ever", UNREAD, "SERVICE_ERROR", (), None, None)
            truth.coverage[id_, REGION] = TrueCoverage(FAILED, count, frozenset({f"kms:{STATUS}"}))
        else:
            finding = TrueFinding("told on the third try", YES, "ROTATION_ENABLED", (), (True, 365), None)
            truth.coverage[id_, REGION] = TrueCoverage(SCANNED, count)
        truth.findings |= {key_arn(id_, REGION, key.id): finding for key in keys}
    return world, truth
