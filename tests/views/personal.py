"""The Home tab and the snooze modal in every state, in words of one kind."""

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.models.exempting import Reach
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState, ExemptionTerms
from bot.models.home import HomePage, MyKeys, MyRequests, ScanRun, SnoozedKey
from bot.models.posture import PosturePoint
from bot.models.requests import ChangeKind, Request, RequestState
from bot.models.scans import Summary
from bot.models.snoozes import Snoozed, SnoozeFor, SnoozeOffer
from bot.models.trend import Trend
from bot.rules.audience import Audience
from bot.rules.filters import Filter
from bot.rules.trend import trend
from bot.views.home import home, refused
from bot.views.parts import Element
from bot.views.snooze import snooze, snoozed, told
from tests.store.samples import arn_of, at
from tests.views.samples import Words, every_request, open_finding, open_keys, posture_of, request_in, scan

View = tuple[str, Element]
LINK = "https://example.slack.com/archives/C0SECURITY/p1"


def homes(words: Words) -> Iterator[View]:
    yield "first opening", home(HomePage(None, at(5), is_whole=False), {})
    yield "nothing scanned", home(HomePage(None, at(5)), {})
    yield "all well", home(HomePage(posture_of(words), at(5)), {})
    yield "in doubt", home(HomePage(posture_of(words), at(5), requests=MyRequests(doubt=words.sentence)), {})
    yield "everything", everything(words)
    yield "refused", refused("Slack does not say who you are.")


def everything(words: Words) -> Element:
    """As much of each part as there can be."""
    waiting = tuple(replace_id(each, number) for number, each in enumerate(every_request(words, keys=30).values()))
    asked = tuple(replace_id(exemption_of(words), 100 + number) for number in range(30))
    page = HomePage(
        posture=posture_of(words, accounts=5, failures=50, unread_keys=50),
        now=at(50_000),
        trend=history(),
        requests=MyRequests(asked, waiting * 3, waiting * 3),
        mine=MyKeys(open_keys(words, 8), 12_000, snoozed=tuple(asleep(words, number) for number in range(5))),
        lapsing=(exemption(words),) * 30,
        runs=(ScanRun(scan(words.scope), 200_000, 12, 3),) * 5,
        may_operate=True,
        hidden_accounts=12,
    )
    links = {each.id: LINK for each in (*waiting, *asked)}
    audiences = [Audience(f"route {number}", "C0PAYMENTS", Filter(), words.team) for number in range(120)]
    names = tuple(words.alias for _ in range(10))
    covers = {each.id: Reach(scan(), 5000, 4000, 12, names, is_everything=True) for each in asked}
    return home(page, links, audiences, covers)


def snoozes(words: Words) -> Iterator[View]:
    offer = SnoozeOffer("k0", open_finding(words), "C0SECURITY", at(5).date(), "Europe/Berlin", at(9000), at(10_000))
    yield "snooze", snooze(offer)
    yield "snoozed for me", snoozed(Snoozed(words.alias, SnoozeFor.ME, "", at(9000)))
    yield "snoozed for a channel", snoozed(Snoozed(words.alias, SnoozeFor.CHANNEL, "C0SECURITY", at(9000)))
    yield "snooze, told", told("It is awake again.")


def replace_id(request: Request, number: int) -> Request:
    return replace(request, id=f"r{number}")


def exemption_of(words: Words) -> Request:
    asked = request_in(RequestState.PENDING, words=words)
    scope = ExemptionScope(account=words.account)
    terms = ExemptionTerms(scope, at(9000), words.sentence, words.team)
    [change] = asked.changes
    change = replace(change, kind=ChangeKind.EXEMPT, arn=str(scope), period_days=0, exemption=terms)
    return replace(asked, changes=(change,))


def exemption(words: Words) -> Exemption:
    return Exemption(
        id="e1",
        state=ExemptionState.ACTIVE,
        scope=ExemptionScope(arn=arn_of("0")),
        name=words.alias,
        reason=words.sentence,
        ticket="",
        owner=words.team,
        until=at(9000),
        created_at=at(0),
        asked_by="U0LENA",
    )


def asleep(words: Words, number: int) -> SnoozedKey:
    return SnoozedKey(f"k9{number}", words.alias, words.account, "eu-central-1", at(9000))


def history() -> Trend:
    points = (PosturePoint(at(1440 * day), Summary(compliant=day, non_compliant=90 - day)) for day in range(90))
    return trend(points, ZoneInfo("Europe/Berlin"), with_percent=True)
