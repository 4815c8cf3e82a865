"""The form behind “Exempt …”: for one key, for a pattern, to renew, what is wrong with it, what it turns into."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from bot.models.asking import Asked, Declined
from bot.models.exempting import AskAgain, ExemptionProposal, ExemptionWish, Reach
from bot.models.requests import ChangeKind, RequestState
from bot.rules.approvers import who_decides
from bot.rules.exempting import find_flaws
from bot.rules.house import keys_of
from bot.views.ask import asked, asking, declined
from bot.views.exempt import ExemptForm, exempt
from bot.views.exempt_draft import CHOOSE_A_DAY, NOTHING_NAMED, PLACES, WRITE_A_TAG, Draft, draft_of
from bot.views.names import ACCOUNT_BLOCK, TAG_BLOCK, UNTIL_BLOCK
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.samples.exemptions import (
    PATTERN,
    REACH,
    REASON,
    TICKET,
    exempted,
    exemption,
)
from deploy.sandbox.gallery.things import (
    AIKO,
    HOUSE,
    MARA,
    NOW,
    STRANGE_WORDS,
    Words,
    finding,
    scan,
)

OFFER = ExemptionProposal(None, date(2026, 3, 3), date(2026, 4, 1), date(2026, 5, 31))


def forms() -> Iterator[Sample]:
    for name, form in _forms().items():
        yield shown(name, Surface.MODAL, "The form").by(exempt, form)
    for name, (block, sentence) in _flaws().items():
        yield shown(name, Surface.MODAL, "Something in it will not do", errors={block: sentence}).by(
            exempt, _forms()["pattern, empty"]
        )
    one, several = exempted(RequestState.PENDING), exempted(RequestState.PENDING, of_pattern=True)
    yield shown("sent", Surface.MODAL, "While the rules are asked").by(asking, ChangeKind.EXEMPT)
    for name, made in {"asked": one, "asked, a pattern": several}.items():
        rules = HOUSE.rules_for(keys_of(one))
        yield shown(name, Surface.MODAL, "The request is made").by(asked, Asked(made, who_decides(rules)))
    yield shown("declined", Surface.MODAL, "The key was mended meanwhile").by(
        declined, "There is nothing to exempt: the key rotates as it should.", ChangeKind.EXEMPT
    )


def _forms() -> dict[str, ExemptForm]:
    typed = Draft(account="prod-*", alias="legacy/*", reason=REASON, until="2026-04-30", owner=AIKO, ticket=TICKET)
    many = Reach(scan(), 61, 22, 2, REACH.names, is_everything=True)
    everything = AskAgain("This covers everything: 22 keys open today, and none would be left. Is that meant?", many)
    pattern, key = "pattern:", "key:k1"
    renewed = exemption()
    strange = {
        f"{kind} words": ExemptForm(key, replace(OFFER, finding=finding(words)), _draft(words))
        for kind, words in STRANGE_WORDS.items()
    }
    return {
        "one key": ExemptForm(key, replace(OFFER, finding=finding()), Draft(owner=MARA)),
        "pattern, empty": ExemptForm(pattern, OFFER, Draft(owner=MARA)),
        "pattern, what it would cover": ExemptForm(pattern, OFFER, typed, REACH),
        "pattern, not all keys shown": ExemptForm(pattern, OFFER, typed, replace(REACH, is_partial=True)),
        "pattern, nothing covered": ExemptForm(pattern, OFFER, typed, Reach(scan(), 4, 0, 0, (), is_everything=False)),
        "pattern, no pattern": ExemptForm(pattern, OFFER, Draft(owner=MARA), Declined(NOTHING_NAMED)),
        "pattern, everything": ExemptForm(pattern, OFFER, typed, again=everything),
        "renewal": ExemptForm("renewal:e1", replace(OFFER, renews=renewed), draft_of(renewed)),
        **strange,
    }


def _draft(words: Words) -> Draft:
    return Draft(reason=words.reason, owner=MARA, ticket=words.reason)


def _flaws() -> dict[str, tuple[str, str]]:
    wish = ExemptionWish(PATTERN, date(2027, 3, 2), "No time.", "SEC-1042")
    found = find_flaws(wish, NOW.date(), timedelta(days=90))
    return {
        "no pattern": (ACCOUNT_BLOCK, NOTHING_NAMED),
        "no tag": (TAG_BLOCK, WRITE_A_TAG),
        "no day": (UNTIL_BLOCK, CHOOSE_A_DAY),
        **{f"no such {flaw.field.lower()}": (PLACES[flaw.field], flaw.sentence) for flaw in found},
    }


# The request
