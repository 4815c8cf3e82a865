"""One sentence for one person."""

from bot.models.messages import Rendered
from bot.views.parts import fallback, said


def say(sentence: str) -> Rendered:
    return Rendered(fallback(sentence), (said(sentence),))
