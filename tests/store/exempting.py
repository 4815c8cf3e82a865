"""Exemptions to store."""

from datetime import datetime

from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState, ExemptionTerms
from bot.models.requests import Change, ChangeKind, ChangeState, Decision, DecisionKind, Outcome, Request, RequestState
from bot.rules.exemptions import parse_scope
from bot.store.requests import RequestStore
from tests.store.samples import CHANNEL, arn_of, at, enough, fresh_id

LATER = at(10_000)
GRANTED = Outcome(ChangeState.SUCCEEDED, "Exempt.")


def of_key(key: str) -> ExemptionScope:
    return ExemptionScope(arn=arn_of(key))


def wanted(
    scope: str | ExemptionScope, *, until: datetime = LATER, renews: str = "", minutes: float = 0, reason: str = "Old."
) -> Request:
    """Make a request for an exemption, as asking would."""
    covered = parse_scope(scope) if isinstance(scope, str) else scope
    request_id = fresh_id("request")
    change = Change(
        id=fresh_id("change"),
        request_id=request_id,
        arn=str(covered),
        key_name=str(covered),
        account_name="",
        state=ChangeState.QUEUED,
        period_days=0,
        kind=ChangeKind.EXEMPT,
        exemption=ExemptionTerms(covered, until, "https://tickets/1", "U0OWNER", renews),
    )
    state, times = RequestState.PENDING, (at(minutes), at(minutes + 1440))
    return Request(request_id, state, "U0MARA", "T0OURS", reason, 1, *times, (change,))


def claimed(store: RequestStore, request: Request, *, minutes: float = 0) -> Change:
    """Have a request approved and its change claimed: all but the last step."""
    assert store.create(request, CHANNEL)
    word = Decision("U0JONAS", DecisionKind.APPROVE, at(minutes))
    assert store.decide(request, word, required=1, rule="", is_enough=enough(1))
    [change] = request.changes
    assert store.claim(change, at(minutes))
    return change


def exempt(
    store: RequestStore,
    scope: str | ExemptionScope,
    *,
    until: datetime = LATER,
    renews: str = "",
    minutes: float = 0,
) -> Request:
    """Ask for an exemption, have it approved and granted."""
    request = wanted(scope, until=until, renews=renews, minutes=minutes)
    assert store.conclude(claimed(store, request, minutes=minutes), GRANTED, CHANNEL, at(minutes))
    return request


def declared(scope: str, *, until: datetime = LATER, name: str = "") -> Exemption:
    """Make an exemption as the configuration declares it."""
    return Exemption(
        id=f"e-{name or scope}"[:32],
        state=ExemptionState.ACTIVE,
        scope=parse_scope(scope),
        name=name or scope,
        reason="Written down.",
        ticket="",
        owner="",
        until=until,
        created_at=at(0),
        asked_by="configuration",
        approved_by=("configuration",),
    )
