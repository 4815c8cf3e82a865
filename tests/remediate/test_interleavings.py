"""Two people at once, or one of them twice, or somebody and a sweep: every order of their steps, on a real database.

Whatever the order, what comes of it (the request, its changes and messages, the record, what both are told) is what
would have come of one after the other.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations_with_replacement, product
from math import comb
from pathlib import Path
from typing import Any

import pytest

from bot.models.approval import ApprovalRule, Wish
from bot.models.asking import Declined, Settled
from bot.models.messages import MessageKind
from bot.models.requests import ChangeState, Outcome, Request, RequestState
from bot.models.trail import Act
from bot.remediate.decide import Deciding
from bot.store.engine import Database
from bot.store.messages import MessageStore
from tests.remediate.deciders import (
    ADMINS,
    ASKER,
    BREAKER,
    CHANNEL,
    FIRST,
    HOUR,
    MEMBER,
    NOBODY,
    NOW,
    SECOND,
    Directory,
    Office,
    actor,
    approval,
    request_under,
)
from tests.remediate.turns import Gate, Gated, Turns, every_order
from tests.store.databases import KINDS, copies_of

ONE = ApprovalRule("one", ("*",), approvers=(FIRST, SECOND, ADMINS), break_glass=(BREAKER,))
TWO = replace(ONE, name="two", required=2)
PATIENT = replace(ONE, name="patient", remind_after=HOUR)


@pytest.fixture(scope="module", params=KINDS)
def database(
    request: pytest.FixtureRequest, sqlite_of_this_worker: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One for all of them: there are some ten thousand requests."""
    if request.param == "sqlite":
        make = copies_of(sqlite_of_this_worker, tmp_path_factory.mktemp("turns"))
    else:
        make = request.getfixturevalue("postgresql_of_this_worker").make
    database = Database(make("migrated"))
    yield database
    database.close()


@dataclass(frozen=True)
class Start:
    """How a request stands before two do something with it."""

    rule: ApprovalRule
    is_overdue: bool = False
    approved_by_one: bool = False
    is_failed: bool = False
    is_approved: bool = False


STARTS: Mapping[str, Start] = {
    "waits for one": Start(ONE),
    "waits for two": Start(TWO),
    "waits for the second of two": Start(TWO, approved_by_one=True),
    "waits too long": Start(ONE, is_overdue=True),
    "has failed": Start(ONE, is_failed=True),
}
CLICKS = (
    (FIRST, Wish.APPROVE),
    (SECOND, Wish.APPROVE),
    (FIRST, Wish.DENY),
    (SECOND, Wish.DENY),
    (ASKER, Wish.WITHDRAW),
    (BREAKER, Wish.BREAK_GLASS),
    (FIRST, Wish.RETRY),
    (NOBODY, Wish.APPROVE),
)
Click = tuple[str, Wish]
DECISIVE = {Act.REQUEST_APPROVED, Act.REQUEST_DENIED, Act.REQUEST_CANCELLED, Act.REQUEST_EXPIRED, Act.GLASS_BROKEN}
"""What ends the waiting of a request."""
MANY = 99
"""More steps than anybody takes."""
Work = Callable[[Gate, Request], object]
"""What somebody does with a request, step by step; returns what they are told."""


@dataclass
class Scene:
    """A database on which the same thing happens again and again, each time to a new request."""

    office: Office
    start: Start
    has_gate_at_people: bool = True

    def request(self) -> Request:
        store, start = self.office.store, self.start
        request = request_under(start.rule, expires_at=NOW if start.is_overdue else NOW + HOUR)
        assert store.create(request, CHANNEL)
        if start.approved_by_one:
            assert store.decide(request, approval(MEMBER, ADMINS), required=2, rule="", is_enough=lambda _: False)
        if start.is_failed or start.is_approved:
            self.office.approved(request, approval(MEMBER, ADMINS))
        if start.is_failed:
            (change,) = request.changes
            assert store.claim(change, NOW)
            assert store.conclude(change, Outcome(ChangeState.FAILED, "It failed."), CHANNEL, NOW)
        return request

    def deciding(self, gate: Gate, now: datetime) -> Deciding:
        book: Any = Gated(self.office.store, gate)
        people: Any = Gated(Directory(), gate, {"person"}) if self.has_gate_at_people else Directory()
        deciding = self.office.deciding_with(book, people, lambda: now)
        record: Any = Gated(self.office.trail, gate)
        return replace(deciding, record=record)

    def run(self, turns: Turns, *works: Work) -> tuple[Any, ...]:
        """Let them do it, and say all that came of it."""
        request = self.request()
        self.office.recorded()
        told = turns.run([lambda gate, work=work: work(gate, request) for work in works])  # type: ignore[misc]  # bound in the loop
        seen = (*told, *self.picture(request))
        self.office.store.close(request, RequestState.CANCELLED, by=ASKER, at=NOW)  # no sweep is to find it again
        self.office.recorded()
        return seen

    def picture(self, before: Request) -> tuple[Any, ...]:
        request = self.office.now_of(before)
        acts = [(entry.actor, entry.act) for entry in self.office.recorded() if entry.subject == request.id]
        messages = MessageStore(self.office.database)
        return (
            request.state,
            request.closed_by,
            request.reminders,
            sorted((each.user_id, each.kind) for each in request.decisions),
            [change.state for change in request.changes],
            [kind for kind in MessageKind if messages.find(kind, request.id, 1 if kind is MessageKind.REMINDER else 0)],
            sorted(acts, key=lambda each: each[1] != Act.REFUSED),  # it changes nothing, and may be written down later
        )


def click(scene: Scene, who: str, wish: Wish, now: datetime = NOW) -> Work:
    def work(gate: Gate, request: Request) -> object:
        answer = scene.deciding(gate, now).decide(actor(who), request.id, wish, "because")
        if isinstance(answer, Declined):
            return answer.sentence
        assert isinstance(answer, Settled)
        return "done"

    return work


def expiring(scene: Scene, now: datetime) -> Work:
    return lambda gate, request: [each.id == request.id for each in scene.deciding(gate, now).expire_due()]


def reminding(scene: Scene, now: datetime) -> Work:
    return lambda gate, request: [each.id == request.id for each in scene.deciding(gate, now).remind_due()]


def claiming(scene: Scene) -> Work:
    """What whoever carries changes out does first: it looks for queued ones, and takes this one."""

    def work(gate: Gate, request: Request) -> object:
        book: Any = Gated(scene.office.store, gate)
        return [book.claim(change, NOW) for change in book.queued() if change.request_id == request.id]

    return work


def check(scene: Scene, first: Work, second: Work) -> int:
    """Try every order of their steps against one after the other; return how many orders there are."""
    one = scene.run(Turns((0,) * MANY), first, second)
    other = scene.run(Turns((1,) * MANY), first, second)
    orders = 0
    for turns in every_order():
        seen = scene.run(turns, first, second)
        assert seen in (one, other), (turns.steps, seen, one, other)
        assert sum(act in DECISIVE for _, act in seen[-1]) <= 1
        orders += 1
    return orders


def scene_of(database: Database, start: str, *, has_gate_at_people: bool = True) -> Scene:
    return Scene(Office((STARTS[start].rule,), database), STARTS[start], has_gate_at_people)


NAMES = [f"{who[2:].lower()} {wish.lower()}" for who, wish in CLICKS]
PAIRS = [
    pytest.param(CLICKS[first], CLICKS[second], id=f"{NAMES[first]}, {NAMES[second]}")
    for first, second in combinations_with_replacement(range(len(CLICKS)), 2)
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize("start", ["waits for one", "waits for the second of two", "has failed"])
def test_two_clicks_at_once(database: Database, start: str, first: Click, second: Click) -> None:
    scene = scene_of(database, start, has_gate_at_people=False)
    is_decided = start == "has failed"  # all but a retry end at the first look
    assert check(scene, click(scene, *first), click(scene, *second)) >= (comb(2, 1) if is_decided else comb(4, 2))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_clicks_at_once_with_a_gate_at_the_people_too(database: Database, first: Click, second: Click) -> None:
    scene = scene_of(database, "waits for two")
    assert check(scene, click(scene, *first), click(scene, *second)) >= comb(6, 3)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_clicks_at_once_on_what_has_waited_too_long(database: Database, first: Click, second: Click) -> None:
    scene = scene_of(database, "waits too long", has_gate_at_people=False)
    assert check(scene, click(scene, *first), click(scene, *second)) >= comb(4, 2)


@pytest.mark.parametrize("clicked", CLICKS, ids=NAMES)
@pytest.mark.parametrize("seconds", [-1, 0])
def test_a_click_while_time_ends_the_request(database: Database, clicked: Click, seconds: int) -> None:
    """Whoever clicked a second before is asked after no more than the sweep, and is told what was first."""
    scene = scene_of(database, "waits for one")
    over = NOW + HOUR
    work = click(scene, *clicked, now=over + timedelta(seconds=seconds))
    check(scene, work, expiring(scene, over))


@pytest.mark.parametrize("clicked", CLICKS, ids=NAMES)
def test_a_click_while_its_approvers_are_reminded(database: Database, clicked: Click) -> None:
    start = Start(PATIENT)
    scene = Scene(Office((PATIENT,), database), start)
    check(scene, click(scene, *clicked), reminding(scene, NOW))


@pytest.mark.parametrize("clicked", CLICKS, ids=NAMES)
@pytest.mark.parametrize("start", [*STARTS, "approved"])
def test_a_click_while_the_change_is_claimed(database: Database, clicked: Click, start: str) -> None:
    begins = STARTS.get(start, Start(ONE, is_approved=True))
    scene = Scene(Office((begins.rule,), database), begins, has_gate_at_people=False)
    check(scene, click(scene, *clicked), claiming(scene))


SWEEPS: Mapping[str, tuple[Start, Callable[[Scene], Work]]] = {
    "expiring": (Start(ONE, is_overdue=True), lambda scene: expiring(scene, NOW)),
    "reminding": (Start(PATIENT), lambda scene: reminding(scene, NOW)),
    "claiming": (Start(ONE, is_approved=True), claiming),
}
WON = {"expiring": Act.REQUEST_EXPIRED, "reminding": Act.APPROVERS_REMINDED, "claiming": Act.CHANGE_CLAIMED}


@pytest.mark.parametrize("sweep", SWEEPS)
def test_two_processes_that_sweep_at_once_do_it_once(database: Database, sweep: str) -> None:
    start, make = SWEEPS[sweep]
    scene = Scene(Office((start.rule,), database), start)
    seen = 0
    for turns in every_order():
        *told, _, _, _, _, _, _, entries = scene.run(turns, make(scene), make(scene))
        assert sorted(told).count([True]) == 1
        assert [act for _, act in entries].count(WON[sweep]) == 1
        seen += 1
    assert seen == comb(4, 2)


def test_a_reminder_while_the_request_expires(database: Database) -> None:
    scene = Scene(Office((PATIENT,), database), Start(PATIENT))
    check(scene, reminding(scene, NOW + HOUR - timedelta(seconds=1)), expiring(scene, NOW + HOUR))


def test_every_order_of_two_threads_is_tried_once() -> None:
    def steps(number: int) -> Callable[[Gate], None]:
        def work(gate: Gate) -> None:
            for step in range(number):
                gate(str(step))

        return work

    for one, other in product(range(4), repeat=2):
        orders = []
        for turns in every_order():
            turns.run([steps(one), steps(other)])
            orders.append(tuple(turns.steps))
        assert len(set(orders)) == len(orders) == comb(one + other, one)


def test_what_a_thread_raises_is_raised() -> None:
    def fails(gate: Gate) -> None:
        gate("a step")
        raise ValueError("so it is")

    with pytest.raises(ValueError, match="so it is"):
        Turns().run([fails, lambda gate: gate("another")])
