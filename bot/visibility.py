"""Who may see the keys of which accounts, asked of Slack where the configuration names user groups."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.models.approval import RefusalReason, Wish
from bot.models.people import Actor, LookupFailure
from bot.models.requests import Request
from bot.models.scans import Account
from bot.models.trail import Act, Entry
from bot.models.visibility import VisibilityRule
from bot.remediate.gateways import Record
from bot.rules.approval import is_too_late
from bot.rules.sight import EVERYTHING, Covers, Sight, covers_nothing, groups_asked_about, hidden_from

NOT_SHOWN = "The keys of this request lie in accounts that are not shown to you."
NOT_YOURS = (
    "This request may cover keys of accounts that are not shown to you, so you cannot decide it. "
    "Whoever keeps the bot's configuration can say who may see them."
)


class Groups(Protocol):
    """User groups and who is in them, as of a moment ago."""

    def members_of(self, group: str) -> frozenset[str] | LookupFailure: ...


class Accounts(Protocol):
    """The accounts that the last scan met."""

    def known_accounts(self) -> Sequence[Account]: ...


@dataclass(frozen=True, slots=True)
class Visibility:
    """Everything that looking this up needs.

    `covers` tells whether a pattern means any key that may be seen. `is_told_all` says that whoever is in our channel
    may see everything.
    """

    rules: tuple[VisibilityRule, ...]
    groups: Groups
    accounts: Accounts
    record: Record
    clock: Callable[[], datetime]
    is_told_all: bool = False
    covers: Covers = covers_nothing

    def of(self, user_id: str) -> Sight:
        """Say what somebody may see. A group of which Slack does not tell shows nothing to anybody."""
        if not self.rules:
            return EVERYTHING
        theirs = (each for each in groups_asked_about(self.rules, user_id) if self._is_in(each, user_id))
        return self._sight(hidden_from(self.rules, (user_id, *theirs)))

    def of_everybody(self) -> Sight:
        """Say what may stand where anybody may read it."""
        return self._sight(hidden_from(self.rules))

    def of_channel(self) -> Sight:
        """Say what may stand in the channel where requests go."""
        return EVERYTHING if self.is_told_all else self.of_everybody()

    def may_decide(self, actor: Actor, request: Request | None, wish: Wish) -> bool:
        """Refuse, on record, whoever would decide over what they may not see. What is one's own can be withdrawn."""
        if request is None or not self.rules or is_too_late(request, wish):
            return True
        if wish is Wish.WITHDRAW and actor.user_id == request.requester:
            return True
        if not self.of(actor.user_id).hides_part_of_request(request):
            return True
        details = {"wish": wish.value, "reason": RefusalReason.HIDDEN.value, "team": actor.team_id}
        self.record.record(Entry(self.clock(), actor.user_id, Act.REFUSED, request.id, details))
        return False

    def _is_in(self, group: str, user_id: str) -> bool:
        members = self.groups.members_of(group)
        return not isinstance(members, LookupFailure) and user_id in members

    def _sight(self, hidden: tuple[str, ...]) -> Sight:
        return Sight(hidden, tuple(self.accounts.known_accounts()), self.covers) if hidden else EVERYTHING


def visible(sight: Sight, requests: Iterable[Request]) -> list[Request]:
    """Leave out the requests that cover anything hidden."""
    return [each for each in requests if not sight.hides_request(each)]
