"""Exemptions: the request for one, what is exempt, and how one ends."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.models.exempting import Reach
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState, ExemptionTerms
from bot.models.posture import KeyDetails
from bot.models.requests import Change, ChangeKind, ChangeState, Request, RequestState
from bot.remediate.excuse import TOO_LATE, excuse
from bot.rules.approvers import what_it_waits_for
from bot.views.excuse import TICKET_CHARACTERS
from bot.views.exemption import ended, withdrawn
from bot.views.exemptions import ExemptionsPage, exemptions
from bot.views.key import key_details
from bot.views.request import request
from bot.views.requests import page_of, requests
from bot.views.result import result
from bot.views.waiting import reminder
from deploy.sandbox.gallery.asked import every_request, request_in
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    AIKO,
    HOUSE,
    JONAS,
    LINK,
    MARA,
    NOW,
    OFF,
    PAYMENTS,
    PLAIN,
    STRANGE_WORDS,
    Words,
    arn_of,
    finding,
    later,
    metadata,
    scan,
)

TICKET = "https://tickets.example/SEC-1042"
UNTIL = datetime(2026, 4, 1, 21, 59, 59, tzinfo=UTC)
PATTERN = ExemptionScope(account="prod-*", alias="legacy/*")
REASON = "The vendor mends its library in May; rotating before that breaks card payments."
REACH = Reach(scan(), 5, 3, 0, ("legacy/erp-db", "legacy/erp-files", "legacy/fax"), is_everything=False)


def exemption(words: Words = PLAIN, number: int = 1, **changes: object) -> Exemption:
    strange = words is not PLAIN
    plain = Exemption(
        id=f"e{number}",
        state=ExemptionState.ACTIVE,
        scope=ExemptionScope(arn=arn_of(number)),
        name=finding(words, number).name,
        reason=words.reason if strange else REASON,
        ticket=words.reason[:TICKET_CHARACTERS] if strange else TICKET,
        owner=words.team if strange else AIKO,
        until=UNTIL,
        created_at=later(minutes=6),
        asked_by=MARA,
        approved_by=(JONAS,),
        request_id="r1",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of an exemption


def of_pattern(until: datetime = UNTIL) -> Exemption:
    return exemption(number=2, scope=PATTERN, name=str(PATTERN), approved_by=(JONAS, AIKO), until=until)


def declared() -> Exemption:
    return exemption(
        number=3,
        name="play/toy",
        scope=ExemptionScope(account="play-*"),
        asked_by="configuration",
        approved_by=("configuration",),
        request_id=None,
        owner="the playground team",
        ticket="PLAY-7",
    )


# The form


def exempted(state: RequestState, *, of_pattern: bool = False, words: Words = PLAIN, **more: object) -> Request:
    """A request for an exemption of one key, or of all that match a pattern."""
    return _excusing(request_in(state, words=words, **more), of_pattern=of_pattern)  # type: ignore[arg-type]  # its own


def _excusing(asked: Request, *, of_pattern: bool = False) -> Request:
    reason = REASON if asked.reason == PLAIN.reason else asked.reason
    return replace(asked, reason=reason, changes=(_excuse(asked.changes[0], of_pattern=of_pattern),))


def _excuse(change: Change, *, of_pattern: bool) -> Change:
    scope = PATTERN if of_pattern else ExemptionScope(arn=change.arn)
    results = {
        ChangeState.NOT_NEEDED: "Nothing was granted: the key rotates as it should by now.",
        ChangeState.FAILED: TOO_LATE,
    }
    excused = replace(
        change,
        arn=str(scope),
        key_name=str(scope) if of_pattern else change.key_name,
        account_name="" if of_pattern else change.account_name,
        kind=ChangeKind.EXEMPT,
        period_days=0,
        result=results.get(change.state, ""),
        aws_request_id=None,
        next_rotation=None,
        exemption=ExemptionTerms(scope, UNTIL, TICKET, AIKO),
    )
    return replace(excused, result=excuse(excused, NOW).result) if change.state is ChangeState.SUCCEEDED else excused


def in_the_channel() -> Iterator[Sample]:
    soon = later(minutes=10)
    for name, plain in every_request().items():
        one, several = _excusing(plain), _excusing(plain, of_pattern=True)
        yield shown(name, Surface.CHANNEL, "One key").by(request, one, what_it_waits_for(HOUSE, one), soon)
        waits = what_it_waits_for(HOUSE, one)
        yield shown(f"pattern, {name}", Surface.CHANNEL, "All keys that match").by(request, several, waits, soon, REACH)
    renewing = exempted(RequestState.PENDING)
    terms = renewing.changes[0].exemption
    assert terms is not None  # noqa: S101 - an exemption is what it is about
    renewing = replace(renewing, changes=(replace(renewing.changes[0], exemption=replace(terms, renews="e1")),))
    yield shown("renewal", Surface.CHANNEL, "It renews one that holds").by(
        request, renewing, what_it_waits_for(HOUSE, renewing), soon
    )
    granted = _excusing(every_request()["done"])
    for state in (ExemptionState.LAPSED, ExemptionState.WITHDRAWN, ExemptionState.RENEWED):
        over = exemption(state=state, ended_at=later(days=3), ended_by=JONAS, reopened=1)
        yield shown(f"done, {state.lower()}", Surface.CHANNEL, "It was granted, and has ended").by(
            request, granted, what_it_waits_for(HOUSE, granted), soon, None, over
        )
    for kind, words in STRANGE_WORDS.items():
        strange = exempted(RequestState.PENDING, words=words)
        yield shown(f"{kind} words", Surface.CHANNEL, f"Names of others: {kind}").by(
            request, strange, what_it_waits_for(HOUSE, strange), soon
        )
    yield shown("open requests", Surface.REPLY, "The list of what waits").by(
        requests,
        page_of([exempted(RequestState.PENDING), exempted(RequestState.PENDING, of_pattern=True)]),
        {"r1": LINK},
    )


def in_the_thread() -> Iterator[Sample]:
    for name, plain in every_request().items():
        if plain.state is RequestState.DONE:
            yield shown(f"result, {name}", Surface.THREAD, "How it went").by(result, _excusing(plain))
    waiting = exempted(RequestState.PENDING)
    yield shown("reminder", Surface.THREAD, "It still waits").by(reminder, waiting, what_it_waits_for(HOUSE, waiting))
    for name, each in {
        "lapsed": _lapsed(reopened=1),
        "lapsed, three open again": _lapsed(of_pattern=True, reopened=3),
        "lapsed, nothing open": _lapsed(reopened=0),
        "withdrawn": exemption(state=ExemptionState.WITHDRAWN, ended_at=later(days=2), ended_by=JONAS, reopened=1),
        "renewed": exemption(state=ExemptionState.RENEWED, ended_at=later(days=20), ended_by=MARA),
        "holds": exemption(),
    }.items():
        yield shown(name, Surface.THREAD, "What became of an exemption").by(ended, each)
    for kind, words in STRANGE_WORDS.items():
        yield shown(f"lapsed, {kind} words", Surface.THREAD, f"Names of others: {kind}").by(
            ended, exemption(words, state=ExemptionState.LAPSED, ended_at=UNTIL, reopened=2)
        )


def _lapsed(*, of_pattern: bool = False, reopened: int) -> Exemption:
    scope = PATTERN if of_pattern else ExemptionScope(arn=arn_of())
    name = str(PATTERN) if of_pattern else PLAIN.alias
    return exemption(
        scope=scope, name=name, state=ExemptionState.LAPSED, ended_at=UNTIL + timedelta(seconds=1), reopened=reopened
    )


# What is exempt


def lists() -> Iterator[Sample]:
    everything = [exemption(), of_pattern(), declared(), exemption(number=4, approved_by=())]
    places = {arn_of(number): ("", PAYMENTS.name) for number in range(1, 40)}
    for name, page in {
        "none": ExemptionsPage.of([], "", 1),
        "none that matches": ExemptionsPage.of([], "account=prod-*", 1),
        "none, one waits": ExemptionsPage.of([], "", 1, 1),
        "one of each kind": ExemptionsPage.of(everything, "", 1, 2, places),
        "filtered": ExemptionsPage.of([exemption()], "account=prod-*", 1, 0, places),
        "page 2 of 5": ExemptionsPage.of([exemption(number=each) for each in range(1, 40)], "", 2, 0, places),
    }.items():
        yield shown(name, Surface.REPLY, "What is exempt").by(exemptions, page)
    for kind, words in STRANGE_WORDS.items():
        found = [exemption(words, number) for number in range(1, 20)]
        strange = {arn_of(number): ("", words.account) for number in range(1, 20)}
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(
            exemptions, ExemptionsPage.of(found, words.scope, 2, 3, strange)
        )
    for kind, words in {
        "withdrawn": PLAIN,
        **{f"withdrawn, {kind} words": w for kind, w in STRANGE_WORDS.items()},
    }.items():
        gone = exemption(words, state=ExemptionState.WITHDRAWN, ended_at=NOW, ended_by=MARA, reopened=1)
        yield shown(kind, Surface.REPLY, "Told to whoever withdrew it").by(withdrawn, gone)


def exempt_keys() -> Iterator[Sample]:
    for name, found in {"one key": (exemption(),), "twice": (exemption(), of_pattern(until=later(days=9)))}.items():
        yield shown(name, Surface.REPLY, "An exempt key").by(key_details, _details(found))
    asked_for = _excusing(every_request()["waiting"])
    yield shown("asked for", Surface.REPLY, "An exemption waits for approval").by(
        key_details, replace(_details(()), request=asked_for)
    )
    granted = _excusing(every_request()["done"])
    yield shown("granted", Surface.REPLY, "With the request that led to it").by(
        key_details, replace(_details((exemption(),)), request=granted)
    )


def _details(found: tuple[Exemption, ...]) -> KeyDetails:
    key = finding(exempt_until=found[0].until if found else None)
    return KeyDetails(
        finding=key,
        handle="k1",
        read_at=NOW,
        metadata=metadata(),
        status=OFF,
        tags={},
        rotations=(),
        request=None,
        exemptions=found,
    )
