"""People who decide, a directory that answers from a table, and requests that fall under rules of every kind."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.models.approval import ApprovalRule
from bot.models.people import Actor, LookupFailure, Person
from bot.models.requests import Change, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.trail import ChainedEntry
from bot.remediate.decide import Deciding
from bot.remediate.gateways import RequestBook
from bot.rules.house import House
from bot.store.engine import Database
from bot.store.requests import RequestStore
from bot.store.trail import Trail
from deploy.sandbox.memory import memory

OURS, THEIRS = "T0OURS", "T0THEIRS"
CHANNEL, ACCOUNT = "C0SECURITY", "111111111111"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

ASKER, BOTH = "U0ASKER", "U0BOTH"
FIRST, SECOND, MEMBER, QUIET = "U0FIRST", "U0SECOND", "U0MEMBER", "U0QUIET"
BREAKER, NOBODY, DARK = "U0BREAKER", "U0NOBODY", "U0DARK"
GUEST, GONE, BOT, STRANGER = "U0GUEST", "U0GONE", "U0BOT", "U0STRANGER"
ELSEWHERE, IMPOSTOR, SILENT = "U0ELSEWHERE", "U0IMPOSTOR", "U0SILENT"
ADMINS, BREAKERS = "S0ADMINS", "S0BREAKERS"

PEOPLE: Mapping[str, Person | LookupFailure] = {
    **{each: Person(each, OURS) for each in (ASKER, BOTH, FIRST, SECOND, MEMBER, QUIET, BREAKER, NOBODY, DARK)},
    GUEST: Person(GUEST, OURS, is_restricted=True),
    GONE: Person(GONE, OURS, deleted=True),
    BOT: Person(BOT, OURS, is_bot=True),
    STRANGER: Person(STRANGER, OURS, is_stranger=True),
    ELSEWHERE: Person(ELSEWHERE, THEIRS),
    IMPOSTOR: Person(IMPOSTOR, THEIRS),
    SILENT: LookupFailure("users.info", "ratelimited"),
}
"""Who they are. All but the first nine are on every list, and may do nothing for all that."""

GROUPS: Mapping[str, frozenset[str]] = {ADMINS: frozenset({FIRST, MEMBER, DARK}), BREAKERS: frozenset({DARK})}
UNREAD = LookupFailure("usergroups.users.list", "ratelimited")

_numbers = count(1)


def actor(user_id: str) -> Actor:
    return Actor(user_id, THEIRS if user_id == ELSEWHERE else OURS)


@dataclass
class Directory:
    """Slack as a table. `asked` names each look-up in turn."""

    people: dict[str, Person | LookupFailure] = field(default_factory=lambda: dict(PEOPLE))
    groups: dict[str, frozenset[str]] | LookupFailure = field(default_factory=lambda: dict(GROUPS))
    asked: list[str] = field(default_factory=list)

    def person(self, user_id: str) -> Person | LookupFailure:
        self.asked.append(user_id)
        return self.people[user_id]

    def members(self, groups: Iterable[str]) -> Mapping[str, frozenset[str]] | LookupFailure:
        wanted = list(groups)
        self.asked.extend(wanted)
        if not wanted:
            return {}
        if isinstance(self.groups, LookupFailure):
            return self.groups
        return {each: self.groups.get(each, frozenset()) for each in wanted}


def house_of(*rules: ApprovalRule) -> House:
    return House(frozenset({OURS}), rules)


def request_under(
    rule: ApprovalRule, *, requester: str = ASKER, expires_at: datetime = NOW + 24 * HOUR, keys: int = 1
) -> Request:
    """Make a request of new keys, as asking would."""
    number = next(_numbers)
    changes = tuple(
        Change(
            id=f"c{number}-{each}",
            request_id=f"r{number}",
            arn=f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{number}-{each}",
            key_name="alias/k",
            account_name="prod",
            state=ChangeState.QUEUED,
            period_days=365,
            rule=rule.name,
        )
        for each in range(keys)
    )
    return Request(
        id=f"r{number}",
        state=RequestState.PENDING if rule.required else RequestState.APPROVED,
        requester=requester,
        team_id=OURS,
        reason="The audit asks for it.",
        required=rule.required,
        created_at=NOW - 12 * HOUR,
        expires_at=expires_at,
        changes=changes,
    )


def approval(user_id: str, *capacities: str, at: datetime = NOW - HOUR) -> Decision:
    return Decision(user_id, DecisionKind.APPROVE, at, capacities=capacities or (user_id,))


@dataclass
class Office:
    """Where requests are decided: a real database, and a directory of people."""

    rules: tuple[ApprovalRule, ...]
    database: Database = field(default_factory=memory)
    people: Directory = field(default_factory=Directory)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.store, self.trail = RequestStore(self.database), Trail(self.database)
        self._seen = 0

    @property
    def house(self) -> House:
        return house_of(*self.rules)

    @property
    def deciding(self) -> Deciding:
        return self.deciding_with(self.store, self.people)

    def deciding_with(
        self, store: RequestBook, people: Directory, clock: Callable[[], datetime] | None = None
    ) -> Deciding:
        return Deciding(
            people=people,
            requests=store,
            record=self.trail,
            house=self.house,
            channel=CHANNEL,
            clock=clock or (lambda: self.now),
        )

    def approved(self, request: Request, *people: Decision) -> Request:
        """Have a stored request approved by these people, the last of whom is enough."""
        for decision in people:
            is_last = decision is people[-1]
            moved = self.store.decide(
                request,
                decision,
                required=request.required,
                rule="",
                is_enough=lambda _, enough=is_last: enough,  # type: ignore[misc]  # bound in the loop
            )
            assert moved is not None
        return self.now_of(request)

    def now_of(self, request: Request) -> Request:
        found = self.store.get(request.id)
        assert found is not None
        return found

    def recorded(self) -> list[ChainedEntry]:
        """What was recorded since this was last asked, oldest first."""
        new = [entry for entry in self.trail.newest(50) if entry.sequence > self._seen]
        self._seen = max((entry.sequence for entry in new), default=self._seen)
        return new[::-1]


def without(rule: ApprovalRule, *entries: str) -> ApprovalRule:
    """The rule, with these entries on none of its lists of approvers."""
    return replace(
        rule,
        approvers=tuple(each for each in rule.approvers if each not in entries),
        quiet_approvers=tuple(each for each in rule.quiet_approvers if each not in entries),
    )
