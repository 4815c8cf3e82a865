"""What the approval rules look at in a key, read at the moment when it matters; and only what they do look at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.models.approval import KeyFacts
from bot.models.keys import KeyArn, ReadFailure
from bot.remediate.gateways import FactSource, Organization
from bot.rules.house import House

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class FactReader:
    """Reads with the audit role; of the organisation with the bot's own."""

    keys: FactSource
    organization: Organization
    house: House

    def read(self, arn: str) -> KeyFacts:
        """Read what matters of a key. What could not be read stays None: no rule that looks at it is passed over."""
        needs = self.house.needs
        tags = _wanted(needs.tags, lambda: self.keys.tags(arn))
        return KeyFacts(
            aliases=_wanted(needs.aliases, lambda: self.keys.aliases_of(arn)),
            tags=None if tags is None else tuple(sorted(tags.items())),
            units=_wanted(needs.units, lambda: self.organization.units_of(KeyArn.parse(arn).account)),
        )


def _wanted(is_wanted: bool, read: Callable[[], Answer | ReadFailure]) -> Answer | None:  # noqa: FBT001 - read with its name
    answer = read() if is_wanted else None
    return None if isinstance(answer, ReadFailure) else answer
