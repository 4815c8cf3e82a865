"""What a digest tells of changes: what is new, what was fixed and by whom, what waits for approval, what ends."""

from collections.abc import Mapping, Sequence

from bot.models.affairs import EndingExemption, Mended, Waiting
from bot.models.digests import Delta, DeltaKind, Digest, DigestContent
from bot.models.exemptions import ExemptionState
from bot.models.messages import Block
from bot.models.requests import Basis, ChangeKind, Request
from bot.rules.digest import LAPSING_WITHIN, MOST_NAMES
from bot.views.age import how_long
from bot.views.moments import DAY, moment
from bot.views.rich import Inline, bold, bullets, joined, rich, user
from bot.views.standing import is_undecided
from bot.views.words import counted, cut

NAME_CHARACTERS = 48
MOST_OF_A_REQUEST = 3

_BEFORE_FIXED = {DeltaKind.NEW: "New", DeltaKind.REGRESSED: "Open again"}
_AFTER_FIXED = {
    DeltaKind.LAPSED: "No longer counted (deleted, disabled, exempt or out of scope)",
    DeltaKind.UNREAD: "Open last time, not readable now",
}
_WISHES = {
    ChangeKind.ENABLE_ROTATION: " asks to enable rotation of ",
    ChangeKind.ROTATE_ON_DEMAND: " asks to rotate, once, ",
    ChangeKind.EXEMPT: " asks to exempt ",
}
_ENDS = {ExemptionState.LAPSED: "it ran out", ExemptionState.WITHDRAWN: "it was withdrawn"}


def news(message: Digest, requests: Mapping[str, Request]) -> list[Block]:
    """All of it as one block, of which empty parts are left out; `requests` are those that rows are shown with."""
    content = message.content
    parts = [
        *_changes(message),
        *_waiting(content, requests),
        *_exemptions(content),
        *_snoozed(content),
    ]
    return [joined(*parts)] if parts else []


def _changes(message: Digest) -> Sequence[Block]:
    content = message.content
    if content.delta is not None:
        lines = _lines(content, content.delta) + _still_open(message, content.delta)
        return [bullets(*lines)] if lines else []
    if content.previous_summary is not None:
        return [rich("The previous digest knew of no key that can rotate, so there is nothing to compare with.")]
    return [rich("This is the first digest, so there is nothing to compare it with.")]


def _lines(content: DigestContent, delta: Delta) -> list[list[Inline]]:
    lines = [_line(words, delta, kind) for kind, words in _BEFORE_FIXED.items() if delta.total(kind)]
    lines += _fixed(content, delta)
    return lines + [_line(words, delta, kind) for kind, words in _AFTER_FIXED.items() if delta.total(kind)]


def _line(words: str, delta: Delta, kind: DeltaKind) -> list[Inline]:
    return _named(words, delta.names(kind), delta.total(kind))


def _named(words: str, names: Sequence[str], total: int) -> list[Inline]:
    return [bold(f"{words}: {total:,}"), " – ", *_some(names, total)]


def _some(names: Sequence[str], total: int, most: int = MOST_NAMES) -> list[Inline]:
    """Name the first, each a piece of its own, so that where a message is too long no count is cut."""
    shown: list[Inline] = [f"{', ' if number else ''}{_name(name)}" for number, name in enumerate(names[:most])]
    return [*shown, f" and {total - len(shown):,} more"] if total > len(shown) else shown


def _name(name: str) -> str:
    return cut(name, NAME_CHARACTERS)


def _fixed(content: DigestContent, delta: Delta) -> list[list[Inline]]:
    """Tell what was fixed through the bot, and by whom, apart from what was fixed elsewhere."""
    total, affairs = delta.total(DeltaKind.FIXED), content.affairs
    if not total:
        return []
    if content.made_on is None:  # of a version that did not tell them apart
        return [_line("Fixed", delta, DeltaKind.FIXED)]
    lines: list[list[Inline]] = []
    if affairs.mended_total:
        by_whom = [piece for number, each in enumerate(affairs.mended) for piece in _mended(each, number)]
        others = affairs.mended_total - len(affairs.mended)
        more: list[Inline] = [f" and {others:,} more"] if others else []
        lines.append([bold(f"Fixed through this bot: {affairs.mended_total:,}"), " – ", *by_whom, *more])
    if elsewhere := total - affairs.mended_total:
        lines.append(_named("Fixed outside of this bot", affairs.fixed_elsewhere, elsewhere))
    return lines


def _mended(each: Mended, number: int) -> list[Inline]:
    start = ", " if number else ""
    return [f"{start}{_name(each.name)}", " (asked for by ", user(each.asked_by), *_on_whose_word(each), ")"]


def _on_whose_word(each: Mended) -> list[Inline]:
    match each.basis:
        case Basis.BREAK_GLASS:
            return [", ", user(each.glass_broken_by), " broke the glass"]
        case Basis.PRE_APPROVED:
            return [", approved beforehand by its rule"]
    told: list[Inline] = [", approved by "]
    for number, approver in enumerate(each.approved_by[:MOST_NAMES]):
        told += [" and " if number else "", user(approver)]
    return told


def _still_open(message: Digest, delta: Delta) -> list[list[Inline]]:
    total, oldest = delta.total(DeltaKind.STILL_OPEN), message.content.affairs.oldest
    if not total:
        return []
    which = "" if total == 1 else "the oldest "
    told = "" if oldest is None else f", {which}for {how_long(oldest, message.created_at)}"
    return [[bold(f"Still open: {total:,}"), told]]


def _waiting(content: DigestContent, requests: Mapping[str, Request]) -> Sequence[Block]:
    """Leave out what was decided since the digest was made, as far as its rows tell."""
    shown = [each for each in content.affairs.waiting if is_undecided(each.request_id, requests)]
    total = content.affairs.waiting_total - (len(content.affairs.waiting) - len(shown))
    if not total:
        return []
    more: list[str] = [_more(total, len(shown), "/kms-rotation requests")] if total > len(shown) else []
    return [rich(bold(f"Waiting for approval: {total:,}")), bullets(*map(_wish, shown), *more)]


def _wish(each: Waiting) -> list[Inline]:
    return [
        user(each.asked_by),
        _WISHES[each.kind],
        *_some(each.names, each.total, MOST_OF_A_REQUEST),
        " – since ",
        moment(each.since),
    ]


def _exemptions(content: DigestContent) -> Sequence[Block]:
    affairs = content.affairs
    within = counted(LAPSING_WITHIN.days, "day")
    return [
        *_ending(f"Exemptions that end within {within}", affairs.lapsing, affairs.lapsing_total),
        *_ending("Exemptions that have ended", affairs.ended, affairs.ended_total),
    ]


def _ending(words: str, shown: Sequence[EndingExemption], total: int) -> Sequence[Block]:
    if not total:
        return []
    more = [_more(total, len(shown), "/kms-rotation exemptions")] if total > len(shown) else []
    return [rich(bold(f"{words}: {total:,}")), bullets(*map(_end, shown), *more)]


def _end(each: EndingExemption) -> list[Inline]:
    name = _name(each.name)
    if each.state in _ENDS:
        return [name, f" – {_ENDS[each.state]} ", moment(each.at, DAY)]
    return [name, " – until ", moment(each.at, DAY)]


def _snoozed(content: DigestContent) -> Sequence[Block]:
    count, until = content.affairs.snoozed, content.affairs.snoozed_until
    if not count:
        return []
    are = "is" if count == 1 else "are"
    told: list[Inline] = [f"{counted(count, 'open key')} {are} snoozed in this digest and shown last"]
    if until is not None:
        told += [", until " if count == 1 else ", the first until ", moment(until, DAY)]
    return [rich([*told, "."])]


def _more(total: int, shown: int, where: str) -> str:
    return f"… and {total - shown:,} more: {where}"
