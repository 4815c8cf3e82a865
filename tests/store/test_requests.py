"""Requests and changes: every act in every state, and many people at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.models.messages import MessageKind
from bot.models.requests import Change, ChangeState, Decision, DecisionKind, Outcome, Request, RequestState
from bot.models.trail import SYSTEM, Act
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.tables import changes, requests
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.samples import CHANNEL, approval, arn_of, at, enough, request_for

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


def test_one_of_many_claims_wins(store: RequestStore, database: Database) -> None:
    request = bring_to(store, RequestState.APPROVED)
    claims = all_at_once(lambda _: store.claim(request.changes[0], at(5)), threads=50)
    assert claims.count(True) == 1
    assert acts(database, request).count(Act.CHANGE_CLAIMED) == 1
    assert reload(store, request).changes[0].started_at == at(5)


def test_one_of_many_conclusions_counts(store: RequestStore, database: Database) -> None:
    request = bring_to(store, RequestState.APPROVED)
    [change] = request.changes
    assert store.claim(change, at(5))
    concluded = all_at_once(lambda number: store.conclude(change, ended(ENDS[number % 3]), CHANNEL, at(6)), threads=30)
    assert concluded.count(True) == 1
    assert acts(database, request)[-1] == Act.REQUEST_DONE
    assert acts(database, request).count(Act.REQUEST_DONE) == 1
    assert MessageStore(database).find(MessageKind.RESULT, request.id) is not None
    assert MessageStore(database).find(MessageKind.RESULT, request.id, 1) is None


def test_changes_that_end_at_once_finish_their_request_once(store: RequestStore, database: Database) -> None:
    keys = [f"k{number:02}" for number in range(20)]
    request = bring_to(store, RequestState.APPROVED, *keys)

    def change(number: int) -> bool:
        each = request.changes[number]
        return store.claim(each, at(5)) and store.conclude(each, ended(ENDS[number % 3]), CHANNEL, at(6))

    assert all(all_at_once(change, threads=len(keys)))
    done = reload(store, request)
    assert (done.state, done.closed_at) == (RequestState.DONE, at(6))
    assert acts(database, request).count(Act.REQUEST_DONE) == 1
    assert store.open_for(arn_of("k00")) is None
    assert Trail(database).verify().fault is None


@pytest.mark.parametrize("state", ChangeState)
def test_each_act_on_a_change_happens_in_its_state_alone(store: RequestStore, state: ChangeState) -> None:
    """The other change of the request stays queued, so that the request stays approved."""
    request = bring_to(store, RequestState.APPROVED, "a", "other")
    change = next(each for each in request.changes if each.arn == arn_of("a"))
    if state is not ChangeState.QUEUED:
        assert store.claim(change, at(2))
    if state in ENDS:
        assert store.conclude(change, ended(state), CHANNEL, at(3))

    def state_now() -> ChangeState:
        return next(each.state for each in reload(store, request).changes if each.id == change.id)

    assert state_now() is state
    assert [each.id for each in store.executing()] == ([change.id] if state is ChangeState.EXECUTING else [])
    assert (change.id in {each.id for each in store.queued()}) == (state is ChangeState.QUEUED)
    assert store.retry(request, "U0LENA", at(4)) is False
    if state is ChangeState.EXECUTING:
        store.note_call(change, "off", {"period_days": 365}, at(4))
    else:
        with pytest.raises(ValueError, match="is not executing"):
            store.note_call(change, "off", {"period_days": 365}, at(4))
    assert state_now() is state
    assert store.conclude(change, ended(), CHANNEL, at(5)) == (state is ChangeState.EXECUTING)
    assert store.claim(change, at(6)) == (state is ChangeState.QUEUED)
    assert reload(store, request).state is RequestState.APPROVED


@pytest.mark.parametrize("outcome", [state for state in ChangeState if state not in ENDS])
def test_a_change_does_not_end_in_a_state_that_is_no_end(store: RequestStore, outcome: ChangeState) -> None:
    request = bring_to(store, RequestState.APPROVED)
    assert store.claim(request.changes[0], at(2))
    with pytest.raises(ValueError, match="a change cannot move"):
        store.conclude(request.changes[0], ended(outcome), CHANNEL, at(3))
    assert reload(store, request).changes[0].state is ChangeState.EXECUTING


def test_a_call_is_on_record_before_it_is_made(store: RequestStore, database: Database) -> None:
    request = bring_to(store, RequestState.APPROVED)
    [change] = request.changes
    assert store.claim(change, at(2))
    store.note_call(change, "off", {"period_days": 365}, at(3))
    assert reload(store, request).changes[0].before == "off"
    [entry] = Trail(database).newest(1)
    assert (entry.act, entry.actor, entry.subject) == (Act.CHANGE_CALLING, SYSTEM, request.id)
    assert entry.details == f'{{"change": "ENABLE_ROTATION", "key": "{change.arn}", "period_days": 365}}'


def test_of_two_who_are_at_one_change_the_second_may_not_call(store: RequestStore, database: Database) -> None:
    """The name of the change was lost in the middle of it, and another process took it up."""
    request = bring_to(store, RequestState.APPROVED)
    [change] = request.changes
    assert store.claim(change, at(2))
    store.note_call(change, "off", {}, at(3))
    with pytest.raises(ValueError, match="may not be touched"):
        store.note_call(change, "off", {}, at(3))
    assert acts(database, request).count(Act.CHANGE_CALLING) == 1


@pytest.mark.parametrize("state", ENDS)
def test_a_concluded_change_says_how_it_ended(store: RequestStore, database: Database, state: ChangeState) -> None:
    request = bring_to(store, RequestState.APPROVED)
    carry_out(store, request, state)
    done = reload(store, request)
    assert done.changes == (
        replace(
            request.changes[0],
            state=state,
            result="It ended.",
            before="off",
            after="on, every 365 days",
            aws_request_id="aws-request-1",
            next_rotation=at(500),
            started_at=at(2),
            finished_at=at(3),
        ),
    )
    assert acts(database, request)[-3:] == [Act.CHANGE_CLAIMED, f"CHANGE_{state}", Act.REQUEST_DONE]


def test_a_retry_queues_the_failed_changes_as_if_untouched(store: RequestStore, database: Database) -> None:
    request = bring_to(store, RequestState.APPROVED, "a", "b", "c")
    for change, state in zip(request.changes, ENDS, strict=True):
        assert store.claim(change, at(2))
        store.note_call(change, "off", {}, at(2))
        assert store.conclude(change, ended(state), CHANNEL, at(3))
    assert store.retry(request, "U0LENA", at(4))
    again = reload(store, request)
    assert (again.state, again.closed_at) == (RequestState.APPROVED, None)
    assert [change.state for change in again.changes] == [
        ChangeState.SUCCEEDED,
        ChangeState.QUEUED,
        ChangeState.NOT_NEEDED,
    ]
    assert again.changes[1] == request.changes[1]
    assert store.queued() == [again.changes[1]]
    assert store.open_for(arn_of("b")) == again
    assert store.open_for(arn_of("a")) is None
    assert acts(database, request)[-1] == Act.CHANGE_RETRIED

    carry_out(store, replace(again, changes=(again.changes[1],)))
    assert reload(store, request).state is RequestState.DONE
    assert MessageStore(database).find(MessageKind.RESULT, request.id, 1) is not None


@pytest.mark.parametrize("aws_request_id", [None, "1e300324"])
def test_a_retry_keeps_what_tells_whether_an_earlier_rotation_was_carried_out(
    store: RequestStore, aws_request_id: str | None
) -> None:
    request = bring_to(store, RequestState.APPROVED)
    [change] = request.changes
    assert store.claim(change, at(2))
    store.note_call(change, "off", {}, at(3), rotations_before=3)
    assert reload(store, request).changes[0].rotations_before == 3
    unknown = Outcome(ChangeState.FAILED, "Nobody knows.", aws_request_id=aws_request_id, rotations_before=3)
    assert store.conclude(change, unknown, CHANNEL, at(4))
    assert store.retry(reload(store, request), "U0NEW", at(5))
    [again] = reload(store, request).changes
    assert (again.before, again.result, again.rotations_before) == ("", "", 3)
    assert again.aws_request_id == aws_request_id


def test_what_is_known_of_a_call_says_nothing_of_the_next(store: RequestStore) -> None:
    request = bring_to(store, RequestState.APPROVED)
    [change] = request.changes
    assert store.claim(change, at(2))
    store.note_call(change, "off", {}, at(3), rotations_before=3)
    assert store.conclude(change, Outcome(ChangeState.FAILED, "AWS refused."), CHANNEL, at(4))
    assert reload(store, request).changes[0].rotations_before is None


@pytest.mark.parametrize("state", [ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED])
def test_there_is_nothing_to_retry_where_nothing_failed(store: RequestStore, state: ChangeState) -> None:
    request = bring_to(store, RequestState.DONE, end=state)
    assert store.retry(request, "U0LENA", at(4)) is False
    assert reload(store, request) == request


def test_a_retry_gives_way_to_a_newer_request_for_one_of_its_keys(store: RequestStore, database: Database) -> None:
    request = bring_to(store, RequestState.DONE, "a", "b")
    newer = create(store, "b", minutes=60)
    before = acts(database, request)
    assert store.retry(request, "U0LENA", at(61)) is False
    assert reload(store, request) == request
    assert acts(database, request) == before
    assert store.open_for(arn_of("b")) == newer
    assert store.open_for(arn_of("a")) is None


def test_retries_and_new_requests_at_once_leave_a_key_one_open_request(store: RequestStore) -> None:
    keys = [f"k{number}" for number in range(6)]
    old = [bring_to(store, RequestState.DONE, *keys), bring_to(store, RequestState.DONE, *reversed(keys))]

    def act(number: int) -> bool:
        if number % 2:
            return store.create(request_for(*reversed(keys), minutes=60), CHANNEL) is not None
        return store.retry(old[number % 4 // 2], "U0LENA", at(61))

    assert all_at_once(act, threads=16).count(True) == 1


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


def test_changes_of_requests_that_are_not_approved_are_not_to_be_carried_out(
    store: RequestStore, database: Database
) -> None:
    request = bring_to(store, RequestState.APPROVED)
    assert [change.id for change in store.queued()] == [request.changes[0].id]
    for state in RequestState:
        with database.write() as connection:
            connection.execute(requests.update().values(state=state.value))
            connection.execute(changes.update().values(state=ChangeState.QUEUED.value))
        assert bool(store.queued()) == (state is RequestState.APPROVED)
        assert store.claim(request.changes[0], at(5)) == (state is RequestState.APPROVED)


def test_what_is_open_is_what_could_still_be_carried_out(store: RequestStore, database: Database) -> None:
    def open_changes(of: Request) -> int:
        query = sa.select(sa.func.count()).where(changes.c.request_id == of.id, changes.c.open)
        with database.read() as connection:
            return int(connection.execute(query).scalar_one())

    for number, state in enumerate(RequestState):
        request = bring_to(store, state, f"{number}a", f"{number}b")
        assert open_changes(request) == (2 if state in (RequestState.PENDING, RequestState.APPROVED) else 0)


def test_an_outcome_of_a_change_that_nobody_knows_is_refused(store: RequestStore) -> None:
    unknown: Change = request_for("a").changes[0]
    assert store.claim(unknown, at(1)) is False
    assert store.conclude(unknown, ended(), CHANNEL, at(1)) is False


def test_all_requests_that_ever_covered_a_key_are_known(store: RequestStore) -> None:
    first = bring_to(store, RequestState.DENIED, "a", "b")
    second = create(store, "a")
    assert set(store.ids_for(arn_of("a"))) == {first.id, second.id}
    assert store.ids_for(arn_of("b")) == [first.id]
    assert store.ids_for(arn_of("none")) == []
