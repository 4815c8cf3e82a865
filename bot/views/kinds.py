"""What is said otherwise of each kind of change."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.models.requests import Change, ChangeKind, ChangeState
from bot.rules.on_demand import MOST_ON_DEMAND


@dataclass(frozen=True, slots=True)
class Words:
    """`asks` and `fallback` hold a place for the keys, `about` one for whoever asked. `sure` is asked of approvers,
    `again` of whoever has what failed tried again.

    `ended` stands above a request of one key, `counted` in the count of many.
    """

    title: str
    asks: str
    fallback: str
    about: str
    sure: str
    again: str
    ended: Mapping[ChangeState, str]
    counted: Mapping[ChangeState, str]


WORDS: Mapping[ChangeKind, Words] = {
    ChangeKind.ENABLE_ROTATION: Words(
        title="Enable rotation",
        asks=" asks to enable automatic rotation of {}.",
        fallback="Enable rotation of {}: ",
        about="Asked by {}",
        sure=(
            "The bot re-reads {}, enables automatic rotation in AWS and reads it back. "
            "Each of the first two rotations adds $1 a month to a key's price."
        ),
        again=(
            "What failed is read again, and rotation enabled where it is still needed, on the approval that was given."
        ),
        ended={
            ChangeState.SUCCEEDED: "✅ Rotation is on",
            ChangeState.NOT_NEEDED: "✅ The key rotates already",
            ChangeState.FAILED: "❌ Failed",
        },
        counted={ChangeState.SUCCEEDED: "enabled", ChangeState.NOT_NEEDED: "rotating already"},
    ),
    ChangeKind.ROTATE_ON_DEMAND: Words(
        title="Rotate now",
        asks=" asks to rotate {} on demand: once, now.",
        fallback="Rotate {} now: ",
        about="Rotation on demand asked for by {}",
        sure=(
            "The bot re-reads {}, has AWS rotate it once, now, and reads it back. It cannot be taken back, and uses "
            f"one of {MOST_ON_DEMAND} in a key's life. "
            "Each of the first two rotations adds $1 a month to a key's price."
        ),
        again=(
            "The key is read again first. It is rotated, on the approval that was given, unless the call that failed "
            "turns out to have been carried out."
        ),
        ended={
            ChangeState.SUCCEEDED: "✅ Carried out",
            ChangeState.NOT_NEEDED: "✅ Had been carried out",
            ChangeState.FAILED: "❌ Failed",
        },
        counted={ChangeState.SUCCEEDED: "carried out", ChangeState.NOT_NEEDED: "carried out before"},
    ),
}


def term(change: Change) -> str:
    """Say how often, in the middle of a line."""
    return "once, now" if change.kind is ChangeKind.ROTATE_ON_DEMAND else f"every {change.period_days} days"
