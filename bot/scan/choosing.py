"""Which accounts are entered, as far as that is decided without asking any of them."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.models.keys import ReadFailure
from bot.models.plans import EVERY_ACCOUNT, NOTHING, Plan, failed
from bot.models.scans import Account, Coverage, LeftOut, Member
from bot.models.selection import Selection
from bot.rules.filters import BadFilterError, Filter
from bot.rules.selection import Choice, Decision, Selector
from bot.rules.sight import EVERYTHING, is_hidden
from bot.scan import sentences
from bot.scan.survey import Survey

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom to enter, whose tags decide, and what is known of the rest."""

    entering: tuple[Account, ...] = ()
    undecided: tuple[Account, ...] = ()
    rest: Plan = NOTHING


def choose_listed(listed: Iterable[str], found: Survey, within: Filter) -> Chosen:
    """Choose listed accounts, under the names that the organisation has for them, but none that is not active.

    Raises BadFilterError where none matches.
    """
    members = {} if isinstance(found.members, ReadFailure) else {each.account.id: each for each in found.members}
    accounts = [members.get(id_) or Member(Account(id_, id_), "ACTIVE") for id_ in dict.fromkeys(listed)]
    matching = _matching(accounts, within)
    closed = [failed(each.account, sentences.listed_not_active(each.state)) for each in matching if not each.is_active]
    return Chosen(tuple(each.account for each in matching if each.is_active), rest=Plan(failures=tuple(closed)))


def choose_members(found: Survey, selection: Selection, within: Filter) -> Chosen:
    """Choose of the organisation's accounts. Raises BadFilterError where none matches."""
    if isinstance(found.members, ReadFailure):
        return Chosen(rest=Plan(failures=(failed(EVERY_ACCOUNT, sentences.accounts_unknown(found.members)),)))
    selector = Selector(selection, found.units)
    entering, undecided, left_out = list[Account](), list[Account](), list[LeftOut]()
    failures = _of_missing_units(found, selection)
    for member in _matching(found.members, within):
        decision = _decide(member, selector)
        if decision.choice is Choice.LEAVE_OUT:
            left_out.append(LeftOut(member.account.id, member.account.name, decision.why))
        elif decision.choice is Choice.SCAN:
            entering.append(member.account)
        elif selection.looks_at_tags:
            undecided.append(member.account)
        else:
            failures.append(failed(member.account, sentences.choice_unknown(decision.unread)))
    return Chosen(tuple(entering), tuple(undecided), Plan(failures=tuple(failures), left_out=tuple(left_out)))


def _decide(member: Member, selector: Selector) -> Decision:
    if not member.is_active:
        return Decision(Choice.LEAVE_OUT, sentences.not_active(member.state))
    return selector.decide(member.account)


def _of_missing_units(found: Survey, selection: Selection) -> list[Coverage]:
    """Name included units that there are not. One that is excluded in vain keeps nobody from being read."""
    for position, unit in enumerate(selection.exclude.units):
        if unit in found.missing:
            log.warning("There is no unit %s (scan.exclude.units[%d]), so it excludes nobody.", unit, position + 1)
    missing = [(position, unit) for position, unit in enumerate(selection.include.units) if unit in found.missing]
    return [failed(EVERY_ACCOUNT, sentences.units_missing(missing))] if missing else []


def _matching(members: Sequence[Member], within: Filter) -> list[Member]:
    """Find those that the filter names: hidden ones as well, but only beside one that whoever asks may see."""
    everything = within.seen_by(EVERYTHING)
    matching = [each for each in members if everything.matches_account(each.account)]
    seen = [each for each in members if not is_hidden(each.account, within.hidden)]
    if not matching or (within.account and not any(each in seen for each in matching)):
        names = [sentences.account_name(each.account) for each in seen]
        raise BadFilterError(sentences.no_account_matches(within.account, names))
    return matching
