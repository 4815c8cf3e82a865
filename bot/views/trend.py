"""The trend in a message: a picture, or the same in a line of text."""

from bot.models.messages import Block
from bot.models.trend import Trend
from bot.rules.trend import bars, can_be_drawn, headline, in_words
from bot.views.parts import context, note
from bot.views.rich import bold, rich
from bot.views.words import cut

ALT_CHARACTERS = 2000
"""https://docs.slack.dev/reference/block-kit/blocks/image-block"""


def trend_blocks(trend: Trend | None) -> list[Block]:
    """One block, or none where there is no trend to show.

    The words come before the bars, so that whoever has a message read aloud knows them by then.
    """
    if trend is None:
        return []
    if not can_be_drawn(trend):
        return [context(note(headline(trend)))]
    if trend.picture is None:
        return [rich([bold("Trend: "), headline(trend), f" {bars(trend)}"])]
    return [
        {
            "type": "image",
            "slack_file": {"id": trend.picture},
            "alt_text": cut(in_words(trend), ALT_CHARACTERS),
        }
    ]
