"""Requests: every act in every state, and many people at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.models.messages import MessageKind
from bot.models.requests import Decision, DecisionKind, Request, RequestState
from bot.models.trail import Act
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.tables import changes
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.requested import CLOSINGS, acts, approve, bring_to, create, ended, reload, store
from tests.store.samples import CHANNEL, arn_of, at, enough, request_for

__all__ = ["store"]


def test_a_request_comes_back_as_it_was_made(store: RequestStore) -> None:
    request = create(store, "b", "a")
    in_order = replace(request, changes=tuple(sorted(request.changes, key=lambda change: change.arn)))
    assert store.get(request.id) == in_order
    assert store.open_for(arn_of("a")) == in_order
    assert store.newest_for([arn_of("a"), arn_of("b"), arn_of("none")]) == {
        arn_of("a"): in_order,
        arn_of("b"): in_order,
    }
    assert store.get("none") is None
    assert store.open_for(arn_of("none")) is None


def test_a_new_request_is_recorded_and_owes_its_message(store: RequestStore, database: Database) -> None:
    request = create(store, "a", "b")
    assert acts(database, request) == [Act.REQUEST_CREATED]
    owed = MessageStore(database).find(MessageKind.REQUEST, request.id)
    assert owed is not None
    assert owed.shown < owed.wanted
    assert owed.channel == CHANNEL


Attempt = Callable[[RequestStore, Request], object]


def closing(state: RequestState) -> Attempt:
    return lambda store, request: store.close(request, state, by="U0NEW", at=at(9))


# Each act, and the states in which it happens with the state that it leads to.
ACTS: dict[str, tuple[Attempt, dict[RequestState, RequestState]]] = {
    "decide": (
        lambda store, request: approve(store, request, "U0NEW"),
        {RequestState.PENDING: RequestState.APPROVED},
    ),
    **{f"close as {state}": (closing(state), {RequestState.PENDING: state}) for state in CLOSINGS},
    "claim": (
        lambda store, request: store.claim(request.changes[0], at(9)),
        {RequestState.APPROVED: RequestState.APPROVED},
    ),
    "conclude": (lambda store, request: store.conclude(request.changes[0], ended(), CHANNEL, at(9)), {}),
    "retry": (
        lambda store, request: store.retry(request, "U0NEW", at(9)),
        {RequestState.DONE: RequestState.APPROVED},
    ),
}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("state", RequestState)
def test_each_act_happens_in_its_states_alone(
    store: RequestStore, database: Database, state: RequestState, name: str
) -> None:
    act, leads = ACTS[name]
    request = bring_to(store, state)
    before = acts(database, request)
    happened = act(store, request)
    after = reload(store, request)
    if state in leads:
        assert happened not in (None, False)
        assert after.state is leads[state]
        assert len(acts(database, request)) > len(before)
    else:
        assert happened in (None, False)
        assert after == request
        assert acts(database, request) == before


@pytest.mark.parametrize("state", [state for state in RequestState if state not in CLOSINGS])
def test_a_request_is_closed_in_no_other_way(store: RequestStore, state: RequestState) -> None:
    request = create(store, "a")
    with pytest.raises(ValueError, match="not closed by"):
        store.close(request, state, by="U0JONAS", at=at(1))
    assert reload(store, request) == request


@pytest.mark.parametrize("state", CLOSINGS)
def test_a_closed_request_says_by_whom_and_when_and_frees_its_keys(
    store: RequestStore, database: Database, state: RequestState
) -> None:
    request = create(store, "a", "b")
    closed = store.close(request, state, by="U0JONAS", at=at(7), note="Not now.")
    assert closed is not None
    assert (closed.state, closed.closed_by, closed.closed_at) == (state, "U0JONAS", at(7))
    denial = Decision("U0JONAS", DecisionKind.DENY, at(7), "Not now.")
    assert closed.decisions == ((denial,) if state is RequestState.DENIED else ())
    assert acts(database, request) == [Act.REQUEST_CREATED, CLOSINGS[state]]
    assert store.open_for(arn_of("a")) is None
    create(store, "a", "b")


def test_a_person_who_approved_can_still_deny(store: RequestStore, database: Database) -> None:
    request = create(store, "a", required=2)
    assert approve(store, request, required=2) is not None
    denied = store.close(request, RequestState.DENIED, by="U0JONAS", at=at(5))
    assert denied is not None
    assert denied.state is RequestState.DENIED
    assert denied.decisions == (Decision("U0JONAS", DecisionKind.DENY, at(5)),)
    assert acts(database, request) == [Act.REQUEST_CREATED, Act.APPROVAL_GIVEN, Act.REQUEST_DENIED]


def test_a_denial_is_no_approval(store: RequestStore) -> None:
    request = create(store, "a")
    with pytest.raises(ValueError, match="a denial closes a request"):
        store.decide(request, Decision("U0JONAS", DecisionKind.DENY, at(1)), required=1, rule="*", is_enough=enough(1))
    assert reload(store, request) == request


@pytest.mark.parametrize("required", [1, 2, 3])
def test_the_last_approval_needed_approves(store: RequestStore, database: Database, required: int) -> None:
    request = create(store, "a", required=required)
    for number in range(required):
        decided = approve(store, request, f"U{number}", required)
        assert decided is not None
        assert decided.state is (RequestState.APPROVED if number == required - 1 else RequestState.PENDING)
        assert decided.approvers == tuple(f"U{each}" for each in range(number + 1))
    assert acts(database, request) == [
        Act.REQUEST_CREATED,
        *[Act.APPROVAL_GIVEN] * required,
        Act.REQUEST_APPROVED,
    ]


def test_the_same_person_counts_once(store: RequestStore, database: Database) -> None:
    request = create(store, "a", required=2)
    assert approve(store, request, required=2) is not None
    assert approve(store, request, required=2) is None
    assert reload(store, request).approvers == ("U0JONAS",)
    assert acts(database, request).count(Act.APPROVAL_GIVEN) == 1


def test_the_same_person_clicking_many_times_at_once_counts_once(store: RequestStore) -> None:
    request = create(store, "a", required=2)
    answers = all_at_once(lambda _: approve(store, request, required=2), threads=30)
    assert len([answer for answer in answers if answer is not None]) == 1
    assert reload(store, request).approvers == ("U0JONAS",)
    assert reload(store, request).state is RequestState.PENDING


def test_two_hundred_people_approve_at_once_and_it_is_approved_once(store: RequestStore, database: Database) -> None:
    request = create(store, "a", required=2)
    answers = all_at_once(lambda number: approve(store, request, f"U{number}", required=2), threads=200)
    counted = [answer for answer in answers if answer is not None]
    assert sorted(answer.state for answer in counted) == [RequestState.APPROVED, RequestState.PENDING]
    after = reload(store, request)
    assert after.state is RequestState.APPROVED
    assert set(after.approvers) == {user for answer in counted for user in answer.approvers}
    assert len(after.approvers) == 2
    assert acts(database, request) == [
        Act.REQUEST_CREATED,
        Act.APPROVAL_GIVEN,
        Act.APPROVAL_GIVEN,
        Act.REQUEST_APPROVED,
    ]
    assert Trail(database).verify().fault is None


def test_an_approval_a_denial_and_a_cancellation_at_once_end_one_way(store: RequestStore, database: Database) -> None:
    tries: list[Attempt] = [ACTS[name][0] for name in ACTS if name.startswith(("decide", "close"))] * 5
    for key in "abcde":
        request = create(store, key)

        def act(number: int, request: Request = request) -> object:
            return tries[number](store, request)

        assert len([answer for answer in all_at_once(act, threads=len(tries)) if answer is not None]) == 1
        moves = set(acts(database, request)) - {Act.REQUEST_CREATED, Act.APPROVAL_GIVEN}
        assert len(moves) == 1
        assert moves == {f"REQUEST_{reload(store, request).state}"}


def test_a_key_has_one_open_request(store: RequestStore, database: Database) -> None:
    first = create(store, "a")
    second = request_for("b", "a")
    assert store.create(second, CHANNEL) is None
    assert store.get(second.id) is None
    assert acts(database, second) == []
    assert MessageStore(database).find(MessageKind.REQUEST, second.id) is None
    assert store.open_for(arn_of("a")) == first
    assert store.open_for(arn_of("b")) is None


@pytest.mark.parametrize("state", RequestState)
def test_a_key_can_be_asked_for_again_once_its_request_is_over(store: RequestStore, state: RequestState) -> None:
    bring_to(store, state)
    again = store.create(request_for("a", minutes=60), CHANNEL)
    is_open = state in (RequestState.PENDING, RequestState.APPROVED)
    assert (again is None) == is_open


def test_any_other_constraint_is_an_error_and_no_open_request(store: RequestStore) -> None:
    first = create(store, "a")
    same_id = replace(request_for("b"), id=first.id)
    with pytest.raises(IntegrityError):
        store.create(replace(same_id, changes=(replace(same_id.changes[0], request_id=first.id),)), CHANNEL)
    same_change = request_for("c")
    with pytest.raises(IntegrityError):
        store.create(replace(same_change, changes=(replace(same_change.changes[0], id=first.changes[0].id),)), CHANNEL)
    assert store.open_for(arn_of("b")) is None
    assert store.open_for(arn_of("c")) is None


def test_many_ask_for_the_same_keys_at_once_and_one_is_first(store: RequestStore) -> None:
    keys = [f"k{number}" for number in range(8)]

    def ask(number: int) -> Request | None:
        return store.create(request_for(*(keys if number % 2 else reversed(keys))), CHANNEL)

    made = [each for each in all_at_once(ask, threads=20) if each is not None]
    assert len(made) == 1
    assert store.open_for(arn_of("k0")) == reload(store, made[0])


def test_requests_are_listed_by_state_oldest_first(store: RequestStore) -> None:
    made = [create(store, f"k{number}", minutes=-1 - number) for number in range(3)]
    denied = bring_to(store, RequestState.DENIED, "d")
    assert store.in_state(RequestState.PENDING) == list(reversed(made))
    assert store.in_state(RequestState.PENDING, limit=1) == [made[2]]
    assert store.in_state(RequestState.PENDING, RequestState.DENIED) == [*reversed(made), denied]
    assert store.in_state(RequestState.DONE) == []


def test_the_newest_request_of_a_key_is_found_among_old_ones(store: RequestStore) -> None:
    bring_to(store, RequestState.DENIED)
    newer = create(store, "a", minutes=5)
    assert store.newest_for([arn_of("a")]) == {arn_of("a"): newer}
    assert store.close(newer, RequestState.CANCELLED, by="U0LENA", at=at(6)) is not None
    assert store.newest_for([arn_of("a")])[arn_of("a")].id == newer.id
    assert store.newest_for([arn_of("a")], open_only=True) == {}
    assert store.newest_for([]) == {}


def test_what_is_open_is_what_could_still_be_carried_out(store: RequestStore, database: Database) -> None:
    def open_changes(of: Request) -> int:
        query = sa.select(sa.func.count()).where(changes.c.request_id == of.id, changes.c.open)
        with database.read() as connection:
            return int(connection.execute(query).scalar_one())

    for number, state in enumerate(RequestState):
        request = bring_to(store, state, f"{number}a", f"{number}b")
        assert open_changes(request) == (2 if state in (RequestState.PENDING, RequestState.APPROVED) else 0)


def test_all_requests_that_ever_covered_a_key_are_known(store: RequestStore) -> None:
    first = bring_to(store, RequestState.DENIED, "a", "b")
    second = create(store, "a")
    assert set(store.ids_for(arn_of("a"))) == {first.id, second.id}
    assert store.ids_for(arn_of("b")) == [first.id]
    assert store.ids_for(arn_of("none")) == []
