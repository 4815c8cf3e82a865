"""What will do in a wish for an exemption, and who may end one."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import urlsplit

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, Wish
from bot.models.exempting import ExemptionWish, Flaw, WishField
from bot.models.exemptions import Exemption
from bot.models.people import Standing
from bot.rules.approval import on_a_list, refuse_outsiders
from bot.rules.exemptions import tidy
from bot.rules.filters import BadFilterError
from bot.rules.house import House

USUAL = timedelta(days=30)
LEAST_REASON = 10
MOST_REASON = 500
MOST_OWNER = 80
MOST_TICKET = 500
"""In characters."""


def last_second(day: date, timezone: tzinfo) -> datetime:
    """Until when an exemption holds whose last day this is."""
    return datetime.combine(day, time(23, 59, 59), timezone)


def last_day_allowed(today: date, longest: timedelta) -> date:
    return today + timedelta(days=longest.days)


def find_flaws(wish: ExemptionWish, today: date, longest: timedelta) -> tuple[Flaw, ...]:
    """Say all that will not do in a wish, whatever keys there are."""
    return tuple(_flaws(wish, today, longest))


def may_withdraw(
    house: House, who: Standing, exemption: Exemption, rules: Iterable[ApprovalRule] | Refused
) -> Permitted | Refused:
    """Permit whoever asked for it, whose the keys are, and those who may approve it by the rules as they are now."""
    outsider = refuse_outsiders(house, who)
    if outsider is not None:
        return outsider
    if who.actor.user_id in {exemption.asked_by, exemption.owner}:
        return Permitted()
    if isinstance(rules, Refused):
        return Refused(RefusalReason.NOT_AN_APPROVER, _NOT_YOURS)
    theirs = tuple(rules)
    verdict = on_a_list(who, theirs, theirs, Wish.WITHDRAW)
    if isinstance(verdict, Refused) and verdict.reason is RefusalReason.NOT_AN_APPROVER:
        return Refused(verdict.reason, _NOT_YOURS)
    return verdict


_NOT_YOURS = "Only whoever asked for it, the owner it names, and those who may approve it can withdraw this exemption."


def _flaws(wish: ExemptionWish, today: date, longest: timedelta) -> Iterator[Flaw]:
    if not wish.renews:
        try:
            tidy(wish.scope)
        except BadFilterError as error:
            yield Flaw(WishField.SCOPE, str(error))
    last = last_day_allowed(today, longest)
    if wish.until <= today:
        yield Flaw(WishField.UNTIL, "Choose a day after today: an exemption holds until the end of its last day.")
    elif wish.until > last:
        sentence = f"Choose {_day(last)} at the latest: keys can be exempted for {longest.days} days, and then again."
        yield Flaw(WishField.UNTIL, sentence)
    reason = " ".join(wish.reason.split())
    if len(reason) < LEAST_REASON:
        yield Flaw(WishField.REASON, f"Say why, in {LEAST_REASON} characters or more: approvers and auditors read it.")
    elif len(wish.reason) > MOST_REASON:
        yield Flaw(WishField.REASON, f"Say it in {MOST_REASON} characters at most; a ticket has room for more.")
    if wish.ticket and not _is_address(wish.ticket):
        yield Flaw(WishField.TICKET, "Write the ticket's address, beginning with https://, or leave it empty.")
    if len(wish.owner) > MOST_OWNER:
        yield Flaw(WishField.OWNER, f"Name the owner in {MOST_OWNER} characters at most.")


def _is_address(text: str) -> bool:
    if len(text) > MOST_TICKET or any(sign.isspace() for sign in text):
        return False
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
