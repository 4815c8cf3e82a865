"""A request's message in the channel, its result in the thread, and the list of what is open."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.approval import Refused
from bot.models.requests import ChangeState, Request, RequestState
from bot.rules.approval import House, accounts_of, who_approves
from bot.views.request import request, result
from bot.views.requests import requests
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    AIKO,
    HOUSE,
    JONAS,
    LAKE,
    LEGACY,
    LINK,
    STRANGE_WORDS,
    UNRULED,
    every_request,
    later,
    request_in,
)

ENDS = (ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED, ChangeState.FAILED)
SOON = later(minutes=10)
LATE = later(days=2)


def approvers_of(asked: Request, house: House = HOUSE) -> str:
    rules = house.rules_for(accounts_of(asked))
    return rules.sentence if isinstance(rules, Refused) else " ".join(map(who_approves, rules))


def in_the_channel() -> Iterator[Sample]:
    for name, asked in every_request().items():
        yield shown(name, Surface.CHANNEL, "One key").by(request, asked, approvers_of(asked), SOON)
    yield from _waiting()
    failed = every_request()["failed"]
    yield shown("failed, too late", Surface.CHANNEL, "The approval is not fresh: nothing to try again").by(
        request, failed, "", LATE
    )
    yield from _many()
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, words=words)
        yield shown(f"{kind} words", Surface.CHANNEL, f"Names and a reason of others: {kind}").by(
            request, strange, approvers_of(strange), SOON
        )


def _waiting() -> Iterator[Sample]:
    lake = request_in(RequestState.PENDING, required=2, account=LAKE)
    yield shown("waiting for two", Surface.CHANNEL, "A rule that wants two people").by(
        request, lake, approvers_of(lake), SOON
    )
    bare = replace(request_in(RequestState.PENDING), reason="")
    yield shown("waiting, no reason", Surface.CHANNEL, "Nobody said why").by(request, bare, approvers_of(bare), SOON)
    for name, account in (("nobody named", LEGACY), ("no rule", UNRULED)):
        stuck = request_in(RequestState.PENDING, account=account)
        yield shown(f"waiting, {name}", Surface.CHANNEL, "The rules changed since").by(
            request, stuck, approvers_of(stuck), SOON
        )


def _many() -> Iterator[Sample]:
    for name, asked in every_request(keys=3).items():
        yield shown(f"three keys, {name}", Surface.CHANNEL, "Three keys, all alike").by(
            request, asked, approvers_of(asked), SOON
        )
    mixed = request_in(RequestState.DONE, *ENDS, approvers=[JONAS])
    yield shown("three keys, three ends", Surface.CHANNEL, "One done, one not needed, one failed").by(
        request, mixed, "", SOON
    )
    forty = request_in(RequestState.DONE, *ENDS * 14, approvers=[JONAS, AIKO], required=2)
    yield shown("forty-two keys", Surface.CHANNEL, "More keys than a message shows").by(request, forty, "", SOON)


def in_the_thread() -> Iterator[Sample]:
    for name, asked in every_request().items():
        if asked.state is RequestState.DONE:
            yield shown(name, Surface.THREAD, "One key").by(result, asked)
    mixed = request_in(RequestState.DONE, *ENDS, approvers=[JONAS])
    yield shown("three keys", Surface.THREAD, "Three ends").by(result, mixed)
    forty = request_in(RequestState.DONE, *ENDS * 14, approvers=[JONAS, AIKO], required=2)
    yield shown("forty-two keys", Surface.THREAD, "More keys than a message shows").by(result, forty)
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.DONE, *ENDS, words=words, approvers=[JONAS])
        yield shown(f"{kind} words", Surface.THREAD, f"Names of others: {kind}").by(result, strange)


def lists() -> Iterator[Sample]:
    yield shown("none", Surface.REPLY, "Nothing is open").by(requests, [], {})
    opened = [each for each in every_request().values() if each.is_open]
    numbered = [replace(each, id=f"r{number}") for number, each in enumerate(opened)]
    links = {each.id: LINK for each in numbered[:3]}
    yield shown("one", Surface.REPLY, "One waits").by(requests, numbered[:1], links)
    yield shown("several", Surface.REPLY, "Every open state; one without a link").by(requests, numbered, links)
    three = request_in(RequestState.PENDING, *[ChangeState.QUEUED] * 3)
    yield shown("of several keys", Surface.REPLY, "A request for three keys").by(requests, [three], links)
    yield shown("many", Surface.REPLY, "More than a message shows").by(requests, numbered * 9, links)
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, words=words)
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(requests, [strange], {"r1": LINK})
