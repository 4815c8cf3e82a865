"""A request's message in the channel, its result in the thread, and the list of what is open."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.asking import Waiting
from bot.models.code import Managed, Tool
from bot.models.requests import ChangeState, Request, RequestState
from bot.rules.approvers import everybody_concerned, what_it_waits_for, who_decides
from bot.rules.house import keys_of
from bot.views.glass import break_glass, glass_broken
from bot.views.keys_of_request import all_keys
from bot.views.names import REASON_BLOCK
from bot.views.request import request
from bot.views.requests import page_of, requests
from bot.views.result import result
from bot.views.waiting import reminder
from deploy.sandbox.gallery.asked import UNREACHABLE, broken_glass, change, every_request, request_in
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    AIKO,
    HOUSE,
    JONAS,
    LAKE,
    LEGACY,
    LINK,
    PARTNER,
    PLAY,
    STRANGE_WORDS,
    UNRULED,
    later,
)
from handlers.modals import WHY

TERRAFORMED = Managed("payments/card-vault", "Terraform", Tool.TERRAFORM)
STACKED = Managed("payments/card-vault-2", "CloudFormation stack card-vault-prod", Tool.CLOUDFORMATION, "CardVaultKey")
ENDS = (ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED, ChangeState.FAILED)
SOON = later(minutes=10)
LATE = later(days=2)


def approvers(asked: Request) -> str:
    return who_decides(HOUSE.rules_for(keys_of(asked)))


def waiting(asked: Request) -> Waiting:
    return what_it_waits_for(HOUSE, asked)


def in_the_channel() -> Iterator[Sample]:
    for name, asked in every_request().items():
        yield shown(name, Surface.CHANNEL, "One key").by(request, asked, waiting(asked), SOON)
    yield from _waiting()
    failed = every_request()["failed"]
    yield shown("failed, too late", Surface.CHANNEL, "The approval is not fresh: nothing to try again").by(
        request, failed, waiting(failed), LATE
    )
    yield from _on_other_words()
    yield from _many()
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, words=words)
        yield shown(f"{kind} words", Surface.CHANNEL, f"Names and a reason of others: {kind}").by(
            request, strange, waiting(strange), SOON
        )


def _waiting() -> Iterator[Sample]:
    lake = request_in(RequestState.PENDING, required=2, account=LAKE)
    yield shown("waiting for two", Surface.CHANNEL, "A rule that wants two people").by(
        request, lake, waiting(lake), SOON
    )
    bare = replace(request_in(RequestState.PENDING), reason="")
    yield shown("waiting, no reason", Surface.CHANNEL, "Nobody said why").by(request, bare, waiting(bare), SOON)
    for name, account in (("nobody named", LEGACY), ("no rule", UNRULED)):
        stuck = request_in(RequestState.PENDING, account=account)
        yield shown(f"waiting, {name}", Surface.CHANNEL, "The rules changed since").by(
            request, stuck, waiting(stuck), SOON
        )


def keys_of_a_request() -> Iterator[Sample]:
    yield shown("twenty", Surface.MODAL, "More keys than the message shows").by(
        all_keys, request_in(RequestState.PENDING, *[ChangeState.QUEUED] * 20)
    )
    yield shown("four hundred", Surface.MODAL, "As many as a request may hold, under way").by(
        all_keys, request_in(RequestState.APPROVED, *[*ENDS, ChangeState.QUEUED] * 100, approvers=[JONAS])
    )
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, *[ChangeState.QUEUED] * 51, words=words)
        yield shown(f"{kind} words", Surface.MODAL, f"Names of others: {kind}").by(all_keys, strange)


def _on_other_words() -> Iterator[Sample]:
    """Carried out without approvals, because a rule says so or somebody broke the glass; and what waits for Slack."""
    for state, each in (
        (RequestState.APPROVED, ChangeState.EXECUTING),
        (RequestState.DONE, ChangeState.SUCCEEDED),
        (RequestState.DONE, ChangeState.FAILED),
    ):
        beforehand = request_in(state, each, account=PLAY, required=0)
        yield shown(f"approved beforehand, {each.lower()}", Surface.CHANNEL, "A rule asks for no approval").by(
            request, beforehand, waiting(beforehand), SOON
        )
        broken = broken_glass(request_in(state, each))
        yield shown(f"glass broken, {each.lower()}", Surface.CHANNEL, "Nobody waited for approvals").by(
            request, broken, waiting(broken), SOON
        )
    held = request_in(RequestState.APPROVED, approvers=[JONAS])
    held = replace(held, changes=(replace(held.changes[0], result=UNREACHABLE),))
    yield shown("approved, Slack cannot be asked", Surface.CHANNEL, "The second look at the approvers waits").by(
        request, held, waiting(held), SOON
    )
    by_two_rules = replace(
        request_in(RequestState.PENDING),
        changes=(change(ChangeState.QUEUED), change(ChangeState.QUEUED, number=2, account=LAKE)),
    )
    yield shown("waiting under two rules", Surface.CHANNEL, "Keys of two accounts").by(
        request, by_two_rules, waiting(by_two_rules), SOON
    )
    half = replace(by_two_rules, decisions=request_in(RequestState.PENDING, approvers=[JONAS]).decisions)
    yield shown("waiting under two rules, one approval", Surface.CHANNEL, "It counts under both").by(
        request, half, waiting(half), SOON
    )
    apart = request_in(RequestState.PENDING, account=PARTNER, required=2)
    yield shown("waiting for two groups", Surface.CHANNEL, "Two approvals from different groups").by(
        request, apart, waiting(apart), SOON
    )


def glass() -> Iterator[Sample]:
    one, three = request_in(RequestState.PENDING), request_in(RequestState.PENDING, *[ChangeState.QUEUED] * 3)
    yield shown("form", Surface.MODAL, "Why it cannot wait").by(break_glass, one)
    yield shown("form, three keys", Surface.MODAL, "Why they cannot wait").by(break_glass, three)
    too_short = {REASON_BLOCK: WHY}
    yield shown("form, too short", Surface.MODAL, "A reason is a must", errors=too_short).by(break_glass, one)
    for name, asked in {"one key": one, "three keys": three}.items():
        yield _broken(name, broken_glass(asked))
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, words=words)
        yield shown(f"form, {kind} words", Surface.MODAL, f"Names of others: {kind}").by(break_glass, strange)
        yield _broken(f"{kind} words", broken_glass(strange, words))


def _broken(name: str, asked: Request) -> Sample:
    assert asked.glass is not None  # noqa: S101 - what this sample is about
    return shown(name, Surface.CHANNEL, "Told to everybody whom it concerns").by(
        glass_broken, asked, asked.glass, everybody_concerned(HOUSE, asked)
    )


def reminders() -> Iterator[Sample]:
    for name, asked in every_request().items():
        yield shown(name, Surface.THREAD, "A reminder, as the request stands by now").by(
            reminder, asked, waiting(asked)
        )
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, words=words)
        yield shown(f"{kind} words", Surface.THREAD, f"Names of others: {kind}").by(reminder, strange, waiting(strange))


def _many() -> Iterator[Sample]:
    for name, asked in every_request(keys=3).items():
        yield shown(f"three keys, {name}", Surface.CHANNEL, "Three keys, all alike").by(
            request, asked, waiting(asked), SOON
        )
    mixed = request_in(RequestState.DONE, *ENDS, approvers=[JONAS])
    yield shown("three keys, three ends", Surface.CHANNEL, "One done, one not needed, one failed").by(
        request, mixed, waiting(mixed), SOON
    )
    forty = request_in(RequestState.DONE, *ENDS * 14, approvers=[JONAS, AIKO], required=2)
    yield shown("forty-two keys", Surface.CHANNEL, "More keys than a message shows").by(
        request, forty, waiting(forty), SOON
    )


def in_the_thread() -> Iterator[Sample]:
    for name, asked in every_request().items():
        if asked.state is RequestState.DONE:
            yield shown(name, Surface.THREAD, "One key").by(result, asked)
    mixed = request_in(RequestState.DONE, *ENDS, approvers=[JONAS])
    yield shown("three keys", Surface.THREAD, "Three ends").by(result, mixed)
    one, two = (request_in(RequestState.DONE, *[ChangeState.SUCCEEDED] * keys, approvers=[JONAS]) for keys in (1, 2))
    for name, done, keys in (
        ("a key of Terraform's", one, [TERRAFORMED]),
        ("a key of a stack", one, [replace(STACKED, key_name=TERRAFORMED.key_name)]),
        ("two keys of two tools", two, [TERRAFORMED, STACKED]),
    ):
        yield shown(f"done, {name}", Surface.THREAD, "What to write so that it lasts").by(result, done, keys)
    forty = request_in(RequestState.DONE, *ENDS * 14, approvers=[JONAS, AIKO], required=2)
    yield shown("forty-two keys", Surface.THREAD, "More keys than a message shows").by(result, forty)
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.DONE, *ENDS, words=words, approvers=[JONAS])
        code = Managed(words.alias, words.manager, Tool.CLOUDFORMATION, words.team)
        yield shown(f"{kind} words", Surface.THREAD, f"Names of others: {kind}").by(result, strange, [code])


def lists() -> Iterator[Sample]:
    yield shown("none", Surface.REPLY, "Nothing is open").by(requests, page_of([]), {})
    opened = [each for each in every_request().values() if each.is_open]
    numbered = [replace(each, id=f"r{number}") for number, each in enumerate(opened)]
    links = {each.id: LINK for each in numbered[:3]}
    yield shown("one", Surface.REPLY, "One waits").by(requests, page_of(numbered[:1]), links)
    yield shown("several", Surface.REPLY, "Every open state; one without a link").by(requests, page_of(numbered), links)
    three = request_in(RequestState.PENDING, *[ChangeState.QUEUED] * 3)
    yield shown("of several keys", Surface.REPLY, "A request for three keys").by(requests, page_of([three]), links)
    for number in (1, 2, 3):
        yield shown(f"page {number} of 3", Surface.REPLY, "More than a message shows").by(
            requests, page_of(numbered * 8, number), links
        )
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, words=words)
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(
            requests, page_of([strange]), {"r1": LINK}
        )
