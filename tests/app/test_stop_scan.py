"""A scan that runs can be stopped from its message, by those who may start one, whichever process hears the click."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.models.scans import Scan, ScanState
from bot.store.scans import ScanStore
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, HANGS, House, eventually, house, shown
from tests.store.databases import POSTGRESQL_ALONE

__all__ = ["house"]


@contextmanager
def scanning(house: House, who: Actor) -> Iterator[Message]:
    """Somebody's scan, in the middle of reading a key; the message that shows it."""
    house.key()
    with house.running():
        house.aws.calls.clear()
        house.aws.faults.slow(HANGS, action="kms:DescribeKey")
        who.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")
        eventually(lambda: house.scans.running() or None, "the scan to read")
        house.until_shown(house.channel.roots[0], "Scanning … ")
        yield house.channel.roots[0]


def test_a_scan_is_stopped_by_whoever_may_start_one_and_its_message_says_by_whom(house: House) -> None:
    with scanning(house, house.jonas) as message:
        assert house.whisper(house.aiko, lambda: house.press(house.aiko, message, "Stop the scan")) == (
            "The scan is being stopped."
        )
        told = house.until_shown(message, "ended early")
    assert "It was stopped" in told
    assert f"Started by <@{house.jonas.id}>, stopped by <@{house.aiko.id}>" in told
    assert "Stop the scan" not in told
    newest = house.trail.newest(1)[0]
    assert (newest.actor, newest.act) == (house.aiko.id, "SCAN_STOPPED")


def test_the_first_of_two_who_stop_a_scan_is_the_one_who_stopped_it(house: House) -> None:
    with scanning(house, house.jonas) as message:
        house.whisper(house.aiko, lambda: house.press(house.aiko, message, "Stop the scan"))
        house.jonas.click_stale(message, text="Stop the scan")
        assert f"stopped by <@{house.aiko.id}>" in house.until_shown(message, "ended early")
        eventually(lambda: len(house.jonas.ephemerals) == 1, "an answer to the second")


def test_somebody_who_may_approve_nothing_cannot_stop_a_scan(house: House) -> None:
    with scanning(house, house.jonas) as message:
        refused = house.whisper(house.mara, lambda: house.press(house.mara, message, "Stop the scan"))
        assert house.scans.running()
    assert refused == "Only people who may approve requests can stop a scan."
    assert house.trail.newest(20)[-1].act != "SCAN_STOPPED"
    assert "REFUSED" in [entry.act for entry in house.trail.newest(5)]


def test_a_click_on_a_message_that_a_crash_left_behind_finds_nothing_to_stop(house: House) -> None:
    with scanning(house, house.jonas) as message:
        house.press(house.jonas, message, "Stop the scan")
        house.until_shown(message, "ended early")
        assert house.whisper(house.jonas, lambda: house.jonas.click_stale(message, text="Stop the scan")) == (
            "No scan is reading anything now, so there is none to stop."
        )


def test_a_scan_that_another_process_ended_says_so_in_its_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ScanStore.add

    def add_too_late(store: ScanStore, scan_id: str, *read: Any) -> None:  # noqa: ANN401 - as the method has it
        store.interrupt(scan_id, house.clock(), [])
        add(store, scan_id, *read)

    house.key()
    with house.running():
        monkeypatch.setattr(ScanStore, "add", add_too_late)
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")
        house.until_shown(house.channel.roots[0], "Another process of the bot took this scan for lost and ended it")


@POSTGRESQL_ALONE
@pytest.mark.parametrize("clicks", range(2))
def test_another_process_can_be_the_one_that_hears_the_click(house: House, clicks: int) -> None:
    """Slack hands payloads out to the sockets in turn: each of two clicks reaches another process."""
    with house.running(), scanning(house, house.jonas) as message:
        house.slack.wait_for(lambda: house.slack.connections == 2, what="both bots")
        for _ in range(clicks):
            house.command(house.mara, "help")
        house.press(house.aiko, message, "Stop the scan")
        told = house.until_shown(message, "ended early")
    assert f"stopped by <@{house.aiko.id}>" in told
    assert house.scans.running() == []


def test_a_scan_of_an_account_that_there_is_not_leaves_no_message_that_says_that_it_runs(house: House) -> None:
    house.key()
    with house.running():
        answer = house.command(house.jonas, "scan account=typo")
        assert answer.startswith("No account to scan matches account=typo.")
        for message in house.channel.roots:
            assert "ended early. Nothing was scanned." in shown(message)
    assert not [thread for thread in threading.enumerate() if thread.name == "scan-progress"]


def test_whose_scan_was_cut_off_by_the_end_of_the_bot_hears_so_and_scans_again(house: House) -> None:
    house.key()
    house.scans.begin(Scan("cut-off", ScanState.RUNNING, house.clock(), scope="alias=payments/*", started_by="U0JONAS"))
    with house.running():
        house.slack.wait_for(lambda: house.jonas.direct_messages, what="word of it")
        (told,) = house.jonas.direct_messages
        assert shown(told).startswith("Your scan of alias=payments/* ended early.")
        assert "no other one goes on with it" in shown(told)
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the next scan's message")
        house.until_shown(house.channel.roots[0], "Scan finished")
    assert len(house.jonas.direct_messages) == 1
