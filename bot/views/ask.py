"""The modal behind “Enable rotation”, and what it and the one behind “Rotate now …” turn into once they are sent."""

from bot.models.asking import Asked, Choice, Proposal
from bot.models.messages import Block
from bot.models.requests import Basis, ChangeKind
from bot.rules.code_lines import managed
from bot.views.code import warning, warning_of_several
from bot.views.form import form, key_as_read, nothing_yet, reason_input
from bot.views.kinds import WORDS, term
from bot.views.moments import date
from bot.views.names import (
    ALL,
    ALL_BLOCK,
    ALL_INPUT,
    ASK_MODAL,
    KEYS_BLOCK,
    KEYS_INPUT,
    PERIOD_BLOCK,
    PERIOD_INPUT,
    SEVERAL_MODAL,
)
from bot.views.pages import turn_value
from bot.views.parts import Element, context, label, mrkdwn, note, plain, section
from bot.views.price import consequences, consequences_for_several
from bot.views.rich import bold, rich
from bot.views.sentences import said
from bot.views.words import counted, cut

OPTION_CHARACTERS = 75
MOST_LEFT_OUT = 10
MOST_AT_ONCE = 400
"""Keys of one request: as many as its approvers can be shown in one modal."""


def ask(proposal: Proposal) -> Element:
    """The modal: the key, what it costs, a warning where code manages the key, the period, the reason."""
    finding = proposal.finding
    blocks: list[Block] = [key_as_read(finding)]
    if code := managed(finding.name, finding.managed_by, finding.tags):
        blocks.append(warning(code, proposal.period_days))
    blocks += _questions(proposal.period_days, proposal.shortest_period_days, proposal.longest_period_days)
    blocks += [consequences(is_multi_region=finding.key_id.startswith("mrk-"))]
    blocks.append(nothing_yet(may_be_at_once=proposal.may_be_at_once))
    return form(ASK_MODAL, WORDS[ChangeKind.ENABLE_ROTATION].title, proposal.handle, blocks)


def ask_for_several(choice: Choice) -> Element:
    """The modal for several keys of a list. Its metadata say which are all: those that it offers, or the whole list."""
    most = len(choice.keys) + choice.hidden
    whole = choice.hidden > 0 and most <= MOST_AT_ONCE
    everything = f"All of the list, up to {counted(most, 'key')}" if whole else ""
    blocks: list[Block] = [
        {
            "type": "input",
            "block_id": KEYS_BLOCK,
            "optional": True,
            "label": label("Keys"),
            "element": {
                "type": "multi_static_select",
                "action_id": KEYS_INPUT,
                "placeholder": label("Choose keys"),
                "options": [
                    _option(f"{key.name} · {key.account_name} · {key.region}", key.handle) for key in choice.keys
                ],
            },
        },
        {
            "type": "input",
            "block_id": ALL_BLOCK,
            "optional": True,
            "label": label("Or all of them"),
            "element": {
                "type": "checkboxes",
                "action_id": ALL_INPUT,
                "options": [_option(everything or f"All {counted(len(choice.keys), 'key')} above", ALL)],
            },
        },
    ]
    if choice.hidden and not whole:
        more = counted(choice.hidden, "more key")
        blocks.append(context(note(f"{more} of the list do not fit in here: narrow the list with a filter.")))
    code = [each for key in choice.keys if (each := managed(key.name, key.managed_by)) is not None]
    if code:
        blocks.append(warning_of_several(code, choice.period_days))
    blocks += _questions(choice.period_days, choice.shortest_period_days, choice.longest_period_days)
    blocks += [consequences_for_several(most if whole else len(choice.keys))]
    blocks.append(nothing_yet(may_be_at_once=choice.may_be_at_once))
    handles = " ".join(key.handle for key in choice.keys)
    all_of_them = turn_value(choice.scope, 1) if whole else handles
    return form(SEVERAL_MODAL, WORDS[ChangeKind.ENABLE_ROTATION].title, all_of_them, blocks)


def _questions(period_days: int, shortest: int, longest: int) -> list[Block]:
    """What is asked for one key and for several."""
    return [
        {
            "type": "input",
            "block_id": PERIOD_BLOCK,
            "label": label("Days between rotations"),
            "hint": plain(f"From {shortest} to {longest}, the longest that the policy allows."),
            "element": {
                "type": "number_input",
                "action_id": PERIOD_INPUT,
                "is_decimal_allowed": False,
                "initial_value": str(period_days),
                "min_value": str(shortest),
                "max_value": str(longest),
            },
        },
        reason_input(),
    ]


def _option(text: str, value: str) -> Element:
    return {"text": plain(text, OPTION_CHARACTERS), "value": value}


def asking(kind: ChangeKind = ChangeKind.ENABLE_ROTATION) -> Element:
    """What the modal shows while the key is read, and the rules asked."""
    return _told(kind, [section(plain("Asking …" if kind is ChangeKind.EXEMPT else "Reading the key …"))])


def asked(sent: Asked) -> Element:
    request = sent.request
    change = request.changes[0]
    several = len(request.changes) > 1
    what = counted(len(request.changes), "key") if several else cut(change.key_name, 200)
    sent_where = "✅ Your request is on its way to the channel."
    if request.basis is Basis.PRE_APPROVED:
        being_changed = "the keys are being changed" if several else "the key is being changed"
        if request.kind is ChangeKind.EXEMPT:
            being_changed = "it is being granted"
        sent_where = f"✅ Approved beforehand: {being_changed} now. The channel tells how it ends."
    blocks = [
        rich(sent_where, [bold(what), " – ", *term(change)]),
        *(said(sentence) for sentence in sent.left_out[:MOST_LEFT_OUT]),
    ]
    if len(sent.left_out) > MOST_LEFT_OUT:
        blocks.append(context(note(f"… and {counted(len(sent.left_out) - MOST_LEFT_OUT, 'more key')} left out.")))
    if request.basis is Basis.APPROVALS:
        blocks += [said(sent.approvers), context(mrkdwn(f"It expires {date(request.expires_at)}."))]
    return _told(request.kind, blocks)


def declined(told: str, kind: ChangeKind = ChangeKind.ENABLE_ROTATION) -> Element:
    """Why nothing was asked for, a sentence a line."""
    sentences = told.split("\n")
    blocks = [said(sentence) for sentence in sentences[: MOST_LEFT_OUT + 1]]
    if len(sentences) > MOST_LEFT_OUT + 1:
        blocks.append(context(note(f"… and {counted(len(sentences) - MOST_LEFT_OUT - 1, 'more key')}.")))
    return _told(kind, blocks)


def _told(kind: ChangeKind, blocks: list[Block]) -> Element:
    title = WORDS[kind].title
    return {"type": "modal", "title": label(title, 24), "close": label("Close", 24), "blocks": blocks}
