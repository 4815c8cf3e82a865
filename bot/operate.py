"""Who may look, and who may set off a scan or a digest: who may approve something. Such a refusal is recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.models.approval import Permitted, Refused, Wish
from bot.models.people import Actor
from bot.models.trail import Act, Entry
from bot.remediate.gateways import PeopleDirectory, Record
from bot.remediate.standing import standing
from bot.rules.approval import may_operate
from bot.rules.house import House


@dataclass(frozen=True, slots=True)
class Operating:
    """Everything that the decision needs."""

    people: PeopleDirectory
    record: Record
    house: House
    clock: Callable[[], datetime]

    def may_look(self, actor: Actor) -> bool:
        """Say whether somebody belongs to our workspaces; their own word for it, Slack's payload, is enough here.

        In a channel shared with another company its people see our messages and can press what is in them.
        """
        return actor.team_id in self.house.workspaces

    def would_let(self, actor: Actor, wish: Wish) -> bool:
        """Say whether somebody may do something that they do not ask for yet: what is offered to them goes by it."""
        decided = may_operate(self.house, standing(self.people, actor, self.house.rules, wish), wish)
        return isinstance(decided, Permitted)

    def may(self, actor: Actor, wish: Wish) -> Permitted | Refused:
        permitted = may_operate(self.house, standing(self.people, actor, self.house.rules, wish), wish)
        if isinstance(permitted, Refused):
            details = {"wish": wish.value, "reason": permitted.reason.value, "team": actor.team_id}
            self.record.record(Entry(self.clock(), actor.user_id, Act.REFUSED, wish.value, details))
        return permitted
