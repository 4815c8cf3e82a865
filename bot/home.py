"""What the Home tab shows to one person: from the store, and of Slack what they may do, as of a minute ago at most.

It shows; it lets nobody do anything. What its buttons set off is decided anew at the click.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.models.approval import Permitted, RefusalReason, Refused, Wish
from bot.models.digests import OpenKey
from bot.models.exemptions import Exemption
from bot.models.home import HomePage, MyKeys, MyRequests, ScanRun, SnoozedKey
from bot.models.keys import Finding
from bot.models.people import Actor, LookupFailure
from bot.models.requests import Request, RequestState
from bot.models.snoozes import Snooze
from bot.models.trend import Trend
from bot.posture import Postures
from bot.recent import RecentPeople
from bot.remediate.standing import standing
from bot.rules.approval import may_decide, may_operate
from bot.rules.filters import Filter
from bot.rules.house import House, keys_of
from bot.rules.sight import Sight, scope_named
from bot.visibility import Visibility, visible

MOST_KEYS = 8
MOST_SNOOZED = 5
MOST_RUNS = 5
LAPSING_WITHIN = timedelta(days=7)
STRANGER = "Only people of this workspace are shown something here."
WHO_ARE_YOU = "Slack does not say who you are, so nothing is shown. Open this tab again in a minute."


class Keys(Protocol):
    """Keys and scans as stored."""

    def open_keys(
        self, owners: Collection[str], scope: Filter, who: str, now: datetime, most: int
    ) -> tuple[list[tuple[Finding, datetime | None]], int]: ...

    def findings(self, arns: Collection[str], scope: Filter) -> Mapping[str, Finding]: ...

    def runs(self, scope: Filter, most: int) -> list[ScanRun]: ...


class Requests(Protocol):
    """Requests as stored."""

    def in_state(self, *states: RequestState) -> list[Request]: ...

    def newest_for(self, arns: Iterable[str], *, open_only: bool = False) -> Mapping[str, Request]: ...


class SnoozeBook(Protocol):
    """Snoozes as stored."""

    def of(self, whose: str, now: datetime) -> list[Snooze]: ...


class Handles(Protocol):
    """Opaque ids for keys."""

    def of(self, arns: Iterable[str]) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Homes:
    """Everything that it needs.

    `owner_texts` says what owners may be called who are somebody, `trend` how the posture went that the digest of
    everything tells, `lapsing` which exemptions end so soon.
    """

    postures: Postures
    keys: Keys
    requests: Requests
    snoozes: SnoozeBook
    handles: Handles
    people: RecentPeople
    visibility: Visibility
    house: House
    owner_texts: Callable[[str], frozenset[str]]
    lapsing: Callable[[timedelta], Sequence[Exemption]]
    trend: Callable[[datetime], Trend | None]
    clock: Callable[[], datetime]

    def first(self) -> HomePage:
        """Show that something is on its way, to somebody whose tab is still blank."""
        return HomePage(None, self.clock(), is_whole=False)

    def of(self, user_id: str) -> HomePage | str:
        """Gather all that somebody is to see, or say why they see nothing."""
        person = self.people.person(user_id)
        if isinstance(person, LookupFailure):
            return WHO_ARE_YOU
        if person.team_id not in self.house.workspaces or person.is_stranger:
            return STRANGER
        actor, sight, now = Actor(user_id, person.team_id), self.visibility.of(user_id), self.clock()
        scope = Filter().seen_by(sight)
        return HomePage(
            posture=self.postures.of(scope),
            running=self.postures.running(),
            now=now,
            trend=self.trend(now) if sight.is_whole or not self.visibility.is_told_all else None,
            requests=self._requests(actor, sight, now),
            mine=self._mine(user_id, scope, now),
            lapsing=tuple(each for each in self.lapsing(LAPSING_WITHIN) if not sight.hides_scope(each.scope)),
            runs=tuple(each for each in self.keys.runs(scope, MOST_RUNS) if not _is_of_hidden(each, sight)),
            may_operate=self._may_operate(actor),
            hidden_accounts=len(sight.hidden_accounts),
        )

    def _may_operate(self, actor: Actor) -> bool:
        who = standing(self.people, actor, self.house.rules, Wish.START_SCAN)
        return isinstance(may_operate(self.house, who, Wish.START_SCAN), Permitted)

    def _requests(self, actor: Actor, sight: Sight, now: datetime) -> MyRequests:
        found = visible(sight, self.requests.in_state(RequestState.PENDING, RequestState.APPROVED))
        to_decide, doubt = list[Request](), ""
        for each in found:
            word = None if sight.hides_part_of_request(each) else self._may_approve(actor, each, now)
            if isinstance(word, Permitted):
                to_decide.append(each)
            elif word is not None and word.reason is RefusalReason.LOOKUP_FAILED:
                doubt = word.cause
        own = tuple(each for each in found if each.requester == actor.user_id and each not in to_decide)
        others = tuple(each for each in found if each not in to_decide and each not in own)
        return MyRequests(tuple(to_decide), own, others, doubt)

    def _may_approve(self, actor: Actor, request: Request, now: datetime) -> Permitted | Refused | None:
        """Say whether a request waits for somebody; None where it waits for nobody, or they have approved it."""
        if request.state is not RequestState.PENDING or actor.user_id in request.approvers:
            return None
        rules = self.house.rules_for(keys_of(request))
        if isinstance(rules, Refused):
            return rules
        return may_decide(self.house, standing(self.people, actor, rules, Wish.APPROVE), request, Wish.APPROVE, now)

    def _mine(self, user_id: str, scope: Filter, now: datetime) -> MyKeys:
        found, total = self.keys.open_keys(self.owner_texts(user_id), scope, user_id, now, MOST_KEYS)
        snoozes = self.snoozes.of(user_id, now)
        asleep = self.keys.findings([each.arn for each in snoozes], scope)
        snoozes = [each for each in snoozes if each.arn in asleep][:MOST_SNOOZED]
        arns = [finding.arn for finding, _ in found]
        handles = self.handles.of([*arns, *(each.arn for each in snoozes)])
        return MyKeys(
            keys=tuple(OpenKey.of(each, handle=handles[each.arn], open_since=since) for each, since in found),
            total=total,
            requests=self.requests.newest_for(arns, open_only=True),
            snoozed=tuple(_asleep(each, asleep[each.arn], handles[each.arn]) for each in snoozes),
        )


def _is_of_hidden(run: ScanRun, sight: Sight) -> bool:
    """Say whether a scan was narrowed to accounts that are not to be seen: what was typed for it names them."""
    return sight.hides_scope(scope_named(run.scan.scope))


def _asleep(snooze: Snooze, finding: Finding, handle: str) -> SnoozedKey:
    return SnoozedKey(handle, finding.name, finding.account_name, finding.region, snooze.until)
