"""The use case: one at a time, recorded from its first row to its last, interrupted in order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from bot.app import Aws, build_scans, connect_aws
from bot.aws.kms import KmsReader
from bot.models.keys import Finding, KeyMetadata, ReadFailure
from bot.models.scans import Coverage, Progress, Scan, ScanState, Summary
from bot.rules.filters import Filter
from bot.scan import MemoryRecord, ScanRunningError, Scans
from bot.scan.scans import BATCH
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.schema import upgrade
from bot.store.trail import Trail
from tests.scan.audits import FRANKFURT, MEMBER, ONE_PLACE, ORGANISATION, TOOLING, House, wait_for

EVERYTHING = Filter()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'scans.sqlite3'}")
    upgrade(made)
    yield made
    made.close()


def stored_scans(house: House, database: Database, scan: str = ORGANISATION) -> tuple[Scans, ScanStore]:
    settings, store = house.settings(scan), ScanStore(database)
    return build_scans(settings, house.wrap(connect_aws(settings)), store), store


def acts(database: Database) -> list[tuple[str, str]]:
    return [(entry.actor, entry.act) for entry in reversed(Trail(database).newest(100))]


class _Held(KmsReader):
    """Describing a key waits until it is let go, and then does what it is told."""

    def __init__(self, real: KmsReader) -> None:
        self.__dict__.update(vars(real))
        self.reached, self.go_on = Event(), Event()
        self.error: Exception | None = None

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:
        self.reached.set()
        assert self.go_on.wait(60)
        if self.error is not None:
            raise self.error
        return super().describe(arn)


@pytest.fixture
def held(house: House) -> Iterator[list[_Held]]:
    """The readers of every scan of the house, the newest last."""
    made: list[_Held] = []

    def wrap(connected: Aws) -> Aws:
        made.append(_Held(connected.reader))
        return replace(connected, reader=made[-1])

    house.wrap = wrap
    yield made
    for reader in made:
        reader.go_on.set()


class _Running:
    """A scan in a thread of its own."""

    def __init__(self, scans: Scans) -> None:
        self.outcome: Any = None
        self._scans = scans
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self._scans.run(EVERYTHING, "U0FIRST")
        except Exception as error:  # noqa: BLE001 - it is the outcome
            self.outcome = error

    def end(self) -> Any:  # noqa: ANN401 - a Scan or what was raised
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.outcome


def test_a_finished_scan_is_stored_with_findings_coverage_and_counts(house: House, database: Database) -> None:
    arn, other = house.aws.world.key(account=MEMBER, rotation=365), house.aws.world.key(account=TOOLING)
    scans, store = stored_scans(house, database)
    made = scans.run(EVERYTHING, "U0SOMEBODY")
    assert made == store.current()
    assert (made.state, made.started_by, made.scope) == (ScanState.FINISHED, "U0SOMEBODY", "")
    assert made.summary == Summary(compliant=1, non_compliant=1)
    assert [finding.arn for finding in store.findings(made.id)] == [arn, other]
    assert len(store.coverage(made.id)) == 6
    assert acts(database) == [("U0SOMEBODY", "SCAN_STARTED"), ("kms-rotation", "SCAN_FINISHED")]


def test_a_narrowed_scan_refreshes_its_part_of_what_is_known(house: House, database: Database) -> None:
    mine, other = house.aws.world.key(account=MEMBER), house.aws.world.key(account=TOOLING)
    scans, store = stored_scans(house, database)
    whole = scans.run(EVERYTHING, "U0SOMEBODY")
    house.aws.faults.enable_rotation(mine)
    house.aws.faults.enable_rotation(other)
    narrowed = scans.run(Filter.parse("account=prod-*"), "U0SOMEBODY")
    assert narrowed.summary == Summary(compliant=1)
    current = store.current()
    assert current is not None
    assert (current.id, current.summary) == (whole.id, Summary(compliant=1, non_compliant=1))


def test_progress_grows_to_the_whole_and_is_gone_afterwards(house: House) -> None:
    for _ in range(3):
        house.aws.world.key(account=MEMBER)
    scans, _ = house.scans(ORGANISATION)
    told: list[Progress] = []
    shown: list[Progress | None] = []

    def note(progress: Progress) -> None:
        told.append(progress)
        shown.append(scans.progress())

    assert scans.progress() is None
    scans.run(EVERYTHING, "U0SOMEBODY", note)
    assert told[0] == Progress(targets_done=0, targets_total=6, keys_read=0)
    assert told[-1] == Progress(targets_done=6, targets_total=6, keys_read=3)
    assert all(before.targets_done <= after.targets_done for before, after in pairwise(told))
    assert all(before.keys_read <= after.keys_read for before, after in pairwise(told))
    assert shown == told
    assert scans.progress() is None


def test_a_second_scan_is_refused_while_one_runs(house: House, held: list[_Held]) -> None:
    house.aws.world.key(account=MEMBER)
    scans, _ = house.scans()
    first = _Running(scans)
    assert held[0].reached.wait(60)
    with pytest.raises(ScanRunningError, match=r"^A scan is running: 0 of 1 targets and 0 keys are read\.") as error:
        scans.run(EVERYTHING, "U0SECOND")
    assert error.value.progress == Progress(targets_done=0, targets_total=1, keys_read=0)
    held[0].go_on.set()
    assert first.end().state is ScanState.FINISHED
    assert scans.run(EVERYTHING, "U0SECOND").state is ScanState.FINISHED


def test_a_scan_that_is_stopped_is_interrupted_and_never_shown(
    house: House, held: list[_Held], database: Database
) -> None:
    house.aws.world.key(account=MEMBER)
    scans, store = stored_scans(house, database, ONE_PLACE)
    running = _Running(scans)
    assert held[0].reached.wait(60)
    scans.stop()
    made = running.end()
    assert made.state is ScanState.INTERRUPTED
    assert (store.current(), store.running()) == (None, [])
    assert [act for _, act in acts(database)] == ["SCAN_STARTED", "SCAN_INTERRUPTED"]


def test_a_scan_can_be_stopped_before_its_targets_are_known(house: House, database: Database) -> None:
    house.aws.faults.slow(3, action="organizations:ListAccounts")
    scans, store = stored_scans(house, database)
    running = _Running(scans)
    wait_for(lambda: house.aws.calls.named("GetCallerIdentity"), "the first call")
    scans.stop()
    assert running.end().state is ScanState.INTERRUPTED
    assert (store.running(), acts(database)) == ([], [])


def test_after_a_stop_the_next_scan_runs(house: House, held: list[_Held]) -> None:
    house.aws.world.key(account=MEMBER)
    scans, _ = house.scans()
    running = _Running(scans)
    assert held[0].reached.wait(60)
    scans.stop()
    running.end()
    held[0].go_on.set()
    assert scans.run(EVERYTHING, "U0SOMEBODY").state is ScanState.FINISHED


def test_what_nobody_foresaw_interrupts_the_scan_and_is_raised(
    house: House, held: list[_Held], database: Database
) -> None:
    house.aws.world.key(account=MEMBER)
    scans, store = stored_scans(house, database, ONE_PLACE)
    held[0].error = RuntimeError("a defect")
    held[0].go_on.set()
    with pytest.raises(RuntimeError, match="a defect"):
        scans.run(EVERYTHING, "U0SOMEBODY")
    assert (store.current(), store.running(), scans.progress()) == (None, [], None)
    assert [act for _, act in acts(database)] == ["SCAN_STARTED", "SCAN_INTERRUPTED"]


def test_a_scan_that_a_crash_left_running_is_interrupted_at_the_next_start(house: House, database: Database) -> None:
    scans, store = stored_scans(house, database)
    left = Scan("left", ScanState.RUNNING, scans._clock(), started_by="U0SOMEBODY")
    store.begin(left)
    assert [scan.id for scan in scans.recover()] == ["left"]
    assert store.running() == []
    assert store.current() is None
    assert acts(database)[-1] == ("kms-rotation", "SCAN_INTERRUPTED")
    assert scans.recover() == []


class _Counting(MemoryRecord):
    """Notes how many findings are written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def add(self, scan_id: str, batch: Sequence[Finding], covered: Coverage | None = None) -> None:
        self.batches.append(len(batch))
        super().add(scan_id, list(batch), covered)


def test_findings_are_written_in_batches(house: House) -> None:
    for _ in range(BATCH + 20):
        house.aws.world.key(account=MEMBER, state="Disabled")
    settings, record = house.settings(ONE_PLACE), _Counting()
    made = build_scans(settings, connect_aws(settings), record).run(EVERYTHING, "U0SOMEBODY")
    assert record.batches == [BATCH, 20]
    assert made.summary.not_applicable == BATCH + 20


def test_memory_and_database_answer_alike(house: House, database: Database) -> None:
    """`--no-store` prints what a stored scan prints."""
    for options in ({"rotation": 365}, {}, {"spec": "RSA_2048"}, {"alias": "alias/x"}, {"state": "Disabled"}):
        house.aws.world.key(account=MEMBER, **options)
    refused = house.aws.world.key(account=MEMBER)
    house.aws.faults.deny(action="kms:DescribeKey", resource=refused)
    audit = house.audit(ONE_PLACE)
    scans, store = stored_scans(house, database, ONE_PLACE)
    made = scans.run(EVERYTHING, "U0TESTER")
    assert made.summary == audit.scan.summary
    assert tuple(store.coverage(made.id)) == audit.coverage

    def timeless(findings: Iterator[Finding] | tuple[Finding, ...]) -> list[Finding]:
        moment = audit.findings[0].read_at
        return [replace(finding, read_at=moment, next_rotation=None) for finding in findings]

    assert timeless(store.findings(made.id)) == timeless(audit.findings)
    assert audit.at(MEMBER, FRANKFURT).keys == 6
