"""What a digest tells beside its keys: who mended them, what waits, which exemptions end, what is snoozed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.models.affairs import Affairs, EndingExemption, Waiting
from bot.models.exemptions import ExemptionState
from bot.models.keys import Verdict
from bot.models.requests import Basis, ChangeKind
from bot.models.snoozes import Snooze
from bot.rules.digest import LAPSING_WITHIN, MOST_AFFAIRS
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.requests import RequestStore
from bot.store.snoozes import Snoozes
from bot.store.tables import changes, decisions, exemptions, requests
from tests.store.digest_stage import Stage
from tests.store.samples import (
    BETA,
    CHANNEL,
    approval,
    arn_of,
    at,
    enough,
    finding,
    fresh_id,
    request_for,
    rotating,
)

PAYMENTS, BETAS = Filter(team="payments"), Filter(account="prod-beta")


def told(database: Database, *, scope: Filter = Filter(), minutes: float = 5) -> Affairs:  # noqa: B008 - a constant
    return Stage(database, name=fresh_id("audience"), scope=scope).publish(minutes).affairs


def stage(database: Database, *keys: str) -> None:
    """Let these keys be open, those of the second account and without a team at their end."""
    found = [finding(key, team="payments") for key in keys]
    Stage(database).scan([*found, finding("elsewhere", BETA)], [], minutes=0)


# By whom


@pytest.mark.parametrize("basis", Basis)
def test_a_key_that_was_fixed_through_the_bot_tells_by_whom(database: Database, basis: Basis) -> None:
    daily = Stage(database)
    daily.scan([finding("ours"), finding("theirs"), finding("open")], [], minutes=0)
    daily.publish(2)
    daily.change([arn_of("ours")], at(3))
    settle(database, basis)
    daily.scan([rotating("ours", minutes=4), rotating("theirs", minutes=4), finding("open", minutes=4)], [], minutes=4)
    affairs = daily.publish(6).affairs
    [mended] = affairs.mended
    assert (mended.name, mended.asked_by, mended.basis) == ("ours", "U0LENA", basis)
    assert mended.approved_by == (("U0JONAS",) if basis is not Basis.PRE_APPROVED else ())
    assert mended.glass_broken_by == ("U0AIKO" if basis is Basis.BREAK_GLASS else "")
    assert (affairs.mended_total, affairs.fixed_elsewhere) == (1, ("theirs",))


def settle(database: Database, basis: Basis) -> None:
    """Have the one request decided on some basis."""
    with database.write() as connection:
        [request_id] = connection.execute(sa.select(requests.c.id)).scalars()
        given = [("U0JONAS", "APPROVE")] if basis is not Basis.PRE_APPROVED else []
        given += [("U0AIKO", "BREAK_GLASS")] if basis is Basis.BREAK_GLASS else []
        for user, kind in given:
            row = {"request_id": request_id, "user_id": user, "kind": kind, "at": at(3)}
            connection.execute(decisions.insert().values(row))
        if basis is Basis.PRE_APPROVED:
            connection.execute(requests.update().values(required=0))


def test_a_fix_that_nobody_could_see_at_first_is_still_ours(database: Database) -> None:
    """The key was enabled before the last digest, which could not read it."""
    daily = Stage(database)
    daily.scan([finding("k"), finding("open")], [], minutes=0)
    daily.publish(2)
    daily.change([arn_of("k")], at(3))
    daily.scan([finding("k", minutes=4, verdict=Verdict.INSUFFICIENT_DATA), finding("open", minutes=4)], [], minutes=4)
    assert daily.publish(6).affairs.mended_total == 0
    daily.scan([rotating("k", minutes=8), finding("open", minutes=8)], [], minutes=8)
    affairs = daily.publish(10).affairs
    assert (affairs.mended_total, affairs.fixed_elsewhere) == (1, ())


def test_a_fix_that_was_undone_does_not_make_the_next_one_ours(database: Database) -> None:
    daily = Stage(database)
    daily.scan([finding("k")], [], minutes=0)
    daily.publish(2)
    daily.change([arn_of("k")], at(3))
    daily.scan([finding("k", minutes=4)], [], minutes=4)
    daily.publish(6)
    daily.scan([rotating("k", minutes=8)], [], minutes=8)
    affairs = daily.publish(10).affairs
    assert (affairs.mended, affairs.fixed_elsewhere) == ((), ("k",))


# What waits


def test_requests_that_nobody_has_decided_wait_the_oldest_first(database: Database) -> None:
    stage(database, "a", "b", "c", "done")
    store = RequestStore(database)
    newer, older = request_for("c", minutes=2), request_for("b", "a", minutes=1)
    decided = request_for("done")
    for each in (newer, older, decided):
        assert store.create(each, CHANNEL) is not None
    store.decide(decided, approval("U0JONAS"), required=1, rule="rule 1", is_enough=enough(1))
    affairs = told(database)
    assert affairs.waiting == (
        Waiting(older.id, ChangeKind.ENABLE_ROTATION, "U0LENA", at(1), ("alias/a", "alias/b"), 2),
        Waiting(newer.id, ChangeKind.ENABLE_ROTATION, "U0LENA", at(2), ("alias/c",), 1),
    )
    assert affairs.waiting_total == 2


def test_the_first_requests_are_named_and_the_others_counted(database: Database) -> None:
    keys = [f"k{number}" for number in range(MOST_AFFAIRS + 3)]
    stage(database, *keys)
    for number, key in enumerate(keys):
        RequestStore(database).create(request_for(key, minutes=number), CHANNEL)
    affairs = told(database, minutes=60)
    assert [each.names for each in affairs.waiting] == [(f"alias/k{number}",) for number in range(MOST_AFFAIRS)]
    assert affairs.waiting_total == MOST_AFFAIRS + 3


def test_a_part_of_the_keys_hears_of_its_own_requests(database: Database) -> None:
    stage(database, "a", "b")
    request = request_for("a", "elsewhere")
    elsewhere = arn_of("elsewhere", BETA)
    RequestStore(database).create(request, CHANNEL)
    with database.write() as connection:
        connection.execute(changes.update().where(changes.c.key_name == "alias/elsewhere").values(arn=elsewhere))
    for scope, names in ((PAYMENTS, ("alias/a",)), (BETAS, ("alias/elsewhere",)), (Filter(team="web"), ())):
        affairs = told(database, scope=scope)
        assert [each.names for each in affairs.waiting] == ([names] if names else [])
        assert [each.total for each in affairs.waiting] == ([1] if names else [])
    assert [each.total for each in told(database).waiting] == [2]


# Exemptions


def exempt(database: Database, name: str, until: float, **changed: object) -> str:
    row = {
        "id": fresh_id("exemption"),
        "state": ExemptionState.ACTIVE.value,
        "scope": {"arn": arn_of(name)},
        "name": name,
        "reason": "",
        "until": at(until),
        "created_at": at(-10),
        "asked_by": "U0LENA",
    }
    with database.write() as connection:
        connection.execute(exemptions.insert().values(row | changed))
    return str(row["id"])


DAYS = LAPSING_WITHIN / timedelta(minutes=1)


def test_exemptions_that_end_within_days_are_told_the_soonest_first(database: Database) -> None:
    stage(database, "a", "b", "c")
    last, soon = exempt(database, "b", 5 + DAYS), exempt(database, "a", 60)
    exempt(database, "c", 6 + DAYS)
    exempt(database, "a", 50, state=ExemptionState.RENEWED.value, ended_at=at(4))
    affairs = told(database)
    assert affairs.lapsing == (
        EndingExemption(soon, "a", ExemptionState.ACTIVE, at(60)),
        EndingExemption(last, "b", ExemptionState.ACTIVE, at(5 + DAYS)),
    )
    assert (affairs.lapsing_total, affairs.ended_total) == (2, 0)


def test_exemptions_that_have_ended_since_the_digest_before_are_told_once(database: Database) -> None:
    stage(database, "a", "b", "c", "d")
    daily = Stage(database)
    exempt(database, "c", 1, state=ExemptionState.LAPSED.value, ended_at=at(1))
    assert daily.publish(2).affairs.ended == ()
    lapsed = exempt(database, "a", 3, state=ExemptionState.LAPSED.value, ended_at=at(3))
    withdrawn = exempt(database, "b", 900, state=ExemptionState.WITHDRAWN.value, ended_at=at(4))
    exempt(database, "d", 900, state=ExemptionState.RENEWED.value, ended_at=at(4))
    assert daily.publish(5).affairs.ended == (
        EndingExemption(lapsed, "a", ExemptionState.LAPSED, at(3)),
        EndingExemption(withdrawn, "b", ExemptionState.WITHDRAWN, at(4)),
    )
    assert daily.publish(6).affairs.ended_total == 0


def test_a_part_of_the_keys_hears_of_its_own_exemptions_and_of_no_pattern(database: Database) -> None:
    stage(database, "a")
    exempt(database, "a", 60)
    exempt(database, "elsewhere", 70, scope={"arn": arn_of("elsewhere", BETA)})
    exempt(database, "account=prod-*", 80, scope={"arn": "", "account": "prod-*"})
    names = {
        str(scope): [each.name for each in told(database, scope=scope).lapsing] for scope in (Filter(), PAYMENTS, BETAS)
    }
    assert list(names.values()) == [["a", "elsewhere", "account=prod-*"], ["a"], ["elsewhere"]]


def test_of_many_exemptions_the_first_are_named(database: Database) -> None:
    keys = [f"k{number}" for number in range(MOST_AFFAIRS + 2)]
    stage(database, *keys)
    for number, key in enumerate(keys):
        exempt(database, key, 10 + number)
    affairs = told(database)
    assert [each.name for each in affairs.lapsing] == keys[:MOST_AFFAIRS]
    assert affairs.lapsing_total == MOST_AFFAIRS + 2


# Snoozed


def test_a_snoozed_key_is_counted_and_shown_after_all_others_until_it_wakes(database: Database) -> None:
    daily = Stage(database, top=2)
    daily.scan([finding(key, is_production=key == "a") for key in "abc"], [], minutes=0)
    snoozes = Snoozes(database)
    for key, minutes in (("a", 30), ("gone", 5)):
        snoozes.snooze(Snooze(arn_of(key), "daily", at(minutes), "U0LENA", at(1)))
    snoozes.snooze(Snooze(arn_of("b"), "another", at(20), "U0LENA", at(1)))
    made = daily.publish(2)
    assert [(key.name, key.is_snoozed) for key in made.first] == [("b", False), ("c", False), ("a", True)]
    assert (made.affairs.snoozed, made.affairs.snoozed_until) == (1, at(30))
    assert made.summary.non_compliant == 3
    woken = daily.publish(31)
    assert [(key.name, key.is_snoozed) for key in woken.first] == [("a", False), ("b", False), ("c", False)]
    assert (woken.affairs.snoozed, woken.affairs.snoozed_until) == (0, None)


def test_nothing_of_all_that_is_told_where_there_is_nothing(database: Database) -> None:
    Stage(database).scan([rotating("k")], [], minutes=0)
    assert told(database) == Affairs()
    assert not Affairs().are_pending
