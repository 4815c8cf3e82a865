"""Requests that go through without approvals, and reminders of those that wait."""

from dataclasses import replace

import pytest

from bot.models.approval import KeyFacts
from bot.models.asking import DailyCapError
from bot.models.messages import MessageKind
from bot.models.requests import Basis, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.trail import Act
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.samples import CHANNEL, approval, at, enough, request_for

RULE, CAP = "playground", 5


@pytest.fixture
def store(database: Database) -> RequestStore:
    return RequestStore(database)


def beforehand(*keys: str, minutes: float = 0, rule: str = RULE) -> Request:
    """A request that its rule approves beforehand."""
    asked = request_for(*keys, required=0, minutes=minutes)
    return replace(
        asked, state=RequestState.APPROVED, changes=tuple(replace(each, rule=rule) for each in asked.changes)
    )


def acts(database: Database, request: Request) -> list[str]:
    return [entry.act for entry in reversed(Trail(database).newest(1000, frozenset({request.id})))]


def kinds(database: Database) -> list[str]:
    return [message.kind for message in MessageStore(database).due(at(100_000))]


# Approved beforehand


def test_a_request_that_is_approved_beforehand_is_born_approved_and_that_is_recorded(
    store: RequestStore, database: Database
) -> None:
    request = beforehand("a")
    assert store.create(request, CHANNEL, {RULE: CAP}) == request
    assert store.get(request.id) == request
    assert [change.arn for change in store.queued()] == [request.changes[0].arn]
    assert acts(database, request) == [Act.REQUEST_CREATED, Act.REQUEST_PRE_APPROVED]
    assert request.basis is Basis.PRE_APPROVED


@pytest.mark.parametrize("cap", range(1, 6))
def test_the_cap_counts_keys_and_leaves_nothing_behind_where_it_is_reached(
    store: RequestStore, database: Database, cap: int
) -> None:
    for number in range(cap):
        assert store.create(beforehand(f"{number}"), CHANNEL, {RULE: cap}) is not None
    refused = beforehand("more")
    with pytest.raises(DailyCapError, match="none are left"):
        store.create(refused, CHANNEL, {RULE: cap})
    assert store.get(refused.id) is None
    assert acts(database, refused) == []
    assert store.open_for(refused.changes[0].arn) is None


def test_a_request_for_more_keys_than_are_left_is_refused_whole(store: RequestStore) -> None:
    store.create(beforehand("a", "b", "c"), CHANNEL, {RULE: CAP})
    with pytest.raises(DailyCapError, match="2 are left"):
        store.create(beforehand("d", "e", "f"), CHANNEL, {RULE: CAP})
    assert store.create(beforehand("d", "e"), CHANNEL, {RULE: CAP}) is not None


def test_a_day_later_there_is_room_again(store: RequestStore) -> None:
    store.create(beforehand("a"), CHANNEL, {RULE: 1})
    with pytest.raises(DailyCapError):
        store.create(beforehand("b", minutes=1439), CHANNEL, {RULE: 1})
    assert store.create(beforehand("b", minutes=1440), CHANNEL, {RULE: 1}) is not None


def test_each_rule_has_a_cap_of_its_own_and_what_people_approved_counts_for_none(store: RequestStore) -> None:
    store.create(beforehand("a"), CHANNEL, {RULE: 1})
    assert store.create(beforehand("b", rule="staging"), CHANNEL, {"staging": 1}) is not None
    by_people = request_for("c")
    store.create(replace(by_people, changes=(replace(by_people.changes[0], rule="lab"),)), CHANNEL)
    assert store.create(beforehand("d", rule="lab"), CHANNEL, {"lab": 1}) is not None


def test_many_who_ask_at_once_do_not_get_past_the_cap(store: RequestStore, database: Database) -> None:
    def ask(number: int) -> bool:
        try:
            return store.create(beforehand(f"{number}"), CHANNEL, {RULE: CAP}) is not None
        except DailyCapError:
            return False

    assert sum(all_at_once(ask, threads=24)) == CAP
    assert len(store.in_state(RequestState.APPROVED)) == CAP
    assert Trail(database).verify().fault is None


# Break-glass


def glass(minutes: float = 1, user_id: str = "U0PRIYA") -> Decision:
    return Decision(user_id, DecisionKind.BREAK_GLASS, at(minutes), "Nobody else is awake.", ("S0ONCALL",))


def test_a_broken_glass_approves_is_recorded_with_its_reason_and_owes_the_alarm(
    store: RequestStore, database: Database
) -> None:
    request = request_for("a", required=3)
    store.create(request, CHANNEL)
    broken = store.break_glass(request, glass(), rule="production", channel=CHANNEL)
    assert broken is not None
    assert (broken.state, broken.basis, broken.glass) == (RequestState.APPROVED, Basis.BREAK_GLASS, glass())
    assert acts(database, request) == [Act.REQUEST_CREATED, Act.GLASS_BROKEN]
    assert MessageKind.BREAK_GLASS in kinds(database)
    assert "Nobody else is awake." in Trail(database).newest(1)[0].details


def test_the_glass_is_broken_once(store: RequestStore, database: Database) -> None:
    request = request_for("a")
    store.create(request, CHANNEL)
    broken = all_at_once(
        lambda number: store.break_glass(request, glass(user_id=f"U{number}"), rule="", channel=CHANNEL), threads=16
    )
    assert sum(each is not None for each in broken) == 1
    assert acts(database, request).count(Act.GLASS_BROKEN) == 1
    assert kinds(database).count(MessageKind.BREAK_GLASS) == 1


def test_who_approved_and_breaks_the_glass_is_named_as_the_latter(store: RequestStore) -> None:
    request = request_for("a", required=2)
    store.create(request, CHANNEL)
    store.decide(request, approval("U0PRIYA"), required=2, rule="", is_enough=enough(2))
    broken = store.break_glass(request, glass(2), rule="", channel=CHANNEL)
    assert broken is not None
    assert broken.decisions == (glass(2),)


@pytest.mark.parametrize("state", [RequestState.DENIED, RequestState.CANCELLED, RequestState.EXPIRED])
def test_there_is_no_glass_to_break_once_a_request_is_closed(store: RequestStore, state: RequestState) -> None:
    request = request_for("a")
    store.create(request, CHANNEL)
    store.close(request, state, by="U0JONAS", at=at(1))
    assert store.break_glass(request, glass(2), rule="", channel=CHANNEL) is None


# Reminders


def test_a_reminder_is_owed_once_however_many_sweeps_find_it_due(store: RequestStore, database: Database) -> None:
    request = request_for("a")
    store.create(request, CHANNEL)
    reminded = all_at_once(lambda _: store.remind(request, 1, CHANNEL, at(60)), threads=8)
    assert sum(reminded) == 1
    assert kinds(database).count(MessageKind.REMINDER) == 1
    assert acts(database, request) == [Act.REQUEST_CREATED, Act.APPROVERS_REMINDED]


@pytest.mark.parametrize("end", ["approved", "denied", "broken"])
def test_a_reminder_that_slack_does_not_show_yet_is_forgotten_once_it_is_decided(
    store: RequestStore, database: Database, end: str
) -> None:
    request = request_for("a")
    store.create(request, CHANNEL)
    store.remind(request, 1, CHANNEL, at(60))
    if end == "approved":
        store.decide(request, approval("U0JONAS"), required=1, rule="", is_enough=enough(1))
    elif end == "denied":
        store.close(request, RequestState.DENIED, by="U0JONAS", at=at(61))
    else:
        store.break_glass(request, glass(61), rule="", channel=CHANNEL)
    assert MessageKind.REMINDER not in kinds(database)
    assert not store.remind(request, 2, CHANNEL, at(180))


def test_a_reminder_that_slack_shows_is_brought_up_to_date(store: RequestStore, database: Database) -> None:
    request, messages = request_for("a"), MessageStore(database)
    store.create(request, CHANNEL)
    store.remind(request, 1, CHANNEL, at(60))
    for message in messages.due(at(61)):
        messages.mark_shown(message, "1.1", at(0))
    store.close(request, RequestState.DENIED, by="U0JONAS", at=at(61))
    assert sorted(message.kind for message in messages.due(at(62))) == [MessageKind.REMINDER, MessageKind.REQUEST]


# What a change says


def test_what_the_rules_were_told_by_is_kept(store: RequestStore) -> None:
    facts = KeyFacts(("alias/a",), (("stage", "prod"), ("team", "payments")), ("ou-abcd-11111111", "r-abcd"))
    asked = request_for("a")
    asked = replace(asked, changes=(replace(asked.changes[0], facts=facts, rule="production"),))
    assert store.create(asked, CHANNEL) == asked
    assert store.get(asked.id) == asked


def test_a_change_says_why_it_waits_until_it_is_claimed(store: RequestStore, database: Database) -> None:
    request, messages = beforehand("a"), MessageStore(database)
    store.create(request, CHANNEL, {RULE: CAP})
    (change,) = store.queued()
    for message in messages.due(at(1)):
        messages.mark_shown(message, "1.1", at(0))
    store.note_wait(change, "Slack could not be asked.", at(1))
    assert [message.kind for message in messages.due(at(2))] == [MessageKind.REQUEST]
    for message in messages.due(at(2)):
        messages.mark_shown(message, "1.1", at(0))
    store.note_wait(change, "Slack could not be asked.", at(3))
    assert messages.due(at(4)) == []
    assert store.claim(change, at(5))
    loaded = store.get(request.id)
    assert loaded is not None
    assert (loaded.changes[0].state, loaded.changes[0].result) == (ChangeState.EXECUTING, "")
    store.note_wait(change, "Slack could not be asked.", at(6))
    assert store.get(request.id) == loaded
