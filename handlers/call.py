"""One use of the command."""

from dataclasses import dataclass, replace

from bot.models.people import Actor
from handlers.desk import Reply


@dataclass(frozen=True, slots=True)
class Call:
    """Who typed what where, and how to answer them."""

    actor: Actor
    channel: str
    text: str
    reply: Reply

    def with_text(self, text: str) -> "Call":
        return replace(self, text=text)
