"""A scan is stopped, breaks off or is killed at every step: what it read is kept, and nothing more is said of it."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event

import pytest

from bot.models.keys import Finding, Reason, Verdict
from bot.models.plans import Plan
from bot.models.scans import (
    EVERYWHERE,
    Account,
    Coverage,
    CoverageStatus,
    LeftOut,
    Listed,
    Progress,
    Scan,
    ScanState,
    Summary,
    Target,
)
from bot.rules.filters import Filter
from bot.scan import Scanner, Scans, ledger
from bot.scan.crew import StoppedError
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from tests.scan.audits import MEMBER, ORGANISATION, House, wait_for
from tests.scan.test_scans import EVERYTHING, acts, held, stored_scans  # noqa: F401 - fixtures among them
from tests.scan.test_scans import _Held as Held
from tests.scan.test_scans import _Running as Running

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALPHA, BETA = Account("111111111111", "prod-alpha"), Account("222222222222", "prod-beta")
TARGETS = tuple(Target(account, region) for account in (ALPHA, BETA) for region in ("eu-central-1", "eu-west-1"))
FULL, EMPTY, BEGUN, LAST = TARGETS
CLOSED = Coverage("333333333333", "closed", EVERYWHERE, CoverageStatus.FAILED, error="It could not be entered.")
PLAN = Plan(TARGETS, (CLOSED,), (LeftOut("444444444444", "old", "It is suspended."),))

Reading = Finding | Coverage | Listed
Place = tuple[str, str]


def place(of: Target) -> Place:
    return of.account.id, of.region


def listed(target: Target, keys: int) -> Listed:
    return Listed(*place(target), keys)


def covered(target: Target, keys: int) -> Coverage:
    return Coverage(target.account.id, target.account.name, target.region, CoverageStatus.SCANNED, keys)


def found(target: Target, key: int, at: datetime) -> Finding:
    return Finding(
        arn=f"arn:aws:kms:{target.region}:{target.account.id}:key/{key}",
        account=target.account.id,
        account_name=target.account.name,
        region=target.region,
        aliases=(),
        verdict=Verdict.NON_COMPLIANT,
        reason=Reason.ROTATION_DISABLED,
        message="Automatic rotation is off.",
        read_at=at,
    )


def story(at: datetime) -> list[Reading]:
    """What a scan tells: targets beside each other, one of them empty, one listed in two pages."""
    return [
        listed(FULL, 2),
        found(FULL, 1, at),
        listed(BEGUN, 2),
        covered(EMPTY, 0),
        found(BEGUN, 1, at),
        found(FULL, 2, at),
        covered(FULL, 2),
        listed(BEGUN, 1),
        found(BEGUN, 2, at),
        found(BEGUN, 3, at),
        covered(BEGUN, 3),
        listed(LAST, 1),
        found(LAST, 1, at),
        covered(LAST, 1),
    ]


PLANNING = -1
STEPS = range(len(story(NOON)))


class Storyteller(Scanner):
    """Tells a story as the scanner would, and does something at one step of it."""

    def __init__(self, readings: Sequence[Reading], step: int, do: Callable[[], None]) -> None:
        self._readings = readings
        self._step = step
        self._do = do

    def plan(self, within: Filter, stop: Event, on_progress: Callable[[Progress], None] = lambda _: None) -> Plan:
        assert not str(within)
        if self._step == PLANNING:
            self._do()
        if stop.is_set():
            raise StoppedError
        on_progress(Progress(accounts_found=3))
        return PLAN

    def read(self, plan: Plan, stop: Event) -> Generator[Reading]:
        assert plan == PLAN
        for step, reading in enumerate(self._readings):
            if step == self._step:
                self._do()
            if stop.is_set():
                raise StoppedError
            yield reading


class Killed(BaseException):
    """The process ends here."""


class MortalStore(ScanStore):
    """Once the process is killed nothing is written any more."""

    is_dead = False

    def interrupt(
        self, scan_id: str, at: datetime, unread: Sequence[Coverage], read_until: datetime | None = None
    ) -> Scan:
        if self.is_dead:
            raise Killed
        return super().interrupt(scan_id, at, unread, read_until)


@dataclass
class Stage:
    store: MortalStore
    trail: Trail
    before: Scan | None
    ended: list[Scan] = field(default_factory=list)

    def play(self, step: int, do: Callable[[Scans], None]) -> Scan:
        """Tell the story anew, an hour later, and do something at a step of it."""
        clock = (NOON + timedelta(hours=1, seconds=second) for second in count())
        scanner = Storyteller(story(NOON + timedelta(hours=1)), step, lambda: do(scans))
        scans = Scans(scanner, self.store, lambda: next(clock), on_end=self.ended.append)
        return scans.run(Filter(), "U0SOMEBODY")

    def shown(self) -> tuple[Scan, dict[Place, list[Finding]], dict[Place, Coverage]]:
        current = self.store.current()
        assert current is not None
        findings: dict[Place, list[Finding]] = {place(each): [] for each in TARGETS}
        for each in self.store.findings(current.id):
            findings[each.account, each.region].append(each)
        return current, findings, {(each.account, each.region): each for each in self.store.coverage(current.id)}


@pytest.fixture(params=["a scan was finished before", "it is the first scan"])
def stage(request: pytest.FixtureRequest, database: Database) -> Stage:
    store = MortalStore(database)
    before = None
    if "before" in request.param:
        clock = (NOON + timedelta(seconds=second) for second in count())
        before = Scans(Storyteller(story(NOON), -1, lambda: None), store, lambda: next(clock)).run(Filter(), "U0FIRST")
        assert before.state is ScanState.FINISHED
    return Stage(store, Trail(database), before)


@pytest.fixture(params=[1, 3, 500])
def rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows are written together."""
    monkeypatch.setattr(ledger, "ROWS", request.param)
    at_once: int = request.param
    return at_once


def told(step: int) -> tuple[set[Place], dict[Place, list[Finding]], dict[Place, int]]:
    """What was told before a step: the targets that were read to their end, the findings, the known keys."""
    ended: set[Place] = set()
    findings: dict[Place, list[Finding]] = {place(each): [] for each in TARGETS}
    known: dict[Place, int] = dict.fromkeys(findings, 0)
    for reading in story(NOON + timedelta(hours=1))[:step]:
        where = (reading.account, reading.region)
        if isinstance(reading, Finding):
            findings[where].append(reading)
        elif isinstance(reading, Listed):
            known[where] += reading.keys
        else:
            ended.add(where)
    return ended, findings, known


def how_far(end: str, read: int, known: int) -> str:
    if not known:
        return f"The scan {end} before this Region was read."
    return f"The scan {end} when {read} of {known} known {'key was' if read == 1 else 'keys were'} read."


def check_itself(stage: Stage, made: Scan, step: int, end: str) -> None:
    """The scan has a line for each target of its plan, and says of each no more than is true."""
    ended, findings, known = told(step)
    lines = {(each.account, each.region): each for each in stage.store.coverage(made.id)}
    assert lines.pop((CLOSED.account, EVERYWHERE)) == CLOSED
    assert set(lines) == {place(each) for each in TARGETS}
    for where, line in lines.items():
        assert line.keys == len(findings[where])
        if where in ended:
            assert (line.status, line.error) == (CoverageStatus.SCANNED, None)
        else:
            assert line.status is CoverageStatus.FAILED
            assert line.error == how_far(end, len(findings[where]), known[where])
    assert list(stage.store.findings(made.id)) == [each for of in findings.values() for each in of]
    assert made.summary.keys == sum(map(len, findings.values()))
    assert stage.store.left_out(made.id) == list(PLAN.left_out)
    assert (made.state, stage.store.running()) == (ScanState.INTERRUPTED, [])


def check_what_is_shown(stage: Stage, made: Scan, step: int) -> None:
    """Targets that were read to their end are fresh; the others are as they were, or said to be unread."""
    ended, findings, _ = told(step)
    if stage.before is None:
        was_read = bool(ended or any(findings.values()))
        assert stage.store.current() == (made if was_read else None)
        return
    current, shown, lines = stage.shown()
    assert (current.id, current.finished_at) == (stage.before.id, stage.before.finished_at)
    for target in TARGETS:
        where = place(target)
        assert lines[where].status is CoverageStatus.SCANNED
        fresh = {each.arn for each in findings[where]}
        assert [each.read_at > NOON for each in shown[where]] == [each.arn in fresh for each in shown[where]]
        assert len(shown[where]) == lines[where].keys
    assert current.summary.non_compliant == sum(map(len, shown.values()))


@pytest.mark.parametrize("step", STEPS)
def test_a_stop_at_any_step_keeps_what_was_read_and_says_what_was_not(stage: Stage, rows: int, step: int) -> None:
    made = stage.play(step, Scans.stop)
    check_itself(stage, made, step, "was stopped")
    check_what_is_shown(stage, made, step)
    assert stage.ended == [made]
    newest = stage.trail.newest(1)[0]
    assert (newest.act, newest.subject) == ("SCAN_INTERRUPTED", made.id)


@pytest.mark.parametrize("step", STEPS)
def test_what_nobody_foresaw_at_any_step_keeps_what_was_written_down(
    stage: Stage, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ROWS", 1)

    def fail(_scans: Scans) -> None:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        stage.play(step, fail)
    (entry,) = stage.trail.newest(1)
    made = Scan(entry.subject, ScanState.INTERRUPTED, NOON, summary=Summary(non_compliant=keys_told(step)))
    assert entry.act == "SCAN_INTERRUPTED"
    assert [(each.id, each.state) for each in stage.ended] == [(made.id, made.state)]
    check_itself(stage, made, step, "broke off")
    check_what_is_shown(stage, stage.store.interrupt(made.id, NOON, []), step)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_keeps_what_was_written_down_and_says_that_the_rest_is_unknown(
    stage: Stage, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ROWS", 1)

    def die(_scans: Scans) -> None:
        stage.store.is_dead = True
        raise Killed

    with pytest.raises(Killed):
        stage.play(step, die)
    (left,) = stage.store.running()
    stage.store.is_dead = False
    (made,) = Scans(Storyteller([], 0, lambda: None), stage.store, lambda: NOON + timedelta(days=1)).recover()
    ended, findings, _ = told(step)
    is_read = any(findings.values())
    assert made.id == left.id
    assert made.finished_at == (NOON + timedelta(hours=1) if is_read else left.started_at)
    lines = {(each.account, each.region): each for each in stage.store.coverage(made.id)}
    begun = {where for where, keys in findings.items() if keys} - ended
    assert set(lines) == {(EVERYWHERE, EVERYWHERE), (CLOSED.account, EVERYWHERE)} | ended | begun
    for where in begun:
        keys = len(findings[where])
        assert (lines[where].status, lines[where].keys) == (CoverageStatus.FAILED, keys)
        were = "key was" if keys == 1 else "keys were"
        assert f"when {keys} {were} read, and it is not known how many there are." in str(lines[where].error)
    assert "without a line of their own were not read" in str(lines[EVERYWHERE, EVERYWHERE].error)
    check_what_is_shown(stage, made, step)
    assert stage.store.running() == []


def keys_told(step: int) -> int:
    return sum(map(len, told(step)[1].values()))


@pytest.mark.parametrize("stop", [Scans.stop, Scans.cancel])
def test_a_stop_before_anything_is_planned_says_that_nothing_was_read(
    stage: Stage, stop: Callable[[Scans], None]
) -> None:
    made = stage.play(PLANNING, stop)
    (line,) = stage.store.coverage(made.id)
    assert (made.state, line.account, line.region) == (ScanState.INTERRUPTED, EVERYWHERE, EVERYWHERE)
    assert line.error == "The scan was stopped before its accounts and Regions were known, so nothing was read."
    assert stage.store.current() == stage.before


def test_a_stop_while_it_finishes_lets_it_finish(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = Scans(Storyteller(story(NOON + timedelta(hours=1)), len(STEPS), lambda: None), stage.store)
    finish = MortalStore.finish

    def stop_first(store: MortalStore, scan_id: str, at: datetime) -> Scan:
        scans.stop()
        return finish(store, scan_id, at)

    monkeypatch.setattr(MortalStore, "finish", stop_first)
    made = scans.run(Filter(), "U0SOMEBODY")
    assert (made.state, stage.store.current()) == (ScanState.FINISHED, made)


def test_a_scan_that_is_cancelled_leaves_the_next_one_alone(stage: Stage) -> None:
    scanner = Storyteller(story(NOON), 3, lambda: cancelled.append(scans.cancel()))
    scans, cancelled = Scans(scanner, stage.store), list[bool]()
    assert not scans.cancel()
    assert scans.run(Filter(), "U0SOMEBODY").state is ScanState.INTERRUPTED
    assert cancelled == [True]
    scanner._do = lambda: None
    assert scans.run(Filter(), "U0SOMEBODY").state is ScanState.FINISHED


def test_a_scan_is_stopped_within_a_second_of_a_call_that_hangs(
    house: House,
    held: list[Held],  # noqa: F811 - the fixture
    database: Database,
) -> None:
    house.aws.world.key(account=MEMBER)
    scans, store = stored_scans(house, database)
    running = Running(scans)
    wait_for(lambda: (progress := scans.progress()) and progress.keys_listed, "the key to be known")
    scans.stop()
    made = running.end()
    assert not held[0].go_on.is_set()
    assert made.state is ScanState.INTERRUPTED
    assert store.running() == []
    assert "when 0 of 1 known keys were read." in " ".join(str(each.error) for each in store.coverage(made.id))
    assert [act for _, act in acts(database)] == ["SCAN_STARTED", "SCAN_INTERRUPTED"]


def test_a_scan_can_be_stopped_before_its_targets_are_known(
    house: House,
    database: Database,
) -> None:
    house.aws.faults.slow(3, action="organizations:ListAccounts")
    scans, store = stored_scans(house, database, ORGANISATION)
    running = Running(scans)
    wait_for(lambda: house.aws.calls.named("GetCallerIdentity"), "the first call")
    scans.stop()
    made = running.end()
    assert (made.state, store.current(), store.running()) == (ScanState.INTERRUPTED, None, [])
    assert [act for _, act in acts(database)] == ["SCAN_STARTED", "SCAN_INTERRUPTED"]
