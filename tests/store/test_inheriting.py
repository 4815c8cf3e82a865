"""A digest that goes by another name takes over what it was compared with, and when it was due."""

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from bot.models.firings import FiringState
from bot.models.routes import Predecessor
from bot.models.snoozes import Snooze
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.firings import Firings
from bot.store.inheriting import Inheritance
from bot.store.snoozes import Snoozes
from bot.store.tables import posture_points, snoozes
from tests.store.digest_stage import Stage
from tests.store.samples import at, covered, finding

NEW = "route 1"
UNNAMED = Predecessor("route 0", "digest route 0")
BY_CHANNEL = Predecessor("C0PAY 12ab", "digest", shares_its_job=True)


def told(database: Database, name: str, minutes: float = 0) -> None:
    stage = Stage(database, name)
    stage.scan([finding("a")], [covered()], minutes)
    stage.publish(minutes + 5)


def take_over(database: Database, *predecessors: Predecessor) -> Predecessor | None:
    return Inheritance(database).take_over(NEW, f"digest {NEW}", predecessors)


@pytest.mark.parametrize(
    ("stored", "taken"),
    [
        ((BY_CHANNEL,), BY_CHANNEL),
        ((UNNAMED,), UNNAMED),
        ((BY_CHANNEL, UNNAMED), UNNAMED),
        ((), None),
    ],
)
def test_the_first_predecessor_that_has_anything_is_taken_over(
    database: Database, stored: Sequence[Predecessor], taken: Predecessor | None
) -> None:
    for number, each in enumerate(stored):
        told(database, each.name, 10 * number)
    assert take_over(database, UNNAMED, BY_CHANNEL) == taken
    store = DigestStore(database)
    assert (store.latest(NEW) is not None) == (taken is not None)
    assert set(Stage(database, NEW).baseline) == ({finding("a").arn} if taken else set())
    if taken:
        assert store.latest(taken.name) is None
        assert take_over(database, UNNAMED, BY_CHANNEL) is None


def test_the_next_digest_under_the_new_name_compares_with_the_last_under_the_old(database: Database) -> None:
    told(database, BY_CHANNEL.name)
    take_over(database, BY_CHANNEL)
    stage = Stage(database, NEW)
    stage.scan([finding("a"), finding("b")], [covered()], 10)
    delta = stage.publish(15).delta
    assert delta is not None
    assert delta.new == (finding("b").name,)


def test_a_digest_that_was_told_takes_nothing_over(database: Database) -> None:
    told(database, NEW)
    told(database, UNNAMED.name, 10)
    assert take_over(database, UNNAMED) is None
    assert DigestStore(database).latest(UNNAMED.name) is not None


def test_the_history_and_the_snoozed_keys_come_along(database: Database) -> None:
    told(database, UNNAMED.name)
    with database.write() as connection:
        row = {"arn": finding("a").arn, "whose": UNNAMED.name, "until": at(99), "set_by": "U0JONAS", "set_at": at(0)}
        connection.execute(snoozes.insert().values(row))
    take_over(database, UNNAMED)
    with database.read() as connection:
        assert connection.execute(sa.select(snoozes.c.whose)).scalars().all() == [NEW]
        assert connection.execute(sa.select(posture_points.c.name)).scalars().all() in ([NEW], [])


def test_what_was_set_under_the_new_name_already_counts(database: Database) -> None:
    told(database, UNNAMED.name)
    for whose, until in ((UNNAMED.name, 60), (NEW, 90)):
        Snoozes(database).snooze(Snooze(finding("a").arn, whose, at(until), "U0JONAS", at(0)))
    take_over(database, UNNAMED)
    assert [each.until for each in Snoozes(database).of(NEW, at(1))] == [at(90)]


@pytest.mark.parametrize("predecessor", [UNNAMED, BY_CHANNEL])
def test_its_job_goes_on_where_the_other_was_and_repeats_nothing(database: Database, predecessor: Predecessor) -> None:
    told(database, predecessor.name)
    firings = Firings(database)
    firings.claim(predecessor.job, at(0), at(0), FiringState.DONE)
    firings.claim(predecessor.job, at(60), at(60))
    take_over(database, predecessor)
    job = f"digest {NEW}"
    assert firings.latest(job) == at(60)
    assert firings.unfinished(job, at(0)) == [at(60)]
    assert not firings.claim(job, at(0), at(90))
    assert firings.ever(predecessor.job) is predecessor.shares_its_job
