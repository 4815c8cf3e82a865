"""What is said of an exemption wherever one is shown: whose it is, by which ticket, how many keys it covers."""

import re

from bot.models.exempting import Reach
from bot.models.exemptions import Exemption, ExemptionTerms
from bot.models.people import is_person, is_user_group
from bot.views.moments import DAY, moment
from bot.views.rich import Inline, group, user
from bot.views.words import counted, cut, some

DECLARED = "Declared in the configuration"
TICKET_CHARACTERS = 500
MOST_NAMES = 10
_ADDRESS = re.compile(r"https?://[^\s<>|\"]+")


def owner(whose: str) -> Inline:
    """A person or group where it is the id of one, otherwise the words that were given."""
    if is_person(whose):
        return user(whose)
    return group(whose) if is_user_group(whose) else cut(whose, 100)


def ticket(given: str) -> Inline:
    """An address as a link that hides nothing, anything else as it was given."""
    if len(given) <= TICKET_CHARACTERS and _ADDRESS.fullmatch(given):
        return {"type": "link", "url": given}
    return cut(given, TICKET_CHARACTERS)


def terms(asked: ExemptionTerms) -> list[list[Inline]]:
    """Whose it is and by which ticket, a line each, as far as it was said."""
    lines: list[list[Inline]] = []
    if asked.owner:
        lines.append(["Looked after by ", owner(asked.owner)])
    if asked.ticket:
        lines.append(["Ticket ", ticket(asked.ticket)])
    if asked.renews:
        lines.append(["It renews an exemption: once granted, it takes the place of that one."])
    return lines


def about(exemption: Exemption) -> list[list[Inline]]:
    """Until when it holds and why, and who asked for it, approved it and looks after it, in two lines."""
    until: list[Inline] = ["Until ", moment(exemption.until), f": {cut(exemption.reason, 300)}"]
    parts: list[list[Inline]] = [[DECLARED]]
    if not exemption.is_declared:
        parts = [
            ["Asked for by ", user(exemption.asked_by), *_approved(exemption), " ", moment(exemption.created_at, DAY)]
        ]
    if exemption.owner:
        parts.append(["looked after by ", owner(exemption.owner)])
    if exemption.ticket:
        parts.append(["ticket ", ticket(exemption.ticket)])
    return [until, [piece for number, each in enumerate(parts) for piece in ([" · "] if number else []) + each]]


def _approved(exemption: Exemption) -> list[Inline]:
    if not exemption.approved_by:
        return [", approved beforehand"]
    line: list[Inline] = [", approved by "]
    for number, each in enumerate(exemption.approved_by):
        line += [" and " if number else "", user(each)]
    return line


def reach(covered: Reach, *, is_granted: bool = False) -> str:
    """How many open keys a pattern covers as of the last scan, and the first of them."""
    verb = "covers" if is_granted else "would cover"
    unseen = " Keys that are not shown here are not counted." if covered.is_partial else ""
    if not covered.open_keys:
        return f"As of the last scan it {verb} no open key; {counted(covered.keys, 'key')} in all would match.{unseen}"
    listed = some([f"“{each}”" for each in covered.names], MOST_NAMES, covered.open_keys)
    names = f": {listed}" if covered.names else ""
    everything = " That is every open key." if covered.is_everything else ""
    excused = f" {counted(covered.excused, 'more is', 'more are')} exempt already." if covered.excused else ""
    return (
        f"As of the last scan it {verb} {counted(covered.open_keys, 'open key')}{names}.{everything}{excused}{unseen}"
    )
