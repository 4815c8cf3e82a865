"""A request that waits: what is asked of approvers, and the reminder in its thread."""

from bot.models.asking import Waiting
from bot.models.messages import Block, Rendered
from bot.models.requests import Request, RequestState
from bot.views.budget import message
from bot.views.kinds import WORDS
from bot.views.moments import date
from bot.views.names import APPROVE, BREAK_GLASS, DENY, WITHDRAW
from bot.views.naming import keys_in_words, names
from bot.views.parts import actions, button, confirm, context, mrkdwn
from bot.views.rich import rich
from bot.views.sentences import fallback, meant
from bot.views.words import people


def question(asked: Request, waiting: Waiting) -> list[Block]:
    """What is asked: who may answer, until when, and the buttons for it."""
    keys = "the key" if len(asked.changes) == 1 else "the keys"
    sure = confirm(
        WORDS[asked.kind].question,
        WORDS[asked.kind].sure.format(keys if asked.changes[0].is_one_key else keys_in_words(asked)),
        "Approve",
        "Not now",
    )
    buttons = [
        button("Approve", APPROVE, asked.id, style="primary", confirm=sure),
        button("Deny", DENY, asked.id),
        button("Withdraw", WITHDRAW, asked.id),
    ]
    if waiting.has_glass:
        buttons.append(button("Break glass …", BREAK_GLASS, asked.id))
    return [_progress(asked, waiting), context(mrkdwn(f"Expires {date(asked.expires_at)}.")), actions(*buttons)]


def _progress(asked: Request, waiting: Waiting) -> Block:
    so_far = f"Approved by {people(asked.approvers)}. " if asked.approvers else ""
    return rich(meant(f"⏳ {so_far}{waiting.told}"))


def reminder(asked: Request, waiting: Waiting) -> Rendered:
    """What is told in a request's thread while it waits; once it is decided, that it is."""
    if asked.state is not RequestState.PENDING:
        sentence = f"This was a reminder. {_decided(asked)}"
        return message(fallback(sentence), [context(mrkdwn(sentence))])
    text = f"Still waiting: {WORDS[asked.kind].noun.lower()} of {names(asked)}."
    blocks = [
        rich("🔔 This request still waits."),
        _progress(asked, waiting),
        context(mrkdwn(f"Expires {date(asked.expires_at)}.")),
    ]
    return message(fallback(text), blocks)


def _decided(asked: Request) -> str:
    words = {
        RequestState.DENIED: "The request was denied.",
        RequestState.CANCELLED: "The request was withdrawn.",
        RequestState.EXPIRED: "The request expired.",
    }
    return words.get(asked.state, "The request was approved.")
