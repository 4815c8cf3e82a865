"""What enabling rotation costs and what it does not do, told before it is asked for."""

from bot.models.messages import Block
from bot.views.rich import Inline, bullets, link
from bot.views.words import counted

BASE_PRICE, MOST_ADDED = 1, 2
"""Dollars a month. https://aws.amazon.com/kms/pricing/."""

_SOURCE: list[Inline] = ["Source: ", link("https://aws.amazon.com/kms/pricing/", "AWS KMS pricing"), "."]
_ADDED = f"The first two rotations add $1 a month each, ${MOST_ADDED} together, later ones nothing."
_EFFECTS = (
    "Data stays as it is: nothing is encrypted anew, and rotation does not undo a leak.",
    "Older key material stays usable: what it encrypted can still be decrypted.",
)


def consequences(*, is_multi_region: bool) -> Block:
    """For one key. What it costs by now is not known, for that depends on its earlier rotations.

    Primaries and replicas are priced alike: https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html.
    """
    replicas = " Each replica of this multi-Region key is charged as a key of its own." if is_multi_region else ""
    return bullets(
        f"Price now: enabling adds nothing. The key costs ${BASE_PRICE} a month if it was never rotated.",
        [f"Price at most: ${BASE_PRICE + MOST_ADDED} a month. {_ADDED}{replicas} ", *_SOURCE],
        *_EFFECTS,
    )


def consequences_for_several(keys: int) -> Block:
    """For each of several keys, and for all of them."""
    return bullets(
        f"Price now: enabling adds nothing. A key costs ${BASE_PRICE} a month if it was never rotated.",
        [
            (
                f"Price at most: ${BASE_PRICE + MOST_ADDED} a month for each key. {_ADDED} For all "
                f"{counted(keys, 'key')} that is up to ${keys * MOST_ADDED:,} a month more than now. "
            ),
            *_SOURCE,
        ],
        *_EFFECTS,
    )
