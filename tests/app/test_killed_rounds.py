"""Three processes on one PostgreSQL: from a scheduled scan to its digest in Slack, one of them is killed anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.models.firings import FiringState
from bot.models.scans import Scan, ScanState
from bot.models.trail import SYSTEM, Act
from bot.store.firings import Firings
from bot.store.tables import firings
from tests.app.house import CONFIGURATION, House, eventually, shown
from tests.app.lives import Life, owed, servers
from tests.app.mortal import Doom
from tests.app.truth import stored_messages
from tests.store.databases import POSTGRESQL_ALONE, MakeUrl

pytestmark = POSTGRESQL_ALONE

REPLICAS = 3
JOBS = ("scan", "digest")

YESTERDAY = "yesterday"

STEPS = (
    "commit scan CLAIMED",
    "commit SCAN_STARTED",
    "KMS DescribeKey",
    "commit findings coverage",
    "commit SCAN_FINISHED",
    "commit scan DONE",
    "commit digest CLAIMED",
    "commit DIGEST_POSTED",
    "Slack chat.postMessage",
    "commit messages",
    "commit digest_mentions",
    "Slack chat.postMessage",
    "commit messages",
    "commit digest DONE",
)
"""Of the calls that read AWS, one. The second message is in the thread of the first."""

LIKE_THE_ONE_BEFORE = ("commit scan DONE", "commit digest_mentions", "commit digest DONE")
POINTS = (
    *(("after", step) for step in dict.fromkeys(STEPS) if step not in LIKE_THE_ONE_BEFORE),
    ("before", "commit SCAN_FINISHED"),
    ("before", "commit DIGEST_POSTED"),
)
"""Whoever dies before the end of a transaction leaves it open, with all that it holds."""


@contextmanager
def morning(folder: Path, url: str, configuration: str = CONFIGURATION) -> Iterator[tuple[House, datetime]]:
    """A bot that scanned yesterday, and since an hour ago is to scan again."""
    with servers(folder, 1, url) as house:
        due_at = (house.clock() - timedelta(hours=1)).replace(second=0, microsecond=0)
        schedule = f'schedule = "{due_at.minute} {due_at.hour} * * *"'
        house.configure(configuration.replace('schedule = "0 0 1 1 *"', schedule))
        yesterday = due_at - timedelta(days=1)
        house.scans.begin(Scan(YESTERDAY, ScanState.RUNNING, yesterday, started_by=SYSTEM))
        house.scans.finish(YESTERDAY, yesterday)
        for job in JOBS:
            Firings(house.database).claim(job, yesterday, yesterday, FiringState.DONE)
        Firings(house.database).claim("digest", due_at, due_at, FiringState.DONE)
        yield house, due_at


def let_the_digest_be_due(house: House, due_at: datetime) -> None:
    """Not before the scan is over, so that one comes after the other."""
    with house.database.write() as connection:
        connection.execute(firings.delete().where(firings.c.job == "digest", firings.c.due_at == due_at))


def is_done(house: House, job: str, due_at: datetime) -> bool:
    is_it = (firings.c.job == job, firings.c.due_at == due_at, firings.c.state == FiringState.DONE.value)
    with house.database.read() as connection:
        return connection.execute(sa.select(firings).where(*is_it)).first() is not None


def see_it_through(house: House, due_at: datetime) -> None:
    eventually(lambda: is_done(house, "scan", due_at) and not house.scans.running(), "the end of the scan")
    let_the_digest_be_due(house, due_at)
    eventually(lambda: is_done(house, "digest", due_at) and not owed(house), "the digest in Slack")


def test_the_steps_of_a_round_come_in_their_order(tmp_path: Path, make_url: MakeUrl) -> None:
    doom = Doom(tmp_path / "report.txt", name="none of these")
    with morning(tmp_path, make_url("migrated")) as (house, due_at):
        life = Life(house, doom)
        see_it_through(house, due_at)
        holds(house, due_at)
        life.end()
    reading = {f"KMS {each}" for each in ("ListAliases", "ListKeys", "GetKeyRotationStatus", "ListResourceTags")}
    planning = {"STS GetCallerIdentity", "KMS ListAccounts", "STS AssumeRole"}
    steps = [each for each in doom.lived_through if each not in reading | planning]
    assert tuple(steps) == STEPS


@pytest.mark.parametrize("point", POINTS, ids=" ".join)
def test_two_finish_the_round_in_which_the_third_was_killed(
    tmp_path: Path, make_url: MakeUrl, point: tuple[str, str]
) -> None:
    when, step = point
    doom = Doom(tmp_path / "report.txt", when, name=step)
    with morning(tmp_path, make_url("migrated")) as (house, due_at):
        lives = [Life(house, doom) for _ in range(REPLICAS)]
        see_it_through(house, due_at)
        holds(house, due_at, lost_posts=step == "Slack chat.postMessage")
        assert [life.pid for life in lives if life.is_over] == [int(doom.victim.read_text())]
    assert " ERROR " not in lives[0].log


def holds(house: House, due_at: datetime, lost_posts: int = 0) -> None:
    """Each firing was seen to once; one scan was finished, one digest made of it and posted, and the record is true."""
    with house.database.read() as connection:
        today = connection.execute(sa.select(firings.c.job, firings.c.state).where(firings.c.due_at == due_at)).all()
    assert sorted(today) == [(job, FiringState.DONE) for job in sorted(JOBS)]
    assert house.trail.verify().fault is None
    begun, finished, interrupted, made = (
        sum(each.act == act for each in house.trail.entries() if each.subject != YESTERDAY)
        for act in (Act.SCAN_STARTED, Act.SCAN_FINISHED, Act.SCAN_INTERRUPTED, Act.DIGEST_POSTED)
    )
    assert (begun, finished, made) == (1 + interrupted, 1, 1)
    assert interrupted <= 1
    scan = house.scans.current()
    assert scan is not None
    assert scan.started_at >= due_at
    assert len(list(house.scans.findings(scan.id))) == 1
    rows = stored_messages(house)
    assert not any(row.lost for row in rows)
    assert len(house.channel.messages) == len(rows) + lost_posts
    assert len(house.channel.roots) == 1 + lost_posts
    assert all("1 key does not rotate as it should" in shown(each) for each in house.channel.roots)
