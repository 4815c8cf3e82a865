"""Breaking the glass: the form that asks why, and the message that tells everybody whom it concerns."""

from collections.abc import Sequence

from bot.models.messages import Block, Rendered
from bot.models.requests import Decision, Request
from bot.views.budget import message
from bot.views.names import GLASS_MODAL, REASON_BLOCK, REASON_INPUT
from bot.views.naming import names, place
from bot.views.parts import Element, context, label, mrkdwn, plain, section
from bot.views.rich import Inline, bold, group, quote, rich, user
from bot.views.sentences import fallback

TITLE = "Break the glass"
REASON_CHARACTERS = 500
FEWEST_CHARACTERS = 10
MOST_CONCERNED = 40


def break_glass(request: Request) -> Element:
    """The form: what is about to happen, who will hear of it, and why it cannot wait."""
    told = "The bot will change it at once, without the approvals that the rules ask for."
    if len(request.changes) > 1:
        told = "The bot will change them at once, without the approvals that the rules ask for."
    blocks: list[Block] = [
        rich(bold(place(request)), [told]),
        section(
            plain("Everybody who may approve is told in the channel, with your name and reason. Both go on record.")
        ),
        {
            "type": "input",
            "block_id": REASON_BLOCK,
            "label": label("Why can it not wait?"),
            "element": {
                "type": "plain_text_input",
                "action_id": REASON_INPUT,
                "min_length": FEWEST_CHARACTERS,
                "max_length": REASON_CHARACTERS,
                "multiline": True,
            },
        },
    ]
    return {
        "type": "modal",
        "callback_id": GLASS_MODAL,
        "private_metadata": request.id,
        "title": label(TITLE, 24),
        "submit": label(TITLE, 24),
        "close": label("Cancel", 24),
        "blocks": blocks,
    }


def glass_broken(request: Request, glass: Decision, concerned: Sequence[str]) -> Rendered:
    """What everybody whom it concerns is told, mentioned one by one."""
    mentions: list[Inline] = []
    for entry in concerned[:MOST_CONCERNED]:
        mentions += [group(entry) if entry.startswith("S") else user(entry), " "]
    more = f"and {len(concerned) - MOST_CONCERNED} more " if len(concerned) > MOST_CONCERNED else ""
    blocks = [
        rich(
            [bold("🚨 The glass was broken")],
            [user(glass.user_id), " has the bot make this change without the approvals that the rules ask for."],
            [place(request)],
        ),
        quote(glass.note),
        rich(["For ", *mentions, more, "– please look into it."]),
        context(mrkdwn(f"Asked by <@{request.requester}>."), plain(f"Request {request.id}.")),
    ]
    return message(fallback(f"The glass was broken for {names(request)}: ") + f"<@{glass.user_id}>.", blocks)
