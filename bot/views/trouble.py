"""Word to the fallback: a channel takes no messages, and takes them again."""

from bot.models.messages import Block, MessageKind, Rendered
from bot.models.troubles import GIVEN_UP_AFTER, Trouble
from bot.views.budget import message
from bot.views.moments import date
from bot.views.parts import context, mrkdwn
from bot.views.rich import rich
from bot.views.sentences import meant, spoken
from bot.views.words import counted, listed

_REMEDIES = {
    "not_in_channel": "Type `/invite @KMS rotation` there.",
    "user_not_in_channel": "Type `/invite @KMS rotation` there.",
    "is_archived": "It is archived: unarchive it, or name another channel in the configuration.",
    "channel_not_found": (
        "It was deleted, or it is private and the bot is not in it: invite the bot, or name another channel in the "
        "configuration."
    ),
}
_OF_A_PERSON = "Direct messages of the bot do not reach them: they may have left, or closed the app's messages."
_LOCKED = "Who may post there is restricted: let the bot post, or name another channel in the configuration."

_GIVEN_UP = (
    f"It has taken none for {GIVEN_UP_AFTER.days} days, so what waited was given up, and that is on record: "
    "`/kms-rotation history`. Each new message is tried once; when one gets through, the bot says so here."
)

_NAMED = {MessageKind.DIGEST: "digest", MessageKind.REQUEST: "request", MessageKind.REMINDER: "reminder"}


def trouble(told: Trouble) -> Rendered:
    """Where messages are missing, why, what to do and what waits; afterwards, that it is over."""
    if told.ended_at is not None:
        return over(told)
    sentence = f"⚠️ The bot cannot post to {_place(told)}: {told.code}. {remedy(told)}"
    lines = [meant(sentence)]
    if told.given_up_at is not None:
        lines.append(meant(_GIVEN_UP))
    elif waits := _waits(told):
        lines.append(meant(f"{waits}. Nothing is lost: the bot keeps trying, and says here when it works again."))
    return message(spoken(sentence), [rich(*lines), _since(told)])


def over(told: Trouble) -> Rendered:
    """The channel takes messages again; what waited for it is posted, unless it was given up."""
    rest = "What waited is being posted." if told.given_up_at is None else "What was given up before is not posted."
    sentence = f"✅ The bot can post to {_place(told)} again. {rest}"
    return message(spoken(sentence), [rich(meant(sentence)), _since(told)])


def without_file() -> Rendered:
    """In a digest's thread, where the app may not upload the file of all open keys."""
    sentence = (
        "There are too many open keys for messages, and the app may not upload a file: it was not granted "
        "`files:write`. `/kms-rotation list` pages through them, with buttons."
    )
    return message(spoken(sentence), [rich(meant(sentence))])


def _place(told: Trouble) -> str:
    """Name it with its id: of a channel that is gone or private, a reader sees no name."""
    if told.channel.startswith("D"):
        return f"somebody's direct messages (`{told.channel}`)"
    mention = f"<@{told.channel}>" if told.channel[:1] in {"U", "W"} else f"<#{told.channel}>"
    return f"{mention} (`{told.channel}`)"


def remedy(told: Trouble) -> str:
    """Say what somebody can do about it."""
    if told.channel[:1] in {"U", "W", "D"}:
        return _OF_A_PERSON
    return _REMEDIES.get(told.code, _LOCKED)


def _waits(told: Trouble) -> str:
    counts = [(told.waiting[kind], one) for kind, one in _NAMED.items() if told.waiting.get(kind)]
    others = sum(told.waiting.values()) - sum(count for count, _ in counts)
    if others:
        counts.append((others, "other message" if counts else "message"))
    if not counts:
        return ""
    is_one = len(counts) == 1 and counts[0][0] == 1
    return f"{listed([counted(*each) for each in counts])} {'waits' if is_one else 'wait'} for it"


def _since(told: Trouble) -> Block:
    until = "" if told.ended_at is None else f", until {date(told.ended_at)}"
    return context(mrkdwn(f"Since {date(told.since)}{until}."))
