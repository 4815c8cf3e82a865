"""The parts of the modals that ask for something."""

from collections.abc import Sequence

from bot.models.keys import Finding
from bot.models.messages import Block
from bot.rules.audience import Audience
from bot.views.moments import moment
from bot.views.names import EDIT_ROUTE, REASON_BLOCK, REASON_INPUT
from bot.views.parts import Element, button, context, label, note, plain
from bot.views.rich import bold, code, rich
from bot.views.words import cut

MOST_CHOICES = 100
"""Options of a select. https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element."""

REASON_CHARACTERS = 500


def key_as_read(finding: Finding) -> Block:
    """The key that a form is about, as it was last read."""
    return rich(
        bold(cut(finding.name, 200)),
        [f"{cut(finding.account_name, 60)} · {finding.region}"],
        code(finding.arn),
        [cut(finding.message, 300), " Read ", moment(finding.read_at), "."],
    )


def reason_input(fewest: int = 0) -> Block:
    """Where people say why; they must, where a fewest number of characters is given."""
    element: Element = {
        "type": "plain_text_input",
        "action_id": REASON_INPUT,
        "max_length": REASON_CHARACTERS,
        "multiline": True,
    }
    return {
        "type": "input",
        "block_id": REASON_BLOCK,
        "optional": not fewest,
        "label": label("Why now?"),
        "hint": plain("The approvers see it, and it goes on record."),
        "element": element | ({"min_length": fewest} if fewest else {}),
    }


def nothing_yet(more: str = "", *, may_be_at_once: bool) -> Block:
    """When something is changed: some houses have keys for which asking is enough, and who asks should know before."""
    told = ["Nothing is changed before the approval rules are satisfied.", more]
    if may_be_at_once:
        told.append("They approve some keys beforehand: those are changed as soon as you ask.")
    return context(note(" ".join(filter(None, told))))


def form(callback_id: str, title: str, metadata: str, blocks: list[Block]) -> Element:
    """A modal that asks for approval. Its metadata come back with it."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "title": label(title, 24),
        "submit": label("Ask for approval", 24),
        "close": label("Cancel", 24),
        "blocks": blocks,
    }


def edit_choice(audiences: Sequence[Audience]) -> Element:
    """The button, or where there are several digests the menu, that opens the modal of one."""
    if len(audiences) == 1:
        return button("Edit the digest …", EDIT_ROUTE, audiences[0].name)
    return {
        "type": "static_select",
        "action_id": EDIT_ROUTE,
        "placeholder": label("Edit a digest …"),
        "options": [{"text": plain(each.title, 75), "value": each.name} for each in audiences[:MOST_CHOICES]],
    }
