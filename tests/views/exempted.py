"""Everything that tells of exemptions, in every state, in words of one kind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from bot.models.asking import Waiting
from bot.models.exempting import AskAgain, ExemptionProposal, Reach
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState, ExemptionTerms
from bot.models.messages import Rendered
from bot.models.requests import ChangeKind, Request, RequestState
from bot.views.exempt import ExemptForm, exempt
from bot.views.exempt_draft import Draft, draft_of
from bot.views.exemption import ended, withdrawn
from bot.views.exemptions import ExemptionsPage, exemptions
from bot.views.key import key_details
from bot.views.parts import Element
from bot.views.request import request
from bot.views.requests import page_of, requests
from bot.views.result import result
from bot.views.waiting import reminder
from tests.store.samples import arn_of, at
from tests.views.samples import Words, details_of, every_request, open_finding, scan


def exempted_messages(words: Words) -> Iterator[tuple[str, Rendered]]:
    found = [exemption_of(words, number) for number in range(20)]
    places = {each.scope.arn: ("", words.account) for each in found}
    yield "exemptions, none", exemptions(ExemptionsPage.of([], "", 1))
    yield "exemptions, one", exemptions(ExemptionsPage.of(found[:1], "", 1, 0, places))
    yield "exemptions, page 2", exemptions(ExemptionsPage.of(found, words.scope, 2, 7, places))
    for state in ExemptionState:
        over = exemption_of(words, 0, state=state, ended_at=at(9), ended_by="U0MARA", reopened=3)
        yield f"exemption, {state.lower()}", ended(over)
    yield "exemption, withdrawn by you", withdrawn(exemption_of(words, 0, state=ExemptionState.WITHDRAWN, reopened=1))
    yield "key, exempt", key_details(replace(details_of(words), exemptions=tuple(found[:5])))
    for is_one_key in (True, False):
        for name, asked_for in every_request(words).items():
            terms = exempting(asked_for, words, is_one_key=is_one_key)
            waiting = Waiting("Waiting for 1 approval. <@U0JONAS> can approve.")
            yield f"exempt request, {name}, {is_one_key}", request(terms, waiting, at(10), reach_of(words))
            yield f"exempt reminder, {name}, {is_one_key}", reminder(terms, waiting)
            yield f"exempt list, {name}, {is_one_key}", requests(page_of([terms]), {})
            if terms.state is RequestState.DONE:
                yield f"exempt result, {name}, {is_one_key}", result(terms)


def exempted_modals(words: Words) -> Iterator[tuple[str, Element]]:
    offer = ExemptionProposal(None, date(2026, 3, 3), date(2026, 4, 1), date(2026, 5, 31))
    typed = Draft(*(words.sentence[:200],) * 5, "2026-04-01", "U0AIKO", words.sentence)
    again = AskAgain("This covers everything.", reach_of(words))
    yield "exempt, a key", exempt(ExemptForm("key:k1", replace(offer, finding=open_finding(words)), typed))
    yield "exempt, a pattern", exempt(ExemptForm("pattern:", offer, typed, reach_of(words)))
    yield "exempt, everything", exempt(ExemptForm("pattern:", offer, typed, again=again))
    renewed = exemption_of(words)
    yield "exempt, renewal", exempt(ExemptForm("renewal:e1", replace(offer, renews=renewed), draft_of(renewed)))


def reach_of(words: Words) -> Reach:
    return Reach(scan(), 3000, 2000, 100, (words.alias,) * 10, is_everything=True)


def exemption_of(words: Words, number: int = 0, **changes: object) -> Exemption:
    plain = Exemption(
        id=f"e{number}",
        state=ExemptionState.ACTIVE,
        scope=ExemptionScope(arn=arn_of(f"key-{number}")),
        name=words.alias,
        reason=words.sentence,
        ticket=words.sentence,
        owner=words.team,
        until=at(9000),
        created_at=at(5),
        asked_by="U0MARA",
        approved_by=("U0JONAS", "U0AIKO"),
        request_id="r1",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of an exemption


def exempting(asked_for: Request, words: Words, *, is_one_key: bool) -> Request:
    """The same request for an exemption."""
    change = asked_for.changes[0]
    scope = ExemptionScope(arn=change.arn) if is_one_key else ExemptionScope(alias=words.alias[:100])
    terms = ExemptionTerms(scope, at(9000), words.sentence, words.team, "e1")
    excused = replace(
        change,
        kind=ChangeKind.EXEMPT,
        period_days=0,
        exemption=terms,
        arn=str(scope),
        key_name=words.alias,
        aws_request_id=None,
        next_rotation=None,
    )
    return replace(asked_for, changes=(excused,))
