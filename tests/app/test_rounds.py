"""Scans and digests that meet each other, or the end of the bot."""

from concurrent.futures import ThreadPoolExecutor

from tests.app.house import CHANNEL, House, eventually, house

__all__ = ["house"]


def test_a_scheduled_scan_waits_for_a_narrowed_one_and_then_scans_everything(house: House) -> None:
    house.key()
    with house.running() as process:
        house.aws.faults.slow(1, action="kms:DescribeKey", times=1)
        house.jonas.slash("/kms-rotation scan account=prod-payments", channel=CHANNEL)
        eventually(house.scans.running, "the narrowed scan")
        due_at = house.clock()
        assert process.calendar.jobs[0].run(due_at)
    scan = house.scans.current()
    assert scan is not None
    assert (scan.scope, scan.started_at >= due_at) == ("", True)


def test_a_scheduled_scan_that_the_stop_cuts_short_is_not_taken_for_done(house: House) -> None:
    house.key()
    with ThreadPoolExecutor(1) as schedule:
        with house.running() as process:
            house.aws.faults.slow(2, action="kms:DescribeKey")
            is_done = schedule.submit(process.calendar.jobs[0].run, house.clock())
            eventually(house.scans.running, "the scan")
        assert not is_done.result()
    assert house.scans.running() == []


def test_a_digest_that_the_stop_cuts_short_is_not_taken_for_done(house: House) -> None:
    house.key()
    house.aws.faults.slow(2, action="kms:DescribeKey")
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
