"""A scan's message, from its start to its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.scans import Progress
from bot.views.scan import failed, finished, running, stopped
from tests.views.reading import lines
from tests.views.samples import (
    RUNNING,
    posture_of,
)


def test_a_running_scan_shows_how_far_it_is() -> None:
    shown = running("U0MARA", "", RUNNING)
    assert lines(shown) == [
        "Scanning … ▓▓▓▓▓▓░░░░░░░░░░░░░░",
        "3 of 10 targets done, 1,234 of 5,678 known keys read, about 3 minutes left.",
        "Started by @U0MARA",
        "[Stop the scan]",
    ]
    assert shown.text == (
        "A scan is running: 3 of 10 targets done, 1,234 of 5,678 known keys read, about 3 minutes left."
    )


@pytest.mark.parametrize("progress", [None, Progress(0, 0, 0)])
def test_a_scan_that_knows_no_target_yet_looks_for_accounts(progress: Progress | None) -> None:
    shown = lines(running("schedule", "account=prod-*", progress))
    assert shown[:3] == ["Scanning account=prod-* … ", "Looking for accounts.", "Started by the schedule."]


def test_a_scan_that_enters_accounts_says_how_many() -> None:
    shown = lines(running("U0MARA", "", Progress(accounts_entered=3, accounts_found=40)))
    assert shown[:2] == ["Scanning … ", "3 of 40 accounts entered."]


@given(st.integers(1, 500), st.data())
def test_the_bar_is_full_only_at_the_end(total: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, total))
    bar = lines(running("U0MARA", "", Progress(done, total, 1)))[0].removeprefix("Scanning … ")
    assert len(bar) == 20
    assert ("░" not in bar) == (done == total)


def test_a_finished_scan_says_what_it_found() -> None:
    shown = finished("U0MARA", "region=eu-*", posture_of(accounts=1))
    assert lines(shown) == [
        "Scan of region=eu-* finished. 1 key does not rotate as it should.",
        "87.5% compliant: 7 of 8 keys that can rotate.",
        "Started by @U0MARA",
    ]
    assert shown.text == "The scan of region=eu-* has finished. 1 key does not rotate as it should."


def test_a_scan_that_ended_early_says_why() -> None:
    shown = failed("U0MARA", "", "It was stopped.")
    assert lines(shown) == ["Scan ended early. It was stopped.", "Started by @U0MARA"]
    assert shown.text == "The scan ended early. It was stopped."


@pytest.mark.parametrize("progress", [None, Progress(), Progress(accounts_entered=3, accounts_found=40)])
def test_a_scan_that_was_stopped_before_it_read_anything_says_so(progress: Progress | None) -> None:
    shown = stopped("U0MARA", "", progress)
    assert lines(shown)[0] == "Scan ended early. It was stopped before it read anything."


def test_a_scan_that_was_stopped_says_how_far_it_came_and_who_stopped_it() -> None:
    shown = stopped("U0MARA", "region=eu-*", RUNNING, "U0JONAS")
    said = (
        "It was stopped with 3 of 10 targets done and 1,234 of 5,678 known keys read. "
        "What was read is kept; the rest is shown as it was read before, or as unread."
    )
    assert lines(shown) == [
        f"Scan of region=eu-* ended early. {said}",
        "Started by @U0MARA, stopped by @U0JONAS",
    ]
    assert shown.text == f"The scan of region=eu-* ended early. {said}"
