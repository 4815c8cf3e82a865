"""Word to whoever looks after the bot: its processes have different settings."""

from bot.models.messages import Rendered
from bot.models.processes import Difference, Disagreement
from bot.views.budget import message
from bot.views.moments import date
from bot.views.parts import context, mrkdwn
from bot.views.rich import Inline, bullets, code, rich
from bot.views.sentences import fallback
from bot.views.words import some

MOST_NAMES = 8

_REMEDY = (
    "Each of them goes by its own: which rules hold for a click depends on the process that gets it. "
    "Give all of them the same file, and start again those that have an old one."
)


def settings_differ(told: Disagreement) -> Rendered:
    """Which sections differ and who has which, without any value; afterwards, that it is over."""
    sections = ", ".join(each.section for each in told.differences)
    since = context(
        mrkdwn(f"Since {date(told.since)}{'' if told.ended_at is None else f', until {date(told.ended_at)}'}.")
    )
    if told.ended_at is not None:
        sentence = "✅ The processes of the bot do not differ in these settings any more."
        return message(fallback(f"{sentence} ({sections})"), [rich(sentence), since])
    sentence = "⚠️ Processes of the bot that share one database have different settings."
    lines = [line for each in told.differences for line in _lines(each)]
    return message(
        fallback(f"{sentence} ({sections}) {_REMEDY}"), [rich(sentence), bullets(*lines), rich(_REMEDY), since]
    )


def _lines(difference: Difference) -> list[list[Inline]]:
    """A line a group. The fingerprint tells two groups apart, and nothing of what is set."""
    return [
        [code(f"[{difference.section}]"), " as ", code(group.fingerprint), f": {some(group.names, MOST_NAMES)}"]
        for group in difference.groups
    ]
