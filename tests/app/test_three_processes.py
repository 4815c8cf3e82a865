"""Three processes on one PostgreSQL: everything happens once, whoever gets it, and whoever of them is killed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from bot.models.requests import ChangeState, RequestState
from bot.models.scans import Scan, ScanState
from bot.models.snoozes import Snooze
from bot.process import Process
from bot.store.snoozes import Snoozes
from bot.views.names import APPROVE, RETRY
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house
from tests.app.lives import Life, Morning, day, is_quiet, make_morning, message_of, owed
from tests.app.mortal import Doom
from tests.app.truth import Truth
from tests.store.databases import POSTGRESQL_ALONE, MakeUrl

__all__ = ["house"]

pytestmark = POSTGRESQL_ALONE

KEY = "batch/key-0"
HOUR = timedelta(hours=1)
REPLICAS = 3

POINTS = (
    ("before", "commit APPROVAL_GIVEN REQUEST_APPROVED"),
    ("after", "commit APPROVAL_GIVEN REQUEST_APPROVED"),
    ("after", "commit CHANGE_CLAIMED"),
    ("after", "commit CHANGE_CALLING"),
    ("after", "KMS EnableKeyRotation"),
    ("after", "commit CHANGE_SUCCEEDED REQUEST_DONE"),
    ("after", "Slack chat.postMessage"),
)
"""One at each step from the click on; between all effects of one process, tests/app/test_killed.py has them."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return make_morning(tmp_path_factory.mktemp("asked"), 1, _ask)


def _ask(house: House) -> None:
    house.ask(house.mara, KEY)


@pytest.mark.parametrize("point", POINTS, ids=" ".join)
def test_two_finish_what_the_third_was_killed_in(
    asked: Morning, tmp_path: Path, make_url: MakeUrl, point: tuple[str, str]
) -> None:
    doom = Doom(tmp_path / "report.txt", point[0], name=point[1])
    with day(asked, tmp_path, make_url("migrated")) as house:
        lives = [Life(house, doom) for _ in range(REPLICAS)]
        house.slack.wait_for(lambda: house.slack.connections == REPLICAS, what="three connections")
        message = message_of(house, house.request())
        house.jonas.click(message, action_id=APPROVE, wait=False)
        eventually(doom.victim.exists, "the death")
        house.slack.wait_for(lambda: house.slack.connections == REPLICAS - 1, what="its end")
        if point[0] == "before":
            house.jonas.click(message, action_id=APPROVE, wait=False)
        eventually(lambda: house.request().state is RequestState.DONE and is_quiet(house), "the end of the request")
        truth = Truth(house, lost_posts=point[1] == "Slack chat.postMessage")
        truth.holds()
        (change,) = house.request().changes
        if change.state is ChangeState.FAILED:
            assert "The bot was interrupted" in change.result
            house.jonas.click(message_of(house, house.request()), action_id=RETRY, wait=False)
            eventually(lambda: house.rotates(change.arn) and is_quiet(house), "the second try")
            truth.retries = 1
            truth.holds()
        dead = [life for life in lives if life.is_over]
        assert [life.pid for life in dead] == [int(doom.victim.read_text())]


EXEMPT = """
[[exemption.declared]]
key = "{arn}"
until = {until:%Y-%m-%d}
reason = "The vendor mends it soon."
"""
SCHEDULED = CONFIGURATION.replace('[digest]\nschedule = "0 0 1 1 *"', '[digest]\nschedule = "0 * * * *"').replace(
    'external_id = "sandbox-external-id"\nschedule = "0 0 1 1 *"',
    'external_id = "sandbox-external-id"\nschedule = "0 * * * *"',
)


@pytest.fixture
def shared(house: House) -> House:
    house.configure(SCHEDULED)
    return house


@contextmanager
def three_running(house: House) -> Iterator[tuple[Process, ...]]:
    with house.running() as first, house.running() as second, house.running() as third:
        house.slack.wait_for(lambda: house.slack.connections == REPLICAS, what="three bots")
        yield first, second, third


def all_of_them(processes: tuple[Process, ...], act: Callable[[Process], None]) -> None:
    threads = [Thread(target=act, args=(process,)) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def acts(house: House) -> list[str]:
    return [entry.act for entry in house.trail.entries()]


def look(process: Process) -> None:
    """What the scheduler has each process do from time to time."""
    process.calendar.try_again()
    process.sweep()


def test_whatever_is_due_happens_once(shared: House) -> None:
    shared.key(KEY)
    sleeper, excused = shared.key("batch/asleep"), shared.key("batch/excused")
    until = datetime.now(UTC) + timedelta(days=1)
    shared.configure(SCHEDULED + EXEMPT.format(arn=excused, until=until))
    with three_running(shared) as processes:
        shared.ask(shared.mara, KEY)
        Snoozes(shared.database).snooze(Snooze(sleeper, "U0MARA", shared.clock() + HOUR, "U0MARA", shared.clock()))
        eventually(lambda: all(each.calendar.firings.ever("digest") for each in processes), "the first looks")
        before = acts(shared)
        shared.clock.ahead += shared.clock().replace(minute=1) - shared.clock() + 5 * HOUR
        all_of_them(processes, look)
        eventually(lambda: not owed(shared), "everything to be shown")
        shared.clock.ahead += timedelta(days=3)
        all_of_them(processes, look)
        eventually(lambda: not owed(shared), "everything to be shown")
        news = acts(shared)
        for act in before:
            news.remove(act)
        counts = {act: news.count(act) for act in sorted({*news})}
        assert counts == {
            "APPROVERS_REMINDED": 1,
            "DIGEST_POSTED": 2,
            "EXEMPTION_LAPSED": 1,
            "KEY_WOKEN": 1,
            "REQUEST_EXPIRED": 1,
            "SCAN_FINISHED": 2,
            "SCAN_STARTED": 2,
        }
        assert shared.trail.verify().fault is None


def test_of_two_clicks_that_two_of_them_get_one_counts(shared: House) -> None:
    shared.key(KEY)
    with three_running(shared):
        message = shared.ask(shared.mara, KEY)
        for who in (shared.jonas, shared.aiko, shared.jonas):
            who.click(message, text="Approve", wait=False)
        shared.until_shown(message, "Rotation is on")
        eventually(lambda: shared.jonas.ephemerals or shared.aiko.ephemerals, "word that somebody was first")
        eventually(lambda: not owed(shared), "everything to be shown")
        Truth(shared).holds()


def test_a_scan_and_a_firing_of_a_process_that_is_gone_are_taken_up_by_the_others_once(shared: House) -> None:
    shared.key(KEY)
    with three_running(shared) as processes:
        eventually(lambda: all(each.calendar.firings.ever("digest") for each in processes), "the first looks")
        now = shared.clock()
        shared.scans.begin(Scan("lost", ScanState.RUNNING, now, started_by="U0JONAS"))
        due_at = now.replace(minute=0, second=0, microsecond=0) - HOUR
        assert processes[0].calendar.firings.claim("digest", due_at, now)
        all_of_them(processes, look)
        eventually(lambda: not owed(shared), "everything to be shown")
        assert acts(shared).count("SCAN_INTERRUPTED") == 1
        assert acts(shared).count("DIGEST_POSTED") == 1
        assert processes[0].calendar.firings.unfinished("digest", now - 3 * HOUR) == []
    assert len(shared.slack.channel(CHANNEL).roots) == 1
