"""One sentence for one person."""

from bot.models.messages import Rendered
from bot.views.budget import message
from bot.views.sentences import said, spoken


def say(sentence: str) -> Rendered:
    return message(spoken(sentence), [said(sentence)])
