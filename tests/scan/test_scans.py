"""The use case: one at a time, recorded from its first row to its last, interrupted in order."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from bot.app import Aws, build_scans, connect_aws
from bot.aws.kms import KmsReader
from bot.models.keys import KeyMetadata, ReadFailure
from bot.models.scans import Phase, Progress, ScanState, Summary
from bot.rules.filters import Filter
from bot.scan import ScanRunningError, Scans
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from tests.scan.audits import MEMBER, ONE_PLACE, ORGANISATION, TOOLING, House, wait_for

EVERYTHING = Filter()


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
    phases = [progress.phase for progress in told]
    assert list(dict.fromkeys(phases)) == [Phase.ENTERING, Phase.READING]
    first = told[phases.index(Phase.READING)]
    assert first == Progress(targets_total=6, accounts_entered=2, accounts_found=2)
    assert told[-1] == replace(first, targets_done=6, keys_read=3, keys_listed=3)
    for name in ("targets_done", "keys_read", "keys_listed", "accounts_entered"):
        grown = [getattr(progress, name) for progress in told]
        assert grown == sorted(grown)
    assert shown == told
    assert scans.progress() is None


def test_a_second_scan_is_refused_while_one_runs(house: House, held: list[_Held]) -> None:
    house.aws.world.key(account=MEMBER)
    scans, _ = house.scans()
    first = _Running(scans)
    wait_for(lambda: (progress := scans.progress()) and progress.keys_listed, "the key to be known")
    with pytest.raises(
        ScanRunningError,
        match=r"^A scan is running: 0 of 1 target done, 0 of 1 known key read, too early to tell how long\. Wait",
    ) as error:
        scans.run(EVERYTHING, "U0SECOND")
    assert error.value.progress is not None
    assert (error.value.progress.targets_total, error.value.progress.keys_listed) == (1, 1)
    held[0].go_on.set()
    assert first.end().state is ScanState.FINISHED
    assert scans.run(EVERYTHING, "U0SECOND").state is ScanState.FINISHED


def test_after_a_stop_no_other_scan_begins(house: House, database: Database) -> None:
    house.aws.world.key(account=MEMBER)
    scans, store = stored_scans(house, database, ONE_PLACE)
    scans.stop()
    made = scans.run(EVERYTHING, "U0SOMEBODY")
    assert (made.state, store.current()) == (ScanState.INTERRUPTED, None)
    assert house.aws.calls.named("ListKeys") == []


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
