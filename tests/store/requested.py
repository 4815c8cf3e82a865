"""Requests in a database, brought to where a test wants them by the store's own acts."""

import pytest

from bot.models.requests import ChangeState, Outcome, Request, RequestState
from bot.models.trail import Act
from bot.store.engine import Database
from bot.store.requests import RequestStore
from bot.store.trail import Trail
from tests.store.samples import CHANNEL, approval, at, enough, request_for

ENDS = (ChangeState.SUCCEEDED, ChangeState.FAILED, ChangeState.NOT_NEEDED)
CLOSINGS = {
    RequestState.DENIED: Act.REQUEST_DENIED,
    RequestState.EXPIRED: Act.REQUEST_EXPIRED,
    RequestState.CANCELLED: Act.REQUEST_CANCELLED,
}


@pytest.fixture
def store(database: Database) -> RequestStore:
    return RequestStore(database)


def ended(state: ChangeState = ChangeState.SUCCEEDED) -> Outcome:
    return Outcome(state, "It ended.", "off", "on, every 365 days", "aws-request-1", at(500))


def acts(database: Database, request: Request) -> list[str]:
    """Return what the trail says of a request, oldest first."""
    return [entry.act for entry in reversed(Trail(database).newest(1000, frozenset({request.id})))]


def reload(store: RequestStore, request: Request) -> Request:
    loaded = store.get(request.id)
    assert loaded is not None
    return loaded


def create(store: RequestStore, *keys: str, required: int = 1, minutes: float = 0) -> Request:
    request = request_for(*keys, required=required, minutes=minutes)
    assert store.create(request, CHANNEL) == request
    return request


def approve(store: RequestStore, request: Request, user_id: str = "U0JONAS", required: int = 1) -> Request | None:
    return store.decide(request, approval(user_id), required=required, rule="prod-*", is_enough=enough(required))


def carry_out(store: RequestStore, request: Request, state: ChangeState = ChangeState.SUCCEEDED) -> None:
    for change in request.changes:
        assert store.claim(change, at(2))
        assert store.conclude(change, ended(state), CHANNEL, at(3))


def bring_to(store: RequestStore, state: RequestState, *keys: str, end: ChangeState = ChangeState.FAILED) -> Request:
    """Make a request and bring it to a state by the store's own acts."""
    request = create(store, *(keys or ("a",)))
    if state in (RequestState.APPROVED, RequestState.DONE):
        assert approve(store, request) is not None
    if state is RequestState.DONE:
        carry_out(store, request, end)
    if state in CLOSINGS:
        assert store.close(request, state, by="U0JONAS", at=at(1)) is not None
    reached = reload(store, request)
    assert reached.state is state
    return reached
