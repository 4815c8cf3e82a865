"""Whose the open keys of a digest are, counted by the database beside a count by hand."""

from collections.abc import Iterable

import pytest

from bot.models.keys import Finding
from bot.models.owned import KeysLeft, OwnedKeys, Ownership
from bot.models.snoozes import Snooze
from bot.rules.digest import MOST_NAMES
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.owned import MOST_OWNERS
from bot.store.snoozes import Snoozes
from tests.store.digest_stage import EVERYTHING, Stage
from tests.store.samples import ALPHA, BETA, at, covered, finding, rotating

JANE = "U0JANE"


def ownership(
    database: Database, found: Iterable[Finding], scope: Filter = EVERYTHING, *, minutes: float = 0
) -> Ownership:
    stage = Stage(database, "daily", scope)
    stage.scan(found, [covered(ALPHA), covered(BETA)], minutes)
    return stage.publish(minutes + 5).ownership


def owned(name: str, owner: str | None, account: str = ALPHA) -> Finding:
    return finding(name, account, owner=owner)


def snooze(database: Database, name: str, whose: str, until: float = 60) -> None:
    Snoozes(database).snooze(Snooze(finding(name).arn, whose, at(until), JANE, at(0)))


def test_owners_come_by_how_many_open_keys_they_have_and_the_ownerless_and_unknown_apart(database: Database) -> None:
    found = ownership(
        database,
        [
            owned("a", "payments"),
            owned("b", "jane@example.com"),
            owned("c", "payments", BETA),
            owned("d", None),
            owned("e", ""),
            rotating("f"),
        ],
    )
    names = {each: finding(each).name for each in "abcd"}
    assert found == Ownership(
        (
            OwnedKeys("payments", 2, (names["a"], finding("c", BETA).name)),
            OwnedKeys("jane@example.com", 1, (names["b"],)),
        ),
        ownerless=1,
        ownerless_names=(names["d"],),
        unknown=1,
    )


def test_only_the_keys_in_scope_count(database: Database) -> None:
    found = ownership(database, [owned("a", "payments"), owned("b", "payments", BETA)], Filter(account=BETA))
    assert [(each.owner, each.total) for each in found.owners] == [("payments", 1)]


def test_the_first_owners_are_named_with_their_first_keys_and_the_others_are_counted(database: Database) -> None:
    keys = [owned(f"{owner:02}-{key}", f"team {owner:02}") for owner in range(MOST_OWNERS + 3) for key in range(2)]
    found = ownership(database, [*keys, *(owned(f"z{number}", "team 00") for number in range(MOST_NAMES))])
    assert [each.owner for each in found.owners] == [f"team {number:02}" for number in range(MOST_OWNERS)]
    assert (len(found.owners[0].names), found.owners[0].total) == (MOST_NAMES, MOST_NAMES + 2)
    assert (found.other_owners, found.other_keys) == (3, 6)


@pytest.mark.parametrize(("until", "total"), [(60, 1), (4, 2)], ids=["snoozed", "not any more"])
def test_what_is_snoozed_for_the_channel_is_left_out(database: Database, until: float, total: int) -> None:
    snooze(database, "a", "daily", until)
    snooze(database, "b", "another digest")
    [jane] = ownership(database, [owned("a", "jane"), owned("b", "jane")]).owners
    assert jane.total == total


def test_what_somebody_snoozed_is_left_out_for_that_person_alone(database: Database) -> None:
    snooze(database, "a", JANE)
    snooze(database, "c", "U0OMAR", 4)
    jane, payments = ownership(
        database, [owned("a", "jane"), owned("b", "jane"), owned("c", "jane"), owned("d", "payments")]
    ).owners
    left = KeysLeft(JANE, 2, (finding("b").name, finding("c").name))
    assert (jane.total, jane.left) == (3, (left,))
    assert payments.left == ()


def test_nothing_is_left_for_somebody_who_snoozed_all_of_it(database: Database) -> None:
    snooze(database, "a", JANE)
    [jane] = ownership(database, [owned("a", "jane")]).owners
    assert jane.left == (KeysLeft(JANE, 0, ()),)


def test_there_is_nobody_to_tell_where_nothing_is_open_or_nothing_is_known(database: Database) -> None:
    assert ownership(database, [rotating("a")]).tells_nothing
    assert ownership(database, [owned("b", "")], minutes=10).tells_nothing
    assert not ownership(database, [owned("c", None)], minutes=20).tells_nothing
