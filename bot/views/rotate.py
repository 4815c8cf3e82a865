"""The modal behind “Rotate now …”: what it does, what AWS allows and what it costs, told before anybody asks."""

from bot.models.asking import RotationProposal
from bot.models.requests import ChangeKind
from bot.rules.on_demand import MOST_ON_DEMAND
from bot.views.form import form, key_as_read, nothing_yet, reason_input
from bot.views.kinds import WORDS
from bot.views.names import ROTATE_MODAL
from bot.views.parts import Element
from bot.views.rich import Inline, bullets

FEWEST_CHARACTERS = 10


def rotate_now(proposal: RotationProposal) -> Element:
    """The form: the key, what follows, why."""
    blocks = [
        key_as_read(proposal.finding),
        bullets(*_consequences(proposal.used)),
        reason_input(FEWEST_CHARACTERS),
        nothing_yet("The key is read again before that.", may_be_at_once=proposal.may_be_at_once),
    ]
    return form(ROTATE_MODAL, WORDS[ChangeKind.ROTATE_ON_DEMAND].title, proposal.handle, blocks)


def _consequences(used: int | None) -> list[Inline]:
    price = "Price: a key costs $1 a month, and each of its first two rotations adds $1 a month, later ones nothing."
    so_far = "" if used is None else f"; this one had used {used} of them when it was shown to you"
    return [
        "The key gets new key material, which encrypts from then on. The old one stays, to decrypt what it encrypted.",
        "Data is not encrypted anew, and a data key that leaked stays leaked.",
        f"A key can be rotated on demand {MOST_ON_DEMAND} times in its life{so_far}. It cannot be taken back.",
        "Only symmetric keys can be rotated; of a multi-Region key the primary, and its replicas follow.",
        f"{price} Automatic rotations and those on demand count alike.",
        "The automatic schedule stays as it is, on or off.",
    ]
