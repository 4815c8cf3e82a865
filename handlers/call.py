"""One use of the command."""

from dataclasses import dataclass, replace

from bot.models.messages import Rendered
from bot.models.people import Actor
from bot.rules.filters import Filter
from bot.rules.sight import EVERYTHING, Sight
from bot.views.hidden import with_unseen
from bot.views.notice import say
from handlers.desk import Reply


@dataclass(frozen=True, slots=True)
class Call:
    """Who typed what where, what they may see, and how to answer them: with `trigger_id` by a form."""

    actor: Actor
    channel: str
    text: str
    reply: Reply
    sight: Sight = EVERYTHING
    trigger_id: str = ""

    def with_text(self, text: str) -> "Call":
        return replace(self, text=text)

    def with_sight(self, sight: Sight) -> "Call":
        return replace(self, sight=sight)

    def scope(self, text: str | None = None) -> Filter:
        """Read what was typed as a filter that leaves out what the person may not see. Raises BadFilterError."""
        return Filter.parse(self.text if text is None else text).seen_by(self.sight)

    def show(self, message: Rendered) -> None:
        """Answer with what was read of the keys, and say where not all of it is for this person."""
        self.reply.show(with_unseen(message, self.sight))

    def say(self, sentence: str) -> None:
        self.show(say(sentence))
