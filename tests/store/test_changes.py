"""The changes of requests: every act in every state, tries after one that failed, and many at once."""

from dataclasses import replace

import pytest

from bot.models.messages import MessageKind
from bot.models.requests import Change, ChangeState, Outcome, RequestState
from bot.models.trail import SYSTEM, Act
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.tables import changes, requests
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.requested import ENDS, acts, bring_to, carry_out, create, ended, reload, store
from tests.store.samples import CHANNEL, arn_of, at, request_for

__all__ = ["store"]


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


def test_an_outcome_of_a_change_that_nobody_knows_is_refused(store: RequestStore) -> None:
    unknown: Change = request_for("a").changes[0]
    assert store.claim(unknown, at(1)) is False
    assert store.conclude(unknown, ended(), CHANNEL, at(1)) is False
