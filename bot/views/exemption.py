"""An exemption that has ended, told in the thread of its request."""

from collections.abc import Mapping

from bot.models.exemptions import Exemption, ExemptionState
from bot.models.messages import Rendered
from bot.views.budget import message
from bot.views.excuse import owner
from bot.views.moments import moment
from bot.views.names import COMMAND
from bot.views.parts import context, note
from bot.views.rich import Inline, bold, rich, user
from bot.views.sentences import fallback, meant
from bot.views.words import counted, cut

_ENDS: Mapping[ExemptionState, tuple[str, str]] = {
    ExemptionState.ACTIVE: ("✅", "holds"),
    ExemptionState.LAPSED: ("⌛", "ended"),
    ExemptionState.WITHDRAWN: ("↩️", "was withdrawn"),
    ExemptionState.RENEWED: ("🔁", "was renewed"),
}


def ended(exemption: Exemption) -> Rendered:
    """What became of it, by whom, and how many keys are open again. It mentions those whom it concerns."""
    mark, what = _ENDS[exemption.state]
    again = _open_again(exemption)
    name = cut(exemption.name, 200)
    blocks = [
        rich([f"{mark} The exemption of ", bold(name), f" {what}", *_by(exemption), "."], again),
        rich(["For ", *_concerned(exemption), "."]),
    ]
    if exemption.reopened:
        blocks.append(context(note(f"{COMMAND} list shows what is open.")))
    return message(fallback(f"The exemption of “{name}” {what}. {again}".strip()), blocks)


def withdrawn(exemption: Exemption) -> Rendered:
    """What whoever withdrew it is told."""
    again = _open_again(exemption)
    name = cut(exemption.name, 200)
    return message(
        fallback(f"The exemption of “{name}” is withdrawn. {again}".strip()),
        [rich([f"{_ENDS[ExemptionState.WITHDRAWN][0]} Withdrawn: the exemption of ", bold(name), "."], again)],
    )


def _open_again(exemption: Exemption) -> str:
    if exemption.state is ExemptionState.RENEWED:
        return "A later one takes its place, so nothing is open again."
    if exemption.reopened is None:
        return ""
    if not exemption.reopened:
        return "No key is open again: another exemption covers what it covered, or it was mended."
    return f"{counted(exemption.reopened, 'key is', 'keys are')} open again."


def _by(exemption: Exemption) -> list[Inline]:
    if exemption.state is ExemptionState.WITHDRAWN and exemption.ended_by:
        by: list[Inline] = [" by ", *meant(f"<@{exemption.ended_by}>")]
        return [*by, *_when(exemption)]
    return _when(exemption)


def _when(exemption: Exemption) -> list[Inline]:
    return [] if exemption.ended_at is None else [" ", moment(exemption.ended_at)]


def _concerned(exemption: Exemption) -> list[Inline]:
    """Whoever asked, and whose the keys are."""
    people: list[Inline] = [user(exemption.asked_by)]
    if exemption.owner and exemption.owner != exemption.asked_by:
        people += [" and ", owner(exemption.owner)]
    return people
