"""Scans and digests that meet each other, or the end of the bot."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.models.scans import ScanState
from bot.process import Process
from bot.remediate.decide import Deciding
from deploy.sandbox.aws.world import TOOLING_ACCOUNT
from tests.app.house import CHANNEL, HANGS, House, eventually, house

__all__ = ["house"]


def test_a_scheduled_scan_waits_for_a_narrowed_one_and_then_scans_everything(house: House) -> None:
    house.key()
    with house.running() as process:
        house.aws.faults.slow(HANGS, action="kms:DescribeKey")
        house.jonas.slash("/kms-rotation scan account=prod-payments", channel=CHANNEL)
        eventually(house.scans.running, "the narrowed scan")
        due_at = house.clock()
        with ThreadPoolExecutor(1) as schedule:
            is_done = schedule.submit(process.calendar.jobs[0].run, due_at)
            assert [scan.scope for scan in house.scans.running()] == ["account=prod-payments"]
            house.aws.faults.clear()
            assert is_done.result()
    scan = house.scans.current()
    assert scan is not None
    assert (scan.scope, scan.started_at >= due_at) == ("", True)


def test_a_chore_that_fails_keeps_no_other_from_being_done(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = set[str]()

    def do(chore: str) -> list[str]:
        done.add(chore)
        return [chore]

    with house.running() as process:
        monkeypatch.setattr(Deciding, "remind_due", lambda _: 1 / 0)
        process.lapse = lambda: do("exemptions")
        process.wake = lambda: do("snoozes")
        process.sweep()
    assert done == {"exemptions", "snoozes"}
    assert "Reminding of requests failed, and is tried again soon." in caplog.messages


def test_a_scheduled_scan_that_the_stop_cuts_short_is_not_taken_for_done(house: House) -> None:
    house.key()
    with ThreadPoolExecutor(1) as schedule:
        with house.running() as process:
            house.aws.faults.slow(HANGS, action="kms:DescribeKey")
            is_done = schedule.submit(process.calendar.jobs[0].run, house.clock())
            eventually(house.scans.running, "the scan")
        assert not is_done.result()
    assert house.scans.running() == []


def test_a_digest_that_the_stop_cuts_short_is_not_taken_for_done(house: House) -> None:
    house.key()
    house.aws.faults.slow(HANGS, action="kms:DescribeKey")
    with ThreadPoolExecutor(1) as schedule:
        with house.running(scanned=False) as process:
            is_done = schedule.submit(process.calendar.jobs[1].run, house.clock())
            eventually(house.scans.running, "the first scan")
        assert not is_done.result()


def test_a_digest_asked_for_twice_at_once_tells_what_is_new_once(house: House) -> None:
    house.key()
    with house.running():
        for person in (house.jonas, house.aiko):
            person.slash("/kms-rotation digest", channel=CHANNEL, wait=False)
        eventually(lambda: len([each for each in house.trail.newest(20) if each.act == "DIGEST_POSTED"]) == 2, "both")
        house.slack.wait_for(lambda: len(house.channel.roots) == 2, what="both digests")
        first = [each for each in house.channel.roots if "This is the first digest" in str(each.blocks)]
    assert len(first) == 1


def test_a_first_scan_that_the_stop_cuts_short_is_shown_until_the_next_start_has_made_a_whole_one(house: House) -> None:
    for name in ("read", "waits"):
        house.key(f"payments/{name}")
    house.aws.faults.slow(HANGS, account=TOOLING_ACCOUNT, action="kms:ListKeys")
    with house.running(scanned=False) as process:
        eventually(lambda: keys_read(process) == 2, "the keys that are read")
    cut_short = eventually(house.scans.current, "the interrupted scan")
    assert (cut_short.state, cut_short.summary.non_compliant) == (ScanState.INTERRUPTED, 2)
    house.aws.faults.clear()
    with house.running(scanned=False):
        eventually(lambda: is_finished(house), "the first whole scan")
    assert [entry.act for entry in house.trail.newest(50) if entry.act.startswith("SCAN")] == [
        "SCAN_FINISHED",
        "SCAN_STARTED",
        "SCAN_INTERRUPTED",
        "SCAN_STARTED",
    ]


def test_while_only_an_interrupted_scan_is_there_people_are_shown_it_and_no_digest_is_made_of_it(house: House) -> None:
    house.key("payments/read")
    house.aws.faults.slow(HANGS, account=TOOLING_ACCOUNT, action="kms:ListKeys")
    with house.running(scanned=False) as process:
        eventually(lambda: keys_read(process) == 1, "the key that is read")
    with ThreadPoolExecutor(1) as schedule:
        with house.running(scanned=False) as process:
            is_done = schedule.submit(process.calendar.jobs[1].run, house.clock())
            eventually(house.scans.running, "the next scan")
            shown = house.command(house.mara, "status")
            assert "which was stopped before its end" in shown
            assert "The scan was stopped" in shown
            assert "A scan is running: " in shown
        assert not is_done.result()
    assert [entry.act for entry in house.trail.newest(50) if entry.act == "DIGEST_POSTED"] == []


def keys_read(process: Process) -> int:
    progress = process.stop_scan.__self__.progress()  # type: ignore[attr-defined]  # Scans.stop
    return 0 if progress is None else progress.keys_read


def is_finished(house: House) -> bool:
    scan = house.scans.current()
    return scan is not None and scan.state is ScanState.FINISHED
