"""What a scan reads is written many targets at a time, soon, and findings before their coverage."""

from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.keys import Finding
from bot.models.scans import Coverage, Target
from bot.rules.progress import Begun
from bot.scan import ledger
from bot.scan.endings import End
from bot.scan.ledger import ROWS, SECONDS, Ledger
from bot.store.engine import Database
from bot.store.scans import ScanStore
from tests.scan.test_stopping import ALPHA, NOON, covered, found
from tests.store.samples import at, scan


class Record(ScanStore):
    """Notes what is written together, and fails when it is told to."""

    def __init__(self) -> None:
        self.writes: list[tuple[list[Finding], list[Coverage]]] = []
        self.is_away = False

    def add(self, scan_id: str, found: Sequence[Finding], covered: Sequence[Coverage] = ()) -> None:
        assert scan_id == "scan"
        if self.is_away:
            raise OSError("the disk is full")
        self.writes.append((list(found), list(covered)))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def record() -> Record:
    return Record()


def targets(count: int) -> list[Target]:
    return [Target(ALPHA, f"region-{number:05}") for number in range(count)]


def test_many_empty_targets_are_one_write(record: Record) -> None:
    planned = targets(3 * ROWS)
    book = Ledger(record, "scan", planned, Clock())
    for target in planned:
        book.take(covered(target, 0))
    assert [(len(findings), len(coverage)) for findings, coverage in record.writes] == 3 * [(0, ROWS)]
    assert list(book.unread({}, End.STOPPED)) == []


def test_a_large_target_is_written_in_parts_and_its_coverage_last(record: Record) -> None:
    (target,) = targets(1)
    book = Ledger(record, "scan", [target], Clock())
    for key in range(2 * ROWS + 7):
        book.take(found(target, key, NOON))
    book.take(covered(target, 2 * ROWS + 7))
    book.flush()
    assert [(len(findings), len(coverage)) for findings, coverage in record.writes] == [(ROWS, 0), (ROWS, 0), (7, 1)]


def test_what_was_read_waits_a_second_at_most_for_more(record: Record) -> None:
    first, second, third = targets(3)
    clock = Clock()
    clock.now = 100.0
    book = Ledger(record, "scan", [first, second, third], clock)
    clock.now += 10 * SECONDS
    book.take(covered(first, 0))
    clock.now += SECONDS / 2
    book.take(covered(second, 0))
    assert record.writes == []
    clock.now += SECONDS / 2
    book.take(covered(third, 0))
    assert [len(coverage) for _, coverage in record.writes] == [3]


def test_nothing_is_written_where_there_is_nothing(record: Record) -> None:
    Ledger(record, "scan", targets(2), Clock()).flush()
    assert record.writes == []


def test_what_could_not_be_written_down_counts_as_unread(record: Record) -> None:
    first, second = targets(2)
    book = Ledger(record, "scan", [first, second], Clock())
    book.take(covered(first, 0))
    book.flush()
    record.is_away = True
    for reading in (found(second, 1, NOON), covered(second, 1)):
        book.take(reading)
    with pytest.raises(OSError, match="the disk is full"):
        book.flush()
    (left,) = book.unread({(ALPHA.id, second.region): Begun(listed=1, read=1)}, End.BROKE_OFF)
    assert (left.region, left.keys) == (second.region, 0)
    assert left.error == "The scan broke off when 0 of 1 known keys were read."


@given(st.lists(st.integers(0, 12), min_size=1, max_size=30), st.integers(1, 9), st.randoms(use_true_random=False))
def test_however_targets_mix_findings_are_written_before_their_coverage_and_each_once(
    sizes: list[int], rows: int, random: Random
) -> None:
    record, planned = Record(), targets(len(sizes))
    book = Ledger(record, "scan", planned, Clock())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ledger, "ROWS", rows)
        for reading in mixed(dict(zip(planned, sizes, strict=True)), random):
            book.take(reading)
        book.flush()
    written: dict[str, int] = {}
    ended: set[str] = set()
    for findings, coverage in record.writes:
        assert len(findings) + len(coverage) <= rows
        for each in findings:
            assert each.region not in ended
            written[each.region] = written.get(each.region, 0) + 1
        for line in coverage:
            assert line.region not in ended
            assert written.get(line.region, 0) == line.keys
            ended.add(line.region)
    assert len(ended) == len(planned)


def mixed(sizes: dict[Target, int], random: Random) -> Iterator[Finding | Coverage]:
    left: dict[Target, Iterator[Finding | Coverage]] = {
        target: iter([*(found(target, key, NOON) for key in range(keys)), covered(target, keys)])
        for target, keys in sizes.items()
    }
    while left:
        target = random.choice(list(left))
        reading = next(left[target], None)
        if reading is None:
            del left[target]
        else:
            yield reading


def test_the_real_store_takes_many_targets_at_once(database: Database) -> None:
    store, planned = ScanStore(database), targets(40)
    started = scan()
    store.begin(started)
    book = Ledger(store, started.id, planned)
    for target in planned:
        book.take(found(target, 1, NOON))
        book.take(covered(target, 1))
    book.flush()
    assert store.finish(started.id, at(1)).summary.keys == len(store.coverage(started.id)) == 40
