"""Firings: each scheduled moment is taken care of once."""

from datetime import timedelta, timezone

import pytest

from bot.models.firings import FiringState
from bot.store.engine import Database
from bot.store.firings import Firings
from tests.store.crowd import all_at_once
from tests.store.samples import at


@pytest.fixture
def firings(database: Database) -> Firings:
    return Firings(database)


def test_one_of_many_claims_a_firing(firings: Firings) -> None:
    claims = all_at_once(lambda number: firings.claim("scan", at(0), at(number)), threads=50)
    assert claims.count(True) == 1


def test_a_moment_is_the_same_in_every_time_zone(firings: Firings) -> None:
    berlin = at(0).astimezone(timezone(timedelta(hours=1)))
    assert firings.claim("scan", at(0), at(0))
    assert not firings.claim("scan", berlin, at(0))


def test_jobs_and_moments_are_claimed_apart(firings: Firings) -> None:
    assert [firings.claim(job, at(minutes), at(9)) for job in ("scan", "digest") for minutes in (0, 1)] == [True] * 4


@pytest.mark.parametrize("state", FiringState)
def test_a_claimed_firing_is_unfinished_until_it_is_done(firings: Firings, state: FiringState) -> None:
    assert firings.claim("scan", at(0), at(0), state)
    assert firings.unfinished("scan", at(0)) == ([at(0)] if state is FiringState.CLAIMED else [])
    assert not firings.claim("scan", at(0), at(1))
    firings.finish("scan", at(0))
    assert firings.unfinished("scan", at(0)) == []
    assert not firings.claim("scan", at(0), at(2))


def test_what_is_unfinished_is_told_in_order_since_a_moment_and_of_one_job(firings: Firings) -> None:
    for minutes in (5, 1, 3):
        assert firings.claim("scan", at(minutes), at(9))
    assert firings.claim("digest", at(4), at(9))
    firings.finish("digest", at(5))
    assert firings.unfinished("scan", at(2)) == [at(3), at(5)]
    assert firings.unfinished("scan", at(3)) == [at(3), at(5)]
    firings.finish("scan", at(3))
    assert firings.unfinished("scan", at(0)) == [at(1), at(5)]


def test_a_job_that_never_fired_is_told_from_one_that_did(firings: Firings) -> None:
    assert not firings.ever("scan")
    assert firings.claim("scan", at(0), at(0), FiringState.SKIPPED)
    assert firings.ever("scan")
    assert not firings.ever("digest")
