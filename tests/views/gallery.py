"""Every view in every state, in words of one kind."""

import json
from collections.abc import Iterator

from bot.models.affairs import Affairs, EndingExemption, Mended
from bot.models.affairs import Waiting as WaitingRequest
from bot.models.approval import ApprovalRule, KeyFacts, Refused, RuledKey
from bot.models.asking import Asked, Proposal, Waiting
from bot.models.digests import Delta, DigestForm
from bot.models.exemptions import ExemptionState
from bot.models.messages import Rendered
from bot.models.posture import AccountsCovered, ListPage
from bot.models.requests import Basis, ChangeKind, ChangeState, RequestState
from bot.models.scans import Account, Coverage, CoverageStatus, Progress, Summary
from bot.models.staffing import GroupState, Hindrance, NamedGroup, NamedPerson, Roll
from bot.models.trail import SYSTEM, Act, ChainedEntry
from bot.rules.explanation import Explanation, Fact
from bot.rules.house import House
from bot.views import help as help_views
from bot.views.accounts import accounts
from bot.views.ask import ask, asked, asking, declined
from bot.views.digest import digest, digest_page
from bot.views.history import history
from bot.views.key import key_details
from bot.views.listing import listing
from bot.views.notice import say
from bot.views.parts import Element
from bot.views.posture import status
from bot.views.request import request
from bot.views.requests import page_of, requests
from bot.views.result import result
from bot.views.rules import explanation, rules
from bot.views.scan import failed, finished, running
from tests.store.samples import arn_of, at
from tests.views.exempted import exempted_messages, exempted_modals
from tests.views.personal import snoozes
from tests.views.routed import routed_messages, routed_modals
from tests.views.samples import (
    EXPIRES_AT,
    HOSTILE,
    ORGANISATION,
    RUNNING,
    Words,
    details_of,
    digest_of,
    every_request,
    failure,
    open_finding,
    open_keys,
    posture_of,
    request_in,
    rotating_details,
    scan,
    unread_details,
)

Message = tuple[str, Rendered]
Modal = tuple[str, Element]
CROWD = tuple(f"U0{number:09}" for number in range(60))
ALL_ENDS = (ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED, ChangeState.FAILED)


def messages(words: Words) -> Iterator[Message]:
    yield from _digests(words)
    yield from _requests(words)
    yield from _postures(words)
    yield from _lists(words)
    yield from _keys(words)
    yield from _scans(words)
    yield from _histories(words)
    yield from _rules(words)
    yield from exempted_messages(words)
    yield from routed_messages(words)
    yield from _words(words)


def modals(words: Words) -> Iterator[Modal]:
    for name, manager in (("by hand", None), ("managed", words.manager)):
        yield f"ask, {name}", ask(Proposal("k0", open_finding(words, managed_by=manager), 365, 90, 365))
    yield "asking", asking()
    yield "asked", asked(Asked(request_in(RequestState.PENDING, words=words), "<@U0JONAS> can approve."))
    yield "asked, no rule", asked(Asked(request_in(RequestState.PENDING, words=words), no_rule(words)))
    yield "declined", declined(no_rule(words))
    yield from exempted_modals(words)
    yield from routed_modals(words)
    yield from snoozes(words)


def no_rule(words: Words) -> str:
    key = RuledKey(arn_of("0"), Account("111111111111", words.account), "eu-central-1")
    refused = House(frozenset(), ()).ruling(key).decides
    assert isinstance(refused, Refused)
    return refused.sentence


def _beside(words: Words) -> Affairs:
    mended = Mended(words.alias, "r1", "U0MARA", CROWD, Basis.BREAK_GLASS, "U0JONAS")
    waits = tuple(WaitingRequest("r9", kind, "U0MARA", at(0), (words.alias,) * 5, 9) for kind in ChangeKind)
    ends = tuple(EndingExemption("e1", words.alias, state, at(0)) for state in ExemptionState)
    return Affairs((mended,) * 5, 9, (words.alias,) * 5, waits, 9, ends, 9, ends, 9, at(-99_999), 3, at(9))


def _digests(words: Words) -> Iterator[Message]:
    names = tuple(words.alias for _ in range(40))
    everything = Delta(names, names, names, names, names, names)
    keys = open_keys(words, 75)
    unread = tuple(open_finding(words, number) for number in range(5))
    yield "digest, first", digest(digest_of(words), {})
    yield "digest, nothing changed", digest(digest_of(words, delta=Delta()), {})
    yield "digest, one key", digest(digest_of(words, top=1, delta=Delta(new=(words.alias,))), {})
    yield "digest, of a team", digest(digest_of(words, top=2, scope=f"team={words.team.replace(' ', '')}"), {})
    yield "digest, unread", digest(digest_of(words, failures=1, unread_keys=unread, unread_total=9), {})
    full = digest_of(
        words,
        top=15,
        failures=50,
        delta=everything,
        scope=words.scope,
        unread_keys=unread,
        unread_total=5000,
        open_total=20_000,
        summary=Summary(10_000, 20_000, 3000, 5000, 700),
    )
    yield "digest, everything", digest(full, {})
    beside = digest_of(words, top=15, delta=everything, scope=words.scope, affairs=_beside(words))
    yield "digest, all that is told beside the keys", digest(beside, {})
    for form in (DigestForm.LINE, DigestForm.LAST_LINE):
        yield f"digest, quiet, {form}", digest(digest_of(words, delta=Delta(), scope=words.scope, form=form), {})
    for people in (("U0JONAS",), CROWD):
        for name, asked_for in every_request(words, 15, people).items():
            yield (
                f"digest, all rows {name} by {len(people)}",
                digest(full, dict.fromkeys(map(arn_of, _names(15)), asked_for)),
            )
    pages = digest_of(words, rest=(keys[:60], keys[60:61], keys[61:]), open_total=75)
    for position in range(3):
        yield f"digest, page {position}", digest_page(pages, position)


def _requests(words: Words) -> Iterator[Message]:
    for keys, people in ((1, ("U0JONAS",)), (2, ("U0JONAS",)), (15, CROWD), (40, ("U0JONAS",))):
        for name, asked_for in every_request(words, keys, people).items():
            for when, now in (("in time", at(10)), ("late", EXPIRES_AT)):
                shown = request(asked_for, Waiting("Waiting for 1 approval. <@U0JONAS> can approve."), now)
                yield f"request, {name}, {keys} keys, {len(people)} people, {when}", shown
            if asked_for.state is RequestState.DONE:
                yield f"result, {name}, {keys} keys, {len(people)} people", result(asked_for)
    mixed = request_in(RequestState.DONE, *ALL_ENDS * 6, words=words, approvers=("U0JONAS",))
    yield "request, all ends", request(mixed, Waiting(""), at(10))
    yield "result, all ends", result(mixed)
    yield (
        "request, no rule",
        request(
            request_in(RequestState.PENDING, words=words), Waiting(f"Nobody can approve it. {no_rule(words)}"), at(1)
        ),
    )
    yield "requests, none", requests(page_of([]), {})
    for name, asked_for in every_request(words).items():
        yield f"requests, {name}", requests(page_of([asked_for]), {"r1": "https://example.slack.com/archives/C0/p1"})
    for page in (1, 2):
        yield f"requests, page {page}", requests(page_of([*every_request(words, 15, CROWD).values()] * 9, page), {})


def _postures(words: Words) -> Iterator[Message]:
    yield "status, all well", status(posture_of(words), at(5))
    yield "status, old", status(posture_of(words), at(5000))
    yield "status, one unread", status(posture_of(words, unread_keys=1), at(5))
    full = posture_of(
        words,
        accounts=5,
        failures=50,
        unread_keys=50,
        scope=words.scope,
        previous=Summary(1, 1),
        scan=scan(words.scope),
        running=RUNNING,
    )
    yield "status, everything", status(full, at(5000))
    yield "accounts, none", accounts(AccountsCovered.of(scan(), []))
    yield "accounts, organisation", accounts(AccountsCovered.of(scan(), [ORGANISATION]))
    yield "accounts, one", accounts(AccountsCovered.of(scan(), [failure(words, 1)]))
    many = [
        Coverage(f"{number:012}", words.account, f"eu-central-{region}", mark, 1000, words.sentence)
        for number in range(60)
        for region, mark in enumerate([*CoverageStatus] * 5)
    ]
    yield "accounts, many", accounts(AccountsCovered.of(scan(), many))


def _lists(words: Words) -> Iterator[Message]:
    yield "list, empty", listing(ListPage(scan(), "", (), 1, 1, 0, {}))
    yield "list, nothing matches", listing(ListPage(scan(), words.scope, (), 1, 1, 0, {}))
    keys = open_keys(words, 10)
    yield "list, one", listing(ListPage(scan(), "", keys[:1], 1, 1, 1, {}))
    for page in (1, 2, 500):
        shown = listing(ListPage(scan(), words.scope, keys, page, 500, 5000, {}))
        yield f"list, page {page}", shown
    for name, asked_for in every_request(words, 10, CROWD).items():
        covered = dict.fromkeys(map(arn_of, _names(10)), asked_for)
        yield f"list, all {name}", listing(ListPage(scan(), words.scope, keys, 2, 3, 30, covered))


def _keys(words: Words) -> Iterator[Message]:
    yield "key, open", key_details(details_of(words))
    for rotations in (0, 1, 2, 50):
        yield f"key, rotated {rotations}", key_details(rotating_details(words, rotations))
    yield "key, unread", key_details(unread_details(words))
    for name, asked_for in every_request(words, 1, CROWD).items():
        yield f"key, {name}", key_details(details_of(words, request=asked_for))


def _scans(words: Words) -> Iterator[Message]:
    for scope in ("", words.scope):
        for name, progress in (("unknown", None), ("begun", Progress(0, 0, 0)), ("half", RUNNING)):
            yield f"scan of {bool(scope)}, {name}", running("U0MARA", scope, progress)
        yield (
            f"scan of {bool(scope)}, finished",
            finished("U0MARA", scope, posture_of(words, accounts=1, failures=20, unread_keys=20, scope=scope)),
        )
        yield f"scan of {bool(scope)}, failed", failed("schedule", scope, words.sentence)


def _histories(words: Words) -> Iterator[Message]:
    yield "history, empty", history([], "", {})
    yield "history, nothing", history([], words.alias, {})
    keys = [arn_of(name) for name in _names(15)]
    details = {"keys": keys, "reason": words.sentence, "scope": words.scope, "why": words.sentence}
    entries = [
        ChainedEntry(number, "2026-03-02T12:00:00+00:00", who, act, words.alias, json.dumps(details), "0", "f" * 64)
        for number, (act, who) in enumerate(
            [*((act, "U0MARA") for act in Act), ("NEWER_ACT", SYSTEM), (Act.REFUSED, HOSTILE)]
        )
    ]
    yield "history, all acts", history(entries, words.alias, dict.fromkeys(keys, words.alias))
    yield "history, newest", history(entries[:1], "", {})


def _rules(words: Words) -> Iterator[Message]:
    yield "rules, none", rules(House(frozenset(), ()))
    passed = tuple(ApprovalRule(f"rule {number}", tags=(("stage", "prod*"),)) for number in range(40))
    deciding = ApprovalRule("it", ("*",), approvers=("S0KEYADMINS", *CROWD), break_glass=("U0JONAS",))
    house = House(frozenset(), (*passed, deciding))
    yield "rules, many", rules(house)
    account = Account("111111111111", words.account)
    tags = (("stage", words.team),)
    key = RuledKey(arn_of("0"), account, "eu-central-1", KeyFacts(tags=tags, aliases=(words.alias,) * 40))
    facts = (Fact("tags", (words.team,) * 50), Fact("aliases", why=words.sentence), Fact("organisational units"))
    hindrances = [None, *Hindrance]
    named = enumerate(("U0JONAS", *CROWD))
    people = {each: NamedPerson(each, hindrances[number % len(hindrances)]) for number, each in named}
    group = NamedGroup("S0KEYADMINS", GroupState.UNREAD, words.alias, code="internal_error")
    told = Explanation(words.alias, key, house, house.ruling(key), facts, roll=Roll(people, {group.id: group}))
    yield "rules, a key", explanation(told)
    yield (
        "rules, a key without one",
        explanation(Explanation(words.alias, key, house, House(frozenset(), passed).ruling(key))),
    )


def _words(words: Words) -> Iterator[Message]:
    yield "notice", say(f"There is no “{words.alias}”. Did you mean `/kms-rotation list`?")
    yield "notice, no rule", say(no_rule(words))
    yield "help", help_views.overview()
    yield "help, misspelt", help_views.overview(f"There is no “{words.alias}”.")
    for topic in help_views.TOPICS:
        yield f"help, {topic.name}", help_views.about(topic)


def _names(count: int) -> list[str]:
    return [f"key-{number}" for number in range(count)]
