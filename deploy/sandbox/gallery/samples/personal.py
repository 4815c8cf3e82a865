"""What is shown to each person by themselves: the Home tab, what they snooze, what is hidden from them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from bot.home import STRANGER, WHO_ARE_YOU
from bot.models.approval import RefusalReason
from bot.models.asking import Waiting
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.models.gaps import Gaps
from bot.models.home import HomePage, MyKeys, MyRequests, ScanRun, SnoozedKey
from bot.models.messages import Rendered
from bot.models.posture import AccountPosture, ListPage, Posture, PosturePoint
from bot.models.requests import Request, RequestState
from bot.models.scans import Progress, ScanState, Summary
from bot.models.snoozes import Snoozed, SnoozeFor, SnoozeOffer
from bot.models.trail import SYSTEM
from bot.rules.audience import Audience
from bot.rules.filters import Filter
from bot.rules.sight import Sight
from bot.rules.trend import trend
from bot.rules.veil import veiled
from bot.snoozing import NO_DIGEST, NOT_OPEN, NOT_SNOOZED
from bot.views.hidden import veil_note, with_unseen
from bot.views.home import home, refused
from bot.views.listing import listing
from bot.views.notice import say
from bot.views.posture import status
from bot.views.request import request
from bot.views.result import result
from bot.views.snooze import snooze, snoozed, told
from bot.visibility import NOT_SHOWN, NOT_YOURS
from deploy.sandbox.gallery.asked import every_request
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.samples.exemptions import REACH, exempted
from deploy.sandbox.gallery.samples.looking import TYPICAL
from deploy.sandbox.gallery.things import (
    CHANNEL,
    JONAS,
    LINK,
    MARA,
    NOW,
    PAYMENTS,
    PLAIN,
    STRANGE_WORDS,
    SUMMARY,
    Words,
    arn_of,
    finding,
    later,
    open_keys,
    scan,
)
from handlers.snoozing import ON_IT, WOKEN

SOON = later(minutes=5)
BERLIN_TIME = ZoneInfo("Europe/Berlin")
DIGESTS = (
    Audience("default", CHANNEL, Filter()),
    Audience("route 1", "C0PAYMENTS", Filter(team="payments"), "payments"),
)
WELL = Posture(scan(), "", Summary(compliant=38, not_applicable=20), None, (), Gaps())
HIDING = Sight(("secret-*",), (PAYMENTS, replace(PAYMENTS, id="777777777777", name="secret-vault")))


def homes() -> Iterator[Sample]:
    yield shown("first opening", Surface.HOME, "Slack is being asked who may do what").by(
        home, HomePage(None, NOW, is_whole=False), {}
    )
    yield shown("nothing scanned", Surface.HOME, "Before the first scan").by(home, HomePage(None, NOW), {})
    first = HomePage(None, NOW, running=Progress(accounts_found=12, accounts_entered=3))
    yield shown("the first scan runs", Surface.HOME, "Before its end").by(home, first, {})
    yield shown("all well", Surface.HOME, "Nothing open, nothing waiting, nobody's key").by(
        home, HomePage(WELL, SOON, runs=_runs()[:1]), {}
    )
    yield shown("a guest", Surface.HOME, "Somebody who may only look, while others wait").by(
        home, HomePage(TYPICAL, SOON, requests=MyRequests(others=_asked()[:1]), runs=_runs()), {"r0": LINK}
    )
    yield shown("typical", Surface.HOME, "Somebody who may approve, with keys and an exemption of their own").by(
        home, _page(PLAIN), {f"r{number}": LINK for number in range(9)}, DIGESTS[:1]
    )
    yield shown("much", Surface.HOME, "More of everything than is shown").by(home, _much(), {}, DIGESTS)
    excuses = tuple(
        replace(exempted(RequestState.PENDING, of_pattern=of_pattern), id=f"r{number}")
        for number, of_pattern in enumerate((False, True))
    )
    yield shown("exemptions to decide", Surface.HOME, "Of one key, and of a pattern").by(
        home, HomePage(TYPICAL, SOON, requests=MyRequests(excuses)), {}, covers={"r1": REACH}
    )
    yield shown("in doubt", Surface.HOME, "Slack does not say who is in a group").by(
        home, replace(_page(PLAIN), requests=MyRequests(doubt=_DOUBT), may_operate=False), {}
    )
    yield shown("hidden accounts", Surface.HOME, "Some accounts are not for this person").by(
        home, HomePage(TYPICAL, SOON, hidden_accounts=2, runs=(replace(_runs()[0], keys=None, unread_keys=None),)), {}
    )
    yield shown("stranger", Surface.HOME, "Somebody of another workspace").by(refused, STRANGER)
    yield shown("unknown", Surface.HOME, "Slack does not say who it is").by(refused, WHO_ARE_YOU)
    for kind, words in STRANGE_WORDS.items():
        yield shown(f"{kind} words", Surface.HOME, f"Names of others: {kind}").by(home, _page(words), {}, DIGESTS)


def snoozes() -> Iterator[Sample]:
    offer = _offer(PLAIN)
    yield shown("for me", Surface.MODAL, "No digest of this key goes to where it was pressed").by(
        snooze, replace(offer, channel="")
    )
    yield shown("for me or the channel", Surface.MODAL, "Pressed in a channel with a digest").by(snooze, offer)
    both = replace(offer, mine_until=later(days=4), channels_until=later(days=9))
    yield shown("asleep already", Surface.MODAL, "Snoozed for both; it can be woken").by(snooze, both)
    until = later(days=7)
    yield shown("snoozed for me", Surface.MODAL, "Done").by(snoozed, Snoozed(PLAIN.alias, SnoozeFor.ME, "", until))
    yield shown("snoozed for the channel", Surface.MODAL, "Done").by(
        snoozed, Snoozed(PLAIN.alias, SnoozeFor.CHANNEL, CHANNEL, until)
    )
    for name, sentence in (
        ("on it", ON_IT),
        ("woken", WOKEN),
        ("not open", NOT_OPEN),
        ("no digest", NO_DIGEST),
        ("not snoozed", NOT_SNOOZED),
    ):
        yield shown(name, Surface.MODAL, "A sentence instead of the form").by(told, sentence)
    for kind, words in STRANGE_WORDS.items():
        yield shown(f"{kind} words", Surface.MODAL, f"Names of others: {kind}").by(snooze, _offer(words))
        done = Snoozed(words.alias, SnoozeFor.ME, "", until)
        yield shown(f"snoozed, {kind} words", Surface.MODAL, f"Names of others: {kind}").by(snoozed, done)


def hidden() -> Iterator[Sample]:
    yield shown("status", Surface.REPLY, "Figures without an account").by(with_unseen, status(TYPICAL, SOON), HIDING)
    page = ListPage(scan(), "", open_keys(2), 1, 1, 2, {})
    yield shown("list", Surface.REPLY, "A list without an account").by(with_unseen, listing(page), HIDING)
    unnamed = Sight(("*",), (PAYMENTS,))
    excuse = {"exemption": exempted(RequestState.PENDING), "exemption of a pattern": _of_account()}
    for name, asked in (every_request() | excuse).items():
        veiled_request = veiled(asked, unnamed)
        waits = Waiting("Waiting for 1 approval. <!subteam^S0KEYADMINS> can approve.")
        in_channel = request(veiled_request, waits, SOON)
        yield shown(f"request, {name}", Surface.CHANNEL, "A request whose key the channel is not shown").by(
            Rendered, in_channel.text, (*in_channel.blocks, veil_note(asked.id))
        )
        if asked.state is RequestState.DONE:
            yield shown(f"result, {name}", Surface.THREAD, "Its result").by(result, veiled_request)
    yield shown("not shown", Surface.REPLY, "Somebody wanted to see its keys").by(say, NOT_SHOWN)
    yield shown("not yours", Surface.REPLY, "Somebody wanted to decide it", RefusalReason.HIDDEN).by(say, NOT_YOURS)


_DOUBT = "Slack could not be asked (usergroups.users.list of S0KEYADMINS: ratelimited)"


def _of_account() -> Request:
    """A pattern that names nothing but what is hidden."""
    asked = exempted(RequestState.PENDING, of_pattern=True)
    [change] = asked.changes
    terms = change.exemption
    if terms is None:
        raise ValueError("an exemption has terms")
    scope = ExemptionScope(account="prod-*")
    return replace(asked, changes=(replace(change, arn=str(scope), exemption=replace(terms, scope=scope)),))


def _asked(words: Words = PLAIN) -> tuple[Request, ...]:
    opened = (each for each in every_request(words).values() if each.is_open)
    return tuple(replace(each, id=f"r{number}") for number, each in enumerate(opened))


def _page(words: Words) -> HomePage:
    keys = open_keys(2, words, since=later(days=-40))
    asked = _asked(words)
    return HomePage(
        posture=replace(TYPICAL, worst=(AccountPosture(PAYMENTS.id, words.account, Summary(7, 6)),)),
        now=SOON,
        trend=trend(_history(), BERLIN_TIME, with_percent=True),
        requests=MyRequests(asked[:1], own=asked[1:2], others=asked[2:3]),
        mine=MyKeys(keys, 2, snoozed=(_asleep(words),)),
        lapsing=(_exemption(words),),
        runs=_runs(words.scope),
        may_operate=True,
    )


def _much() -> HomePage:
    page, asked = _page(PLAIN), _asked()
    several = replace(next(each for each in every_request(keys=12).values() if each.is_open), id="r99")
    waiting = (several, *(replace(asked[0], id=f"w{number}") for number in range(30)))
    own = tuple(replace(asked[0], id=f"o{number}", requester=JONAS) for number in range(30))
    return replace(
        page,
        requests=MyRequests(waiting, own, asked * 9),
        mine=MyKeys(open_keys(8), 1200, snoozed=(_asleep(PLAIN),) * 5),
        lapsing=(_exemption(PLAIN),) * 12,
        runs=_runs() * 2,
        hidden_accounts=1,
    )


def _history() -> Iterator[PosturePoint]:
    for ago in range(30, -1, -3):
        yield PosturePoint(later(days=-ago), Summary(compliant=16 - ago // 5, non_compliant=22 + ago // 5))


def _asleep(words: Words) -> SnoozedKey:
    found = finding(words, 9)
    return SnoozedKey("k9", found.name, found.account_name, found.region, later(days=6))


def _exemption(words: Words) -> Exemption:
    return Exemption(
        id="e1",
        state=ExemptionState.ACTIVE,
        scope=ExemptionScope(arn=arn_of(7)),
        name=words.alias,
        reason=words.reason,
        ticket="",
        owner="",
        until=later(days=3),
        created_at=later(days=-27),
        asked_by=MARA,
        approved_by=(JONAS,),
        request_id="r7",
    )


def _runs(scope: str = "account=prod-*") -> tuple[ScanRun, ...]:
    by_itself = replace(scan(), started_by=SYSTEM, summary=SUMMARY)
    part = replace(scan(scope), started_at=later(minutes=-90), finished_at=later(minutes=-89))
    stopped = replace(scan(), state=ScanState.INTERRUPTED, started_at=later(days=-1), finished_at=later(days=-1))
    old = replace(scan(), started_at=later(days=-2), finished_at=later(days=-2), started_by="terminal:mara")
    return (
        ScanRun(by_itself, SUMMARY.keys, 1, 2),
        ScanRun(part, 13, 0),
        ScanRun(stopped, 0, 0, 1),
        ScanRun(old, SUMMARY.keys, 1, None),
    )


def _offer(words: Words) -> SnoozeOffer:
    return SnoozeOffer("k1", finding(words), CHANNEL, date(2026, 3, 2), "Europe/Berlin")
