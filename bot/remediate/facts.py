"""What the approval rules look at in a key, read at the moment when it matters; and only what they do look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.models.approval import KeyFacts
from bot.models.keys import FailureKind, KeyArn, ReadFailure
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
        return self.read_again(arn, KeyFacts())

    def read_again(self, arn: str, before: KeyFacts) -> KeyFacts:
        """Read it anew. A key that is gone tells nothing any more, and is what it was: nobody can change it anyway."""
        needs = self.house.needs
        return KeyFacts(
            aliases=_wanted(needs.aliases, lambda: self.keys.aliases_of(arn), before.aliases),
            tags=_wanted(needs.tags, lambda: _in_order(self.keys.tags(arn)), before.tags),
            units=_wanted(needs.units, lambda: self.organization.units_of(KeyArn.parse(arn).account), None),
        )

    def read_of(self, account_id: str) -> KeyFacts:
        """Read what matters of an account, for keys that are to be excused together; of none there is nothing."""
        if not (account_id and self.house.needs.units):
            return KeyFacts()
        return KeyFacts(units=_wanted(bool(account_id), lambda: self.organization.units_of(account_id), None))


def _in_order(tags: Mapping[str, str] | ReadFailure) -> tuple[tuple[str, str], ...] | ReadFailure:
    return tags if isinstance(tags, ReadFailure) else tuple(sorted(tags.items()))


def _wanted(is_wanted: bool, read: Callable[[], Answer | ReadFailure], if_gone: Answer | None) -> Answer | None:  # noqa: FBT001 - read with its name
    answer = read() if is_wanted else None
    if not isinstance(answer, ReadFailure):
        return answer
    return if_gone if answer.kind is FailureKind.NOT_FOUND else None
