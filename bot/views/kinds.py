"""What is said otherwise of each kind of change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.models.requests import Change, ChangeKind, ChangeState
from bot.rules.on_demand import MOST_ON_DEMAND
from bot.views.moments import moment
from bot.views.rich import Inline


@dataclass(frozen=True, slots=True)
class Words:
    """`asks` and `fallback` hold a place for the keys, `about` one for whoever asked. `sure` is asked of approvers,
    `again` of whoever has what failed tried again. `noun` is what is done to a key, `question` what approvers decide.

    `ended` stands above a request of one key, `counted` in the count of many, `under_way` beside what is not final.
    """

    title: str
    asks: str
    fallback: str
    about: str
    sure: str
    again: str
    ended: Mapping[ChangeState, str]
    counted: Mapping[ChangeState, str]
    noun: str = "Rotation"
    question: str = "Approve this change?"
    under_way: Mapping[ChangeState, str] = field(
        default_factory=lambda: {ChangeState.QUEUED: "about to be changed", ChangeState.EXECUTING: "being changed now"}
    )


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
    ChangeKind.EXEMPT: Words(
        title="Ask for an exemption",
        asks=" asks to exempt {}.",
        fallback="Exempt {}: ",
        about="Exemption asked for by {}",
        sure=(
            "Until the moment that the request names, {} will be left out of the list of open keys and of the "
            "percentage. That makes nothing compliant: auditors still see it, and it comes back by itself. "
            "Nothing is changed in AWS."
        ),
        again="It is granted, on the approval that was given, unless its time is over by now.",
        ended={
            ChangeState.SUCCEEDED: "✅ Exempt",
            ChangeState.NOT_NEEDED: "✅ Found not needed",
            ChangeState.FAILED: "❌ Failed",
        },
        counted={ChangeState.SUCCEEDED: "exempt", ChangeState.NOT_NEEDED: "found not needed"},
        noun="Exemption",
        question="Approve this exemption?",
        under_way={ChangeState.QUEUED: "about to be granted", ChangeState.EXECUTING: "being granted now"},
    ),
}


def term(change: Change) -> list[Inline]:
    """Say how often, or until when, in the middle of a line."""
    if change.exemption is not None:
        return ["until ", moment(change.exemption.until)]
    return ["once, now" if change.kind is ChangeKind.ROTATE_ON_DEMAND else f"every {change.period_days} days"]
