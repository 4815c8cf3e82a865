"""The modal behind “Enable rotation”, and what it turns into once it is sent."""

from bot.models.asking import Asked, Proposal
from bot.models.messages import Block
from bot.views.names import ASK_MODAL, PERIOD_BLOCK, PERIOD_INPUT, REASON_BLOCK, REASON_INPUT
from bot.views.parts import (
    Element,
    Inline,
    bold,
    bullets,
    code,
    context,
    cut,
    date,
    label,
    moment,
    mrkdwn,
    note,
    plain,
    rich,
    said,
    section,
)

TITLE = "Enable rotation"
REASON_CHARACTERS = 500


def ask(proposal: Proposal) -> Element:
    """The modal: the key, what it costs, a warning where code manages the key, the period, the reason."""
    finding = proposal.finding
    blocks: list[Block] = [
        rich(
            bold(cut(finding.name, 200)),
            [f"{cut(finding.account_name, 60)} · {finding.region}"],
            code(finding.arn),
            [cut(finding.message, 300), " Read ", moment(finding.read_at), "."],
        )
    ]
    if finding.managed_by:
        blocks.append(section(plain(_managed(finding.managed_by))))
    blocks += [
        {
            "type": "input",
            "block_id": PERIOD_BLOCK,
            "label": label("Days between rotations"),
            "hint": plain(
                f"From {proposal.shortest_period_days} to {proposal.longest_period_days}, "
                "the longest that the policy allows."
            ),
            "element": {
                "type": "number_input",
                "action_id": PERIOD_INPUT,
                "is_decimal_allowed": False,
                "initial_value": str(proposal.period_days),
                "min_value": str(proposal.shortest_period_days),
                "max_value": str(proposal.longest_period_days),
            },
        },
        {
            "type": "input",
            "block_id": REASON_BLOCK,
            "optional": True,
            "label": label("Why now?"),
            "hint": plain("The approvers see it, and it goes on record."),
            "element": {
                "type": "plain_text_input",
                "action_id": REASON_INPUT,
                "max_length": REASON_CHARACTERS,
                "multiline": True,
            },
        },
        _consequences(),
        context(note("Nothing is changed before somebody else approves.")),
    ]
    return {
        "type": "modal",
        "callback_id": ASK_MODAL,
        "private_metadata": proposal.handle,
        "title": label(TITLE, 24),
        "submit": label("Ask for approval", 24),
        "close": label("Cancel", 24),
        "blocks": blocks,
    }


def asking() -> Element:
    """What the modal shows while the key is read."""
    return _told([section(plain("Reading the key …"))], "Close")


def asked(sent: Asked) -> Element:
    request = sent.request
    change = request.changes[0]
    return _told(
        [
            rich(
                "✅ Your request is on its way to the channel.",
                [bold(cut(change.key_name, 200)), f" – every {change.period_days} days"],
            ),
            said(sent.approvers),
            context(mrkdwn(f"It expires {date(request.expires_at)}.")),
        ],
        "Close",
    )


def declined(sentence: str) -> Element:
    """Why nothing was asked for."""
    return _told([said(sentence)], "Close")


def _consequences() -> Block:
    lines: list[Inline] = [
        "Price: a key costs $1 a month, and each of its first two rotations adds $1 a month, later ones nothing.",
        "Data stays as it is: nothing is encrypted anew, and everything can still be decrypted.",
    ]
    return bullets(*lines)


def _managed(by: str) -> str:
    return (
        f"⚠️ Managed by {cut(by, 200)}. The next run from there may switch rotation off again, "
        "so switch it on in the code as well."
    )


def _told(blocks: list[Block], close: str) -> Element:
    return {"type": "modal", "title": label(TITLE, 24), "close": label(close, 24), "blocks": blocks}
