"""Exemptions in the database: granted once, ended once, and what readers are shown is right at every moment."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from bot.models.exemptions import Exemption, ExemptionState
from bot.models.keys import Finding, Verdict
from bot.models.messages import MessageKind
from bot.models.requests import ChangeState, Outcome, Request, RequestState
from bot.models.scans import Scan, Summary
from bot.models.trail import SYSTEM
from bot.rules.exemptions import parse_scope
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.tables import exemptions, findings, scans
from bot.store.trail import Trail
from tests.store.exempting import GRANTED, LATER, claimed, declared, exempt, of_key, wanted
from tests.store.samples import (
    ALPHA,
    BERLIN,
    BETA,
    CHANNEL,
    IRELAND,
    arn_of,
    at,
    covered,
    finding,
    rotating,
    run,
    scan,
)

SOONER, LATEST = at(5_000), at(20_000)


class Stage:
    """The stores on one database, and what readers see of its current scan."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.scans, self.requests = ScanStore(database), RequestStore(database)
        self.exemptions, self.trail = ExemptionStore(database), Trail(database)
        self.messages = MessageStore(database)

    def run(self, *found: Finding, minutes: float = 0, scope: str = "") -> Scan:
        places = {(each.account, each.region) for each in found}
        return run(self.scans, found, [covered(*place) for place in places], minutes=minutes, scope=scope)

    @property
    def until(self) -> dict[str, datetime | None]:
        """Until when each key of the current scan is excused, by its id."""
        current = self.scans.current()
        assert current is not None
        return {each.key_id: each.exempt_until for each in self.scans.findings(current.id)}

    @property
    def open(self) -> list[str]:
        """The ids of the open keys, of which counts and lists say the same."""
        current = self.scans.current()
        assert current is not None
        shown = [each.key_id for each in self.scans.open_page(current.id, Filter(), 0, 100)]
        assert current.summary.non_compliant == self.scans.count_open(current.id, Filter()) == len(shown)
        counted = sum(self.scans.summaries(current.id, Filter()).values(), Summary())
        assert counted == current.summary
        assert counted.exempt == sum(each is not None for each in self.until.values())
        return shown

    def granted(self, request: Request) -> Exemption:
        return self.exemptions.of_requests([request.id])[request.id]

    def acts(self, subject: str) -> list[str]:
        return [each.act for each in self.trail.newest(50, frozenset({subject}))][::-1]


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def test_a_granted_exemption_takes_its_key_out_of_lists_and_counts(stage: Stage) -> None:
    stage.run(finding("a"), finding("b"), rotating("c"))
    request = exempt(stage.requests, of_key("a"), minutes=5)
    assert stage.open == ["b"]
    assert stage.until == {"a": LATER, "b": None, "c": None}
    made = stage.granted(request)
    assert (made.state, made.asked_by, made.approved_by) == (ExemptionState.ACTIVE, "U0MARA", ("U0JONAS",))
    assert (made.reason, made.ticket, made.owner, made.until) == ("Old.", "https://tickets/1", "U0OWNER", LATER)
    assert not made.is_declared
    done = stage.requests.get(request.id)
    assert done is not None
    assert (done.state, done.changes[0].state) == (RequestState.DONE, ChangeState.SUCCEEDED)
    assert stage.acts(request.id)[-3:] == ["EXEMPTION_GRANTED", "CHANGE_SUCCEEDED", "REQUEST_DONE"]
    assert stage.trail.verify().fault is None


@pytest.mark.parametrize(
    ("scope", "excused"),
    [
        ("account=prod-a*", ["a", "b", "e"]),
        (f"account={BETA}", ["c"]),
        ("region=eu-west-*", ["b"]),
        ("alias=a", ["a"]),
        ("alias=*", ["a", "b", "c", "e"]),
        ("tag:team=pay*", ["b", "c"]),
        ("tag:team=pay* account=prod-beta", ["c"]),
        ("account=prod-* region=eu-central-1 alias=?", ["a", "c", "e"]),
        ("account=nobody", []),
    ],
)
def test_a_pattern_excuses_the_open_keys_that_match_all_of_it(stage: Stage, scope: str, excused: list[str]) -> None:
    stage.run(
        finding("a"),
        finding("b", region=IRELAND, tags=(("Team", "payments"),)),
        finding("c", BETA, tags=(("team", "Payroll"),)),
        rotating("d"),
        finding("e", tags=(("team", "web"),)),
    )
    exempt(stage.requests, scope)
    assert sorted(key for key, until in stage.until.items() if until == LATER) == excused
    assert sorted(stage.open) == sorted({"a", "b", "c", "e"} - set(excused))


def test_keys_that_come_later_and_match_are_excused_as_they_are_stored(stage: Stage) -> None:
    stage.run(finding("a"))
    exempt(stage.requests, "alias=a*")
    stage.run(finding("a", minutes=10), finding("a2", minutes=10), finding("b", minutes=10), minutes=10)
    assert stage.open == ["b"]


@pytest.mark.parametrize("scope", [f"account={ALPHA}", "region=eu-west-1"])
def test_narrowed_scans_keep_exemptions(stage: Stage, scope: str) -> None:
    stage.run(finding("a", region=IRELAND), finding("b", region=IRELAND), finding("c", BETA))
    exempt(stage.requests, "alias=a")
    exempt(stage.requests, "alias=c")
    fresh = [finding(each, region=IRELAND, minutes=10) for each in ("a", "b")]
    stage.run(*fresh, minutes=10, scope=scope)
    assert stage.open == ["b"]
    assert stage.until == {"a": LATER, "b": None, "c": LATER}


@pytest.mark.parametrize("is_ended", [False, True])
def test_an_exemption_that_changes_while_a_scan_runs_is_right_in_that_scan(stage: Stage, is_ended: bool) -> None:
    stage.run(finding("a"), finding("b"))
    early = exempt(stage.requests, "alias=a") if is_ended else None
    running = scan(minutes=10)
    stage.scans.begin(running)
    stage.scans.add(running.id, [finding("a", minutes=10)])
    if early is None:
        exempt(stage.requests, "alias=a")
    else:
        assert stage.exemptions.withdraw(stage.granted(early), "U0JONAS", at(11))
    stage.scans.add(running.id, [finding("b", minutes=12)], [covered(keys=2)])
    finished = stage.scans.finish(running.id, at(13))
    assert finished.summary.exempt == (0 if is_ended else 1)
    assert stage.open == (["a", "b"] if is_ended else ["b"])


def test_what_was_added_in_the_moment_of_a_grant_is_made_right_when_the_scan_ends(stage: Stage) -> None:
    running = scan(minutes=10)
    stage.scans.begin(running)
    exempt(stage.requests, "alias=a")
    stage.scans.add(running.id, [finding("a", minutes=10)], [covered()])
    with stage.database.write() as connection:  # as if the two transactions had not seen each other
        connection.execute(findings.update().values(exempt_until=None))
    stage.scans.finish(running.id, at(13))
    assert stage.open == []


def test_a_newer_reading_keeps_the_excuse_and_a_mended_key_needs_none(stage: Stage) -> None:
    stage.run(finding("a"))
    exempt(stage.requests, of_key("a"))
    assert stage.scans.record_reading(finding("a", minutes=5)).exempt_until == LATER
    assert stage.open == []
    assert stage.scans.record_reading(rotating("a", minutes=6)).exempt_until is None
    assert stage.until == {"a": None}
    assert stage.scans.record_reading(finding("a", minutes=7)).exempt_until == LATER
    assert stage.open == []


def test_where_exemptions_overlap_the_one_that_holds_longest_counts_and_each_ends_by_itself(stage: Stage) -> None:
    stage.run(finding("a"), finding("b"))
    short, wide, long = (
        exempt(stage.requests, scope, until=until)
        for scope, until in ((of_key("a"), SOONER), ("alias=*", LATER), ("account=prod-* alias=a", LATEST))
    )
    assert stage.until == {"a": LATEST, "b": LATER}
    ended = stage.exemptions.withdraw(stage.granted(long), "U0JONAS", at(1))
    assert ended is not None
    assert ended.reopened == 0
    assert stage.until == {"a": LATER, "b": LATER}
    ended = stage.exemptions.withdraw(stage.granted(wide), "U0JONAS", at(2))
    assert ended is not None
    assert ended.reopened == 1
    assert stage.until == {"a": SOONER, "b": None}
    assert stage.exemptions.withdraw(stage.granted(short), "U0JONAS", at(3)) is not None
    assert stage.open == ["a", "b"]


def test_an_exemption_lapses_with_its_last_second_and_its_keys_are_open_again(stage: Stage) -> None:
    stage.run(finding("a"), finding("b"), finding("c"))
    request = exempt(stage.requests, "alias=[ab]", until=SOONER)
    stage.exemptions.declare([declared("alias=c", until=SOONER)], at(0))
    assert stage.exemptions.lapse_due(SOONER - timedelta(seconds=1)) == []
    assert stage.open == []
    ended = stage.exemptions.lapse_due(SOONER)
    assert {(each.state, each.ended_by, each.ended_at) for each in ended} == {(ExemptionState.LAPSED, SYSTEM, SOONER)}
    assert stage.open == ["a", "b", "c"]
    assert stage.granted(request).reopened == 2
    assert stage.acts(request.id)[-1] == "EXEMPTION_LAPSED"
    owed = stage.messages.find(MessageKind.LAPSED, request.id)
    assert owed is not None
    assert owed.channel == CHANNEL
    assert stage.exemptions.lapse_due(LATEST) == []
    assert stage.exemptions.active() == []
    assert stage.trail.verify().fault is None


def test_the_message_of_the_request_is_shown_anew_when_its_exemption_ends(stage: Stage) -> None:
    stage.run(finding("a"))
    request = exempt(stage.requests, of_key("a"))
    before = stage.messages.find(MessageKind.REQUEST, request.id)
    assert stage.exemptions.withdraw(stage.granted(request), "U0JONAS", at(3))
    after = stage.messages.find(MessageKind.REQUEST, request.id)
    assert before is not None
    assert after is not None
    assert after.wanted == before.wanted + 1
    assert stage.messages.find(MessageKind.LAPSED, request.id) is not None


def test_a_renewed_exemption_gives_way_to_the_new_one_without_a_gap(stage: Stage) -> None:
    stage.run(finding("a"))
    old = exempt(stage.requests, of_key("a"), until=SOONER)
    renewal = wanted(of_key("a"), until=LATEST, renews=stage.granted(old).id, minutes=5)
    change = claimed(stage.requests, renewal, minutes=5)
    assert stage.until == {"a": SOONER}
    assert stage.requests.conclude(change, GRANTED, CHANNEL, at(6))
    assert stage.until == {"a": LATEST}
    assert stage.granted(old).state is ExemptionState.RENEWED
    assert stage.acts(old.id)[-1] == "EXEMPTION_RENEWED"
    assert [each.id for each in stage.exemptions.active()] == [stage.granted(renewal).id]
    assert stage.messages.find(MessageKind.LAPSED, old.id) is None


def test_one_that_ended_before_its_renewal_was_approved_is_left_as_it_ended(stage: Stage) -> None:
    stage.run(finding("a"))
    old = exempt(stage.requests, of_key("a"), until=SOONER)
    renewal = wanted(of_key("a"), until=LATEST, renews=stage.granted(old).id)
    stage.exemptions.lapse_due(SOONER)
    assert stage.open == ["a"]
    assert stage.requests.conclude(claimed(stage.requests, renewal), GRANTED, CHANNEL, at(6))
    assert stage.granted(old).state is ExemptionState.LAPSED
    assert stage.open == []


def test_an_outcome_that_is_no_success_grants_nothing(stage: Stage) -> None:
    stage.run(finding("a"))
    change = claimed(stage.requests, wanted(of_key("a")))
    assert stage.requests.conclude(change, Outcome(ChangeState.FAILED, "Too late."), CHANNEL, at(1))
    assert stage.exemptions.active() == []
    assert stage.open == ["a"]


@pytest.mark.parametrize("act", ["grant", "withdraw", "lapse"])
def test_several_at_once_do_it_once(stage: Stage, act: str) -> None:
    stage.run(finding("a"))
    change = claimed(stage.requests, wanted(of_key("a"), until=SOONER))
    if act != "grant":
        assert stage.requests.conclude(change, GRANTED, CHANNEL, at(1))
    [*held] = stage.exemptions.active()
    start = Barrier(4)

    def once(number: int) -> bool:
        start.wait()
        if act == "grant":
            return stage.requests.conclude(change, GRANTED, CHANNEL, at(1))
        if act == "withdraw":
            return stage.exemptions.withdraw(held[0], f"U{number}", at(2)) is not None
        return bool(stage.exemptions.lapse_due(SOONER))

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(once, range(4))) == [False, False, False, True]
    named = {"grant": "EXEMPTION_GRANTED", "withdraw": "EXEMPTION_WITHDRAWN", "lapse": "EXEMPTION_LAPSED"}[act]
    assert stage.acts(change.request_id).count(named) == 1
    assert stage.open == ([] if act == "grant" else ["a"])
    assert stage.trail.verify().fault is None


def test_a_grant_that_cannot_be_recorded_did_not_happen(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.run(finding("a"))
    change = claimed(stage.requests, wanted(of_key("a")))

    def die(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr("bot.store.change_moves.touch_request", die)
        with pytest.raises(sqlite3.OperationalError):
            stage.requests.conclude(change, GRANTED, CHANNEL, at(1))
    assert stage.exemptions.active() == []
    assert stage.open == ["a"]
    assert [each.id for each in stage.requests.executing()] == [change.id]
    assert stage.requests.conclude(change, GRANTED, CHANNEL, at(1))
    assert stage.open == []


def test_what_is_declared_holds_and_what_is_declared_no_more_does_not(stage: Stage) -> None:
    stage.run(finding("a"), finding("b"), finding("c"))
    exempt(stage.requests, of_key("c"))
    one, two = declared("alias=a"), declared("alias=b")
    stage.exemptions.declare([one, two], at(1))
    assert stage.open == []
    assert {each.id for each in stage.exemptions.active() if each.is_declared} == {one.id, two.id}
    stage.exemptions.declare([two, one], at(2))
    assert stage.acts(one.id) == ["EXEMPTION_GRANTED"]
    stage.exemptions.declare([two], at(3))
    assert stage.open == ["a"]
    assert stage.acts(one.id) == ["EXEMPTION_GRANTED", "EXEMPTION_WITHDRAWN"]
    stage.exemptions.declare([one, two], at(4))
    assert stage.open == []
    assert stage.acts(one.id)[-1] == "EXEMPTION_GRANTED"
    stage.exemptions.declare([], at(5))
    assert stage.open == ["a", "b"]
    assert stage.until["c"] == LATER


def test_several_processes_that_start_at_once_declare_once(stage: Stage) -> None:
    stage.run(finding("a"))
    start = Barrier(4)

    def begin(_: int) -> None:
        start.wait()
        stage.exemptions.declare([declared("alias=a"), declared("alias=b")], at(1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(begin, range(4)))
    assert stage.acts("e-alias=a") == stage.acts("e-alias=b") == ["EXEMPTION_GRANTED"]
    assert stage.open == []


def test_many_patterns_and_keys_are_told_apart(stage: Stage) -> None:
    stage.run(*(finding(f"k{number}") for number in range(40)))
    by_pattern = [declared(f"alias=k{number}") for number in range(30)]
    by_arn = [declared(arn_of(f"k{number}"), name=f"arn-{number}") for number in range(25, 35)]
    stage.exemptions.declare([*by_pattern, *by_arn], at(1))
    assert stage.open == [f"k{number}" for number in range(35, 40)]


def test_reach_says_what_a_scope_covers(stage: Stage) -> None:
    current = stage.run(finding("a"), finding("b"), rotating("c"), finding("d", BETA), finding("e", BETA))
    exempt(stage.requests, of_key("b"))

    def reach(scope: str, hidden: str = "") -> tuple[int, int, int, tuple[str, ...], bool]:
        told = stage.exemptions.reach(current, parse_scope(scope), 2, lambda account: account == hidden)
        return told.keys, told.open_keys, told.excused, told.names, told.is_everything

    assert reach("account=prod-alpha") == (3, 1, 1, ("a",), False)
    assert reach("account=prod-*") == (5, 3, 1, ("a", "d"), True)
    assert reach("alias=*") == (5, 3, 1, ("a", "d"), True)
    assert reach("alias=[ade]") == (3, 3, 0, ("a", "d"), True)
    assert reach(arn_of("a")) == (1, 1, 0, ("a",), False)
    assert reach("region=us-*") == (0, 0, 0, (), False)
    assert reach("region=*") == (5, 3, 1, ("a", "d"), True)


HIDDEN_REACHES = {
    "account=prod-*": (2, 2, 0, ("d", "e"), True),
    "account=prod-alpha": (0, 0, 0, (), False),
    f"account={ALPHA}": (0, 0, 0, (), False),
    "alias=a": (0, 0, 0, (), False),
    "alias=[ade]": (2, 2, 0, ("d", "e"), True),
    "region=*": (2, 2, 0, ("d", "e"), True),
    "account=never-was": (0, 0, 0, (), False),
}


@pytest.mark.parametrize("scope", HIDDEN_REACHES)
def test_no_pattern_tells_of_keys_in_accounts_that_are_not_to_be_seen(stage: Stage, scope: str) -> None:
    current = stage.run(finding("a"), finding("b"), rotating("c"), finding("d", BETA), finding("e", BETA))
    exempt(stage.requests, of_key("b"))
    told = stage.exemptions.reach(current, parse_scope(scope), 2, lambda account: account == ALPHA)
    assert (told.keys, told.open_keys, told.excused, told.names, told.is_everything) == HIDDEN_REACHES[scope]
    assert told.is_partial


@pytest.mark.parametrize(
    ("scope", "is_so"),
    {"alias=a": False, "alias=[ad]": True, "alias=c": False, "region=*": True, "alias=x": False}.items(),
)
def test_a_pattern_covers_what_may_be_seen_or_not_whatever_its_verdict(stage: Stage, scope: str, is_so: bool) -> None:
    stage.run(finding("a"), rotating("c"), rotating("d", BETA))
    assert stage.exemptions.covers_seen(parse_scope(scope), lambda account: account == ALPHA) is is_so
    assert stage.exemptions.covers_seen(parse_scope(scope), lambda _account: False) is (scope != "alias=x")


def test_before_the_first_scan_a_pattern_covers_nothing(stage: Stage) -> None:
    assert not stage.exemptions.covers_seen(parse_scope("alias=*"), lambda _account: False)


def test_lapsing_ones_come_soonest_first(stage: Stage) -> None:
    for scope, until in (("alias=a", LATER), ("alias=b", SOONER), ("alias=c", LATEST)):
        exempt(stage.requests, scope, until=until)
    assert [each.name for each in stage.exemptions.active()] == ["alias=b", "alias=a", "alias=c"]
    assert [each.name for each in stage.exemptions.active(LATER)] == ["alias=b", "alias=a"]


def test_an_interrupted_scan_shows_what_is_excused(stage: Stage) -> None:
    running = scan(minutes=10)
    stage.scans.begin(running)
    exempt(stage.requests, "alias=a")
    stage.scans.add(running.id, [finding("a", minutes=10), finding("b", minutes=10)], [covered(keys=2)])
    stage.scans.interrupt(running.id, at(12), [])
    assert stage.open == ["b"]
    assert stage.exemptions.lapse_due(LATER)
    assert stage.open == ["a", "b"]


def test_without_any_exemption_nothing_is_looked_through(stage: Stage) -> None:
    stage.run(replace(finding("a"), exempt_until=LATER))
    assert stage.until == {"a": LATER}
    with stage.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(exemptions)).scalar_one() == 0


def test_a_finding_that_is_not_open_is_never_excused(stage: Stage) -> None:
    exempt(stage.requests, "alias=*")
    unread = finding("u", verdict=Verdict.INSUFFICIENT_DATA)
    stage.run(unread, rotating("r"), finding("a", BETA, BERLIN))
    assert stage.until == {"u": None, "r": None, "a": LATER}
    with stage.database.read() as connection:
        assert connection.execute(sa.select(scans.c.exempt)).scalar_one() == 1
