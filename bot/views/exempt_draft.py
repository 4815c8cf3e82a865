"""What was entered in the form behind “Exempt …”: read back by the blocks that it was written into, up to a wish."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from bot.models.exempting import ExemptionProposal, ExemptionWish, WishField
from bot.models.exemptions import Exemption, ExemptionScope
from bot.rules.exemptions import tidy
from bot.rules.filters import BadFilterError
from bot.views.names import (
    ACCOUNT_BLOCK,
    ALIAS_BLOCK,
    PATTERN_INPUT,
    PERSON_BLOCK,
    PERSON_INPUT,
    REASON_BLOCK,
    REASON_INPUT,
    REGION_BLOCK,
    SURE,
    SURE_BLOCK,
    SURE_INPUT,
    TAG_BLOCK,
    TICKET_BLOCK,
    TICKET_INPUT,
    UNTIL_BLOCK,
    UNTIL_INPUT,
    action_id,
)

Entered = Mapping[str, Any]
"""A modal's view as Slack sends it back: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload."""

CHOOSE_A_DAY = "Choose the last day on which it is to hold."
NOTHING_NAMED = "Fill in one of these fields at least."
WRITE_A_TAG = "Write a tag as a name and a pattern of its value: stage=test*"
PLACES = {
    WishField.SCOPE: ACCOUNT_BLOCK,
    WishField.UNTIL: UNTIL_BLOCK,
    WishField.REASON: REASON_BLOCK,
    WishField.TICKET: TICKET_BLOCK,
    WishField.OWNER: PERSON_BLOCK,
}
"""The block below which each flaw is told."""


class BadFormError(ValueError):
    """What was entered is not what the form asks for; `block` is where, and the message says what would be."""

    def __init__(self, block: str, sentence: str) -> None:
        super().__init__(sentence)
        self.block = block


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has entered so far, letter for letter."""

    account: str = ""
    alias: str = ""
    region: str = ""
    tag: str = ""
    reason: str = ""
    until: str = ""
    owner: str = ""
    ticket: str = ""

    def part(self, name: str) -> str:
        return {
            ACCOUNT_BLOCK: self.account,
            ALIAS_BLOCK: self.alias,
            REGION_BLOCK: self.region,
            TAG_BLOCK: self.tag,
        }[name]


def draft_of(renewed: Exemption) -> Draft:
    """What a form for renewing an exemption holds at first: all that was said for it, but how long."""
    return Draft(reason=renewed.reason, owner=renewed.owner, ticket=renewed.ticket)


def draft_for(scope: ExemptionScope, owner: str) -> Draft:
    """What the form holds at first for a pattern that somebody typed; they look after it unless they say otherwise."""
    tag = "" if scope.tag is None else "=".join(scope.tag)
    return Draft(account=scope.account, alias=scope.alias, region=scope.region, tag=tag, owner=owner)


def read_draft(view: Entered) -> Draft:
    """What was entered; a part that the form does not have, or that a client left out, is empty."""
    return Draft(
        account=_pattern(view, ACCOUNT_BLOCK),
        alias=_pattern(view, ALIAS_BLOCK),
        region=_pattern(view, REGION_BLOCK),
        tag=_pattern(view, TAG_BLOCK),
        reason=_typed(view, REASON_BLOCK, REASON_INPUT),
        until=_typed(view, UNTIL_BLOCK, UNTIL_INPUT, "selected_date"),
        owner=_typed(view, PERSON_BLOCK, PERSON_INPUT, "selected_user"),
        ticket=_typed(view, TICKET_BLOCK, TICKET_INPUT),
    )


def _pattern(view: Entered, block: str) -> str:
    return _typed(view, block, action_id(PATTERN_INPUT, block))


def _typed(view: Entered, block: str, element: str, key: str = "value") -> str:
    entered = view["state"]["values"].get(block, {}).get(element, {}).get(key)
    return str(entered or "").strip()


def read_sure(view: Entered) -> str:
    """Return what a ticked “Yes, all of them” carries, nothing where none was ticked."""
    ticked = view["state"]["values"].get(SURE_BLOCK, {}).get(SURE_INPUT, {}).get("selected_options") or ()
    return str(ticked[0]["value"]) if ticked else ""


def scope_of(draft: Draft) -> ExemptionScope:
    """The pattern that was entered. Raises BadFormError where it is none."""
    parts = {
        ACCOUNT_BLOCK: ExemptionScope(account=draft.account),
        ALIAS_BLOCK: ExemptionScope(alias=draft.alias),
        REGION_BLOCK: ExemptionScope(region=draft.region),
        TAG_BLOCK: ExemptionScope(tag=_tag(draft.tag)),
    }
    given = {block: part for block, part in parts.items() if part != ExemptionScope()}
    if not given:
        raise BadFormError(ACCOUNT_BLOCK, NOTHING_NAMED)
    for block, part in given.items():
        _tidied(block, part)
    whole = ExemptionScope(account=draft.account, region=draft.region, alias=draft.alias, tag=_tag(draft.tag))
    return _tidied(ACCOUNT_BLOCK, whole)


def sure_of(scope: ExemptionScope) -> str:
    """What “Yes, all of them” is said to: no other pattern."""
    return f"{SURE}:{sha256(str(scope).encode()).hexdigest()[:16]}"


def _tidied(block: str, scope: ExemptionScope) -> ExemptionScope:
    try:
        return tidy(scope)
    except BadFilterError as error:
        raise BadFormError(block, str(error)) from error


def _tag(typed: str) -> tuple[str, str] | None:
    if not typed:
        return None
    name, _, value = typed.removeprefix("tag:").partition("=")
    if not (name.strip() and value.strip()):
        raise BadFormError(TAG_BLOCK, WRITE_A_TAG)
    return name.strip(), value.strip()


def _wanted(offer: ExemptionProposal, draft: Draft) -> ExemptionScope:
    if offer.finding is not None:
        return ExemptionScope(arn=offer.finding.arn)
    return scope_of(draft) if offer.renews is None else offer.renews.scope


def wish_of(offer: ExemptionProposal, draft: Draft, sure: str) -> ExemptionWish:
    """Say what is wished for. Raises BadFormError where what was entered is not what the form asks for."""
    scope = _wanted(offer, draft)
    try:
        until = date.fromisoformat(draft.until)
    except ValueError as error:
        raise BadFormError(UNTIL_BLOCK, CHOOSE_A_DAY) from error
    return ExemptionWish(
        scope=scope,
        until=until,
        reason=draft.reason,
        ticket=draft.ticket,
        owner=draft.owner,
        renews="" if offer.renews is None else offer.renews.id,
        is_sure=bool(sure) and sure == sure_of(scope),
    )
