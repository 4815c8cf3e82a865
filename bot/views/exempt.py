"""The modal behind “Exempt …”: which keys, until when, why, whose they are, and what that means."""

from dataclasses import dataclass

from bot.models.asking import Declined
from bot.models.exempting import AskAgain, ExemptionProposal, Reach
from bot.models.messages import Block
from bot.models.people import is_person
from bot.models.requests import ChangeKind
from bot.views.excuse import TICKET_CHARACTERS, reach
from bot.views.exempt_draft import Draft
from bot.views.form import REASON_CHARACTERS, form, key_as_read
from bot.views.kinds import WORDS
from bot.views.moments import moment
from bot.views.names import (
    ACCOUNT_BLOCK,
    ALIAS_BLOCK,
    EXEMPT_MODAL,
    EXEMPT_PREVIEW,
    PATTERN_INPUT,
    PERSON_BLOCK,
    PERSON_INPUT,
    PREVIEW_BLOCK,
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
from bot.views.parts import Element, actions, button, context, label, note, plain
from bot.views.rich import Inline, bold, bullets, code, rich
from bot.views.sentences import meant
from bot.views.words import counted, cut

FEWEST_CHARACTERS = 10
PATTERN_CHARACTERS = 256

PARTS = (
    (ACCOUNT_BLOCK, "Accounts", "An id, or a pattern of ids and names: prod-*"),
    (ALIAS_BLOCK, "Aliases", "A pattern: legacy/*"),
    (REGION_BLOCK, "Regions", "A pattern: eu-*"),
    (TAG_BLOCK, "Tag", "A name and a pattern of its value: stage=test*"),
)
"""The parts of a pattern, each with its label and what may be written."""


@dataclass(frozen=True, slots=True)
class ExemptForm:
    """What the modal shows: what is offered, what was entered, and what came of “What would it cover?”.

    `metadata` come back with it. `again` is set where everything would be covered, and that has to be confirmed; `sure`
    is what a yes carries.
    """

    metadata: str
    offer: ExemptionProposal
    draft: Draft
    told: Reach | Declined | None = None
    again: AskAgain | None = None
    sure: str = SURE


def exempt(asked: ExemptForm) -> Element:
    """The form."""
    blocks = [
        *_sure(asked.again, asked.sure),
        *_what(asked),
        bullets(*_meaning(asked)),
        _reason(asked.draft.reason),
        _until(asked),
        _owner(asked.draft.owner),
        _ticket(asked.draft.ticket),
        context(note("Nothing is exempt before the approval rules are satisfied.")),
    ]
    return form(EXEMPT_MODAL, WORDS[ChangeKind.EXEMPT].title, asked.metadata, blocks)


def _what(asked: ExemptForm) -> list[Block]:
    renewed, finding = asked.offer.renews, asked.offer.finding
    if renewed is not None:
        until: list[Inline] = ["Exempt until ", moment(renewed.until), ". The new exemption takes its place."]
        return [rich(bold(cut(renewed.name, 200)), code(str(renewed.scope)), until)]
    if finding is not None:
        return [key_as_read(finding)]
    return [
        rich("Every open key that matches all that you fill in here, keys that come later as well. * is any text."),
        *(_part(name, title, hint, asked.draft.part(name)) for name, title, hint in PARTS),
        actions(button("What would it cover?", EXEMPT_PREVIEW, EXEMPT_PREVIEW)),
        *_told(asked.told),
    ]


def _told(told: Reach | Declined | None) -> list[Block]:
    match told:
        case None:
            return []
        case Declined(sentence=sentence):
            return [_replaced(rich(meant(sentence)))]
    return [_replaced(rich(reach(told)))]


def _replaced(block: Block) -> Block:
    """Name the block, so that the next answer takes its place."""
    return {**block, "block_id": PREVIEW_BLOCK}


def _part(name: str, title: str, hint: str, typed: str) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": True,
        "label": label(title),
        "hint": plain(hint),
        "element": _text(action_id(PATTERN_INPUT, name), typed, max_length=PATTERN_CHARACTERS),
    }


def _meaning(asked: ExemptForm) -> list[Inline]:
    what = "The key stays" if asked.offer.finding is not None else "The keys stay"
    return [
        f"{what} non-compliant. Auditors and reports see that, and until when it is excused, by whom and why.",
        "The list of open keys and the percentage leave out what is exempt; its number stands beside them.",
        "It ends by itself, and what is not mended by then is open again. Nothing is changed in AWS.",
    ]


def _reason(typed: str) -> Block:
    return {
        "type": "input",
        "block_id": REASON_BLOCK,
        "label": label("Why?"),
        "hint": plain("The approvers see it, and it goes on record."),
        "element": _text(
            REASON_INPUT, typed, multiline=True, min_length=FEWEST_CHARACTERS, max_length=REASON_CHARACTERS
        ),
    }


def _until(asked: ExemptForm) -> Block:
    offer = asked.offer
    return {
        "type": "input",
        "block_id": UNTIL_BLOCK,
        "label": label("Until the end of"),
        "hint": plain(f"From {offer.first_day} to {offer.last_day}."),
        "element": {
            "type": "datepicker",
            "action_id": UNTIL_INPUT,
            "initial_date": asked.draft.until or offer.usual_day.isoformat(),
        },
    }


def _owner(chosen: str) -> Block:
    initial = {"initial_user": chosen} if is_person(chosen) else {}
    return {
        "type": "input",
        "block_id": PERSON_BLOCK,
        "label": label("Who looks after it?"),
        "hint": plain("They are told when it ends."),
        "element": {"type": "users_select", "action_id": PERSON_INPUT} | initial,
    }


def _ticket(typed: str) -> Block:
    return {
        "type": "input",
        "block_id": TICKET_BLOCK,
        "optional": True,
        "label": label("Ticket"),
        "hint": plain("The address of a page that says more: https://…"),
        "element": _initially({"type": "url_text_input", "action_id": TICKET_INPUT}, cut(typed, TICKET_CHARACTERS)),
    }


def _sure(again: AskAgain | None, value: str) -> list[Block]:
    """The question that is asked once more where every open key would be exempt."""
    if again is None:
        return []
    yes = f"Yes, all {counted(again.reach.open_keys, 'open key')}"
    option = {"text": plain(yes, 75), "value": value}
    return [
        rich(["⚠️ ", *meant(again.sentence)]),
        {
            "type": "input",
            "block_id": SURE_BLOCK,
            "optional": True,
            "label": label("Confirm"),
            "element": {"type": "checkboxes", "action_id": SURE_INPUT, "options": [option]},
        },
    ]


def _text(action: str, typed: str, **more: object) -> Element:
    return _initially({"type": "plain_text_input", "action_id": action, **more}, typed)


def _initially(element: Element, typed: str) -> Element:
    return element | ({"initial_value": typed} if typed else {})
