"""A scan that workers share finds what one process finds, whatever becomes of them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.errors import DatabaseAwayError
from bot.models.keys import Finding
from bot.models.scans import Account, Coverage, CoverageStatus, Progress, Scan, ScanState
from bot.models.shares import Share, ShareProgress
from bot.models.trail import SYSTEM
from bot.rules.filters import Filter
from bot.store.shares import ShareStore
from deploy.sandbox.aws import AwsServer
from tests.benchmarks.fake_aws.serving import Recipe, serving
from tests.queue.office import SHARED, Office, Running, members
from tests.scale.organisation import generate
from tests.scale.scanning import Scanned, differences
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, wait_for
from tests.store.samples import finding

LATER = datetime(2030, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORLD = {"seed": 3, "accounts": 30, "regions": 3, "keys_a_place": 6, "large_place": 370}
HANGS_SECONDS = 60


def comparable(scanned: Scanned) -> tuple[dict[str, Finding], set[Coverage], set[object]]:
    found = {each.arn: replace(each, read_at=LATER) for each in scanned.findings}
    assert len(found) == len(scanned.findings)
    assert len(set(scanned.coverage)) == len(scanned.coverage)
    return found, set(scanned.coverage), set(scanned.left_out)


@pytest.mark.usefixtures("impatient")
def test_two_workers_find_all_that_one_process_finds_and_both_are_true(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = generate(**WORLD)[1]
    with serving(Recipe(WORLD, maker="tests.scale.organisation:make")) as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        scan = '[scan]\naccounts = "organization"\naudit_role = "KmsRotationAudit"\n'
        alone = office.of(office.scanner(scan).run(Filter(), "U0TESTER"))
    with serving(Recipe(WORLD, maker="tests.scale.organisation:make")) as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        shared = f'{scan}spread = "workers"\n'
        with office.worker(shared), office.worker(shared):
            running = Running(office.scanner(shared))
            made = running.end()
    assert made.state is ScanState.FINISHED
    together = office.of(made)
    for shared_out, by_one in zip(comparable(together), comparable(alone), strict=True):
        assert shared_out == by_one
    assert differences(together, truth) == []
    assert made.summary == alone.scan.summary
    last = running.told[-1]
    assert (last.targets_done, last.keys_read) == (last.targets_total, len(together.findings))
    assert not any(each.remark for each in running.told)
    assert office.jobs() == []
    readers = {name for (name,) in office.ask("SELECT DISTINCT worker FROM scan_shares")}
    assert len(readers) == 1  # both are of this process, and named after it


def test_without_a_worker_the_process_reads_by_itself_and_says_so(
    aws: AwsServer, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    accounts = members(aws, 3)
    running = Running(office.scanner())
    assert running.end().state is ScanState.FINISHED
    assert running.told[-1].remark == "no worker is alive, so the bot reads by itself"
    assert "Start “python -m bot worker”, or write scan.spread" in caplog.text
    assert {each.account for each in office.of(running.outcome).findings} == set(accounts)


def test_news_that_were_lost_on_their_way_are_told_again(
    aws: AwsServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    members(aws, 2)
    read, lost = ShareStore.news, iter([True])

    def news(store: ShareStore, scan_id: str) -> list[ShareProgress]:
        found = read(store, scan_id)
        if any(each.is_ended for each in found) and next(lost, False):
            raise DatabaseAwayError("The connection broke when all was said.")
        return found

    monkeypatch.setattr(ShareStore, "news", news)
    assert Running(office.scanner()).end().state is ScanState.FINISHED
    assert not any(lost)


def test_a_worker_with_other_settings_reads_nothing_and_is_named(
    aws: AwsServer, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    members(aws, 1)
    other = SHARED.replace("KmsRotationAudit", "AnotherRole")
    with office.worker(other):
        running = Running(office.scanner())
        assert running.end().state is ScanState.FINISHED
        [stranger] = office.workers.alive()
    assert running.told[-1].remark == (
        "the one worker is of another version or with other settings, so the bot reads by itself"
    )
    assert f"nothing is read there for this process: {stranger.name}" in caplog.text
    assert not [each for each in office.of(running.outcome).coverage if each.error]  # there is no AnotherRole


def test_a_scan_that_is_stopped_ends_within_seconds_and_keeps_what_workers_read(aws: AwsServer, office: Office) -> None:
    accounts = members(aws, 4)
    aws.faults.slow(HANGS_SECONDS, accounts[-1], FRANKFURT, action="kms:DescribeKey")
    with office.worker(drain_seconds=0.0):
        scans = office.scanner()
        running = Running(scans)
        wait_for(lambda: running.told and hangs(running.told[-1], keys=8), "all but the key that hangs")
        scans.cancel("U0STOPPER")
        made = running.end()
        assert (made.state, made.summary.keys) == (ScanState.INTERRUPTED, 7)
        [cut_short] = [each for each in office.of(made).coverage if each.error]
        assert (cut_short.account, cut_short.region) == (accounts[-1], FRANKFURT)
        assert cut_short.error == "The scan was stopped when 0 of 1 known keys were read."
        wait_for(lambda: office.jobs() == [], "the queue to be empty")
    assert {state for (state,) in office.ask("SELECT DISTINCT state FROM scan_shares")} <= {"ENDED", "CLOSED"}


def test_a_worker_that_is_to_stop_hands_back_what_it_cannot_end_and_another_goes_on(
    aws: AwsServer, office: Office
) -> None:
    accounts = members(aws, 2)
    aws.faults.slow(HANGS_SECONDS, MEMBER, FRANKFURT, "kms:DescribeKey", times=1)
    with office.worker(drain_seconds=0.1) as stop:
        running = Running(office.scanner())
        wait_for(lambda: running.told and hangs(running.told[-1], keys=4), "all but the key that hangs")
        stop.set()
        with office.worker():
            made = running.end()
    assert made.state is ScanState.FINISHED
    assert {each.account for each in office.of(made).findings} == set(accounts)
    assert office.ask("SELECT account, failures, turn FROM scan_shares WHERE turn > 1") == [(MEMBER, 0, 2)]


def test_a_scan_whose_sharer_was_killed_says_of_each_target_how_far_it_was_read(office: Office) -> None:
    """Who shares it out is gone, and the shares are on record: what was to be read is known."""
    office.scans.begin(Scan("lost", ScanState.RUNNING, NOON, started_by=SYSTEM))
    accounts = [Account(f"{number:012}", f"team-{number}") for number in (1, 2, 3)]
    office.shares.put_up([Share("lost", each, (FRANKFURT, DUBLIN)) for each in accounts], NOON)
    ended, begun, _ = (office.shares.claim("lost", each.id, "a-worker", NOON) for each in accounts)
    assert ended is not None
    assert begun is not None
    both = [Coverage("000000000001", "team-1", each, CoverageStatus.SCANNED, 0) for each in (FRANKFURT, DUBLIN)]
    assert office.shares.add(ended, [], both, {})
    assert office.shares.add(begun, [finding("a", "000000000002", FRANKFURT)], [], {})
    [made] = office.scanner().recover()
    assert made.state is ScanState.INTERRUPTED
    before = "The scan was cut off by the end of the bot before this Region was read."
    told = {(each.account, each.region): (each.keys, each.error) for each in office.scans.coverage("lost")}
    assert told == {
        ("000000000001", FRANKFURT): (0, None),
        ("000000000001", DUBLIN): (0, None),
        ("000000000002", FRANKFURT): (
            1,
            "The scan was cut off by the end of the bot when 1 key was read, and it is not known how many there are.",
        ),
        ("000000000002", DUBLIN): (0, before),
        ("000000000003", FRANKFURT): (0, before),
        ("000000000003", DUBLIN): (0, before),
    }
    assert not office.shares.add(begun, [], [], {})


def hangs(progress: Progress, keys: int) -> bool:
    """Say whether all keys are known and all but one are read."""
    return (progress.keys_listed, progress.keys_read) == (keys, keys - 1)
