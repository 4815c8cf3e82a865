"""What the Home tab asks of the store: somebody's open keys, and the last scans."""

from dataclasses import replace

import pytest

from bot.models.keys import Finding
from bot.models.scans import Summary
from bot.models.snoozes import Snooze
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.mine import Mine
from bot.store.scans import ScanStore
from bot.store.snoozes import Snoozes
from tests.store.digest_stage import Stage
from tests.store.samples import ALPHA, BETA, arn_of, at, covered, failed, finding, rotating, run, scan

EVERYTHING = Filter()
MARA = "U0MARA"


@pytest.fixture
def mine(database: Database) -> Mine:
    return Mine(database)


def owned(key: str, owner: str | None, account: str = ALPHA, **changes: object) -> Finding:
    return replace(finding(key, account), owner=owner, **changes)  # type: ignore[arg-type]  # any field of a finding


def names(mine: Mine, *owners: str, scope: Filter = EVERYTHING, most: int = 10) -> tuple[list[str], int]:
    found, total = mine.open_keys(owners, scope, MARA, at(30), most)
    return [each.key_id for each, _ in found], total


def test_before_the_first_scan_nothing_is_anybodys(mine: Mine) -> None:
    assert names(mine, "payments") == ([], 0)
    assert mine.runs(EVERYTHING, 5) == []
    assert mine.findings([arn_of("a")], EVERYTHING) == {}


def test_keys_are_somebodys_by_any_of_their_names_whatever_their_case(mine: Mine, database: Database) -> None:
    found = [owned("a", "Payments"), owned("b", "u0mara"), owned("c", "else"), owned("d", None), owned("e", "")]
    rotates = replace(rotating("f"), owner="payments")
    run(ScanStore(database), [*found, rotates])
    assert names(mine, "payments", "u0mara") == (["a", "b"], 2)
    assert names(mine) == ([], 0)


def test_production_comes_first_and_the_rest_is_counted(mine: Mine, database: Database) -> None:
    run(
        ScanStore(database),
        [owned("a", "x", BETA), owned("b", "x"), owned("c", "x", BETA, is_production=True), owned("d", "x")],
    )
    assert names(mine, "x", most=3) == (["c", "b", "d"], 4)


def test_what_is_hidden_exempt_or_snoozed_for_the_person_is_left_out(mine: Mine, database: Database) -> None:
    run(
        ScanStore(database),
        [owned("a", "x", BETA), owned("b", "x"), owned("c", "x", exempt_until=at(9000)), owned("d", "x")],
        [covered(ALPHA), covered(BETA)],
    )
    Snoozes(database).snooze(Snooze(arn_of("b"), MARA, at(9000), MARA, at(2)))
    Snoozes(database).snooze(Snooze(arn_of("d"), "default", at(9000), MARA, at(2)))
    assert names(mine, "x", scope=Filter(hidden=(BETA,))) == (["d"], 1)
    asleep = mine.findings([arn_of("a", BETA), arn_of("b"), arn_of("c")], Filter(hidden=(BETA,)))
    assert set(asleep) == {arn_of("b")}


def test_each_comes_with_the_day_since_when_the_digest_of_everything_tells_of_it(
    mine: Mine, database: Database
) -> None:
    default, other = Stage(database, name="default"), Stage(database, name="route 1")
    default.scan([owned("a", "x")], [covered()], 0)
    default.publish(5)
    other.publish(6)
    default.scan([owned("a", "x"), owned("b", "x")], [covered()], 10)
    found, _ = mine.open_keys(["x"], EVERYTHING, MARA, at(30), 10)
    assert [(each.key_id, since) for each, since in found] == [("a", at(5)), ("b", None)]


def test_the_last_scans_tell_how_much_they_read(mine: Mine, database: Database) -> None:
    store = ScanStore(database)
    run(store, [finding("a"), rotating("b")], [covered(keys=2)], minutes=0)
    run(store, [finding("a"), finding("c", BETA)], [covered(), failed(BETA)], minutes=10)
    run(store, [finding("a", minutes=20)], [covered()], minutes=20, scope=f"account={ALPHA}")
    store.begin(scan(minutes=30))
    runs = mine.runs(EVERYTHING, 2)
    assert [(each.scan.scope, each.keys, each.unread_targets) for each in runs] == [
        (f"account={ALPHA}", 1, 0),
        ("", 2, 1),
    ]
    [_, whole] = mine.runs(Filter(hidden=(BETA,)), 2)
    assert (whole.keys, whole.unread_targets) == (1, 0)


def test_of_a_scan_whose_counts_are_gone_nothing_is_made_up(mine: Mine, database: Database) -> None:
    store = ScanStore(database)
    for number in range(4):
        run(store, [finding("a", minutes=10 * number)], [covered(), failed(BETA)], minutes=10 * number)
    store.prune(lambda _: False)
    assert [each.keys for each in mine.runs(EVERYTHING, 4)] == [1, 1, 1, 1]
    assert [each.unread_targets for each in mine.runs(EVERYTHING, 4)] == [1, 1, None, None]
    assert [each.keys for each in mine.runs(Filter(hidden=(BETA,)), 4)] == [1, 1, None, None]
    assert mine.runs(EVERYTHING, 1)[0].scan.summary == Summary(non_compliant=1)
