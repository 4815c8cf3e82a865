"""Fixes that did not last: which ones count as undone, and that each is told once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.models.keys import Finding
from bot.models.messages import MessageKind
from bot.models.requests import ChangeKind, ChangeState, Outcome, Request
from bot.models.trail import Act
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from bot.store.undone import UndoneFixes
from tests.store.crowd import all_at_once
from tests.store.samples import CHANNEL, approval, at, covered, enough, finding, request_for, rotating, run

KEY, OTHER = "vault", "ledger"
DONE = Outcome(ChangeState.SUCCEEDED, "Rotation is on, every 365 days. Read back from AWS.")
FAILED = Outcome(ChangeState.FAILED, "AWS refused the change.")
NOT_NEEDED = Outcome(ChangeState.NOT_NEEDED, "The key rotates already.")


def fix(
    database: Database,
    *keys: str,
    minutes: float = 0,
    outcome: Outcome = DONE,
    approvers: tuple[str, ...] = ("U0JONAS",),
    kind: ChangeKind = ChangeKind.ENABLE_ROTATION,
) -> Request:
    """Ask, approve and carry out; the changes end five minutes later."""
    store, asked = RequestStore(database), request_for(*keys, required=len(approvers), minutes=minutes)
    asked = replace(asked, changes=tuple(replace(each, kind=kind) for each in asked.changes))
    store.create(asked, CHANNEL)
    for who in approvers:
        store.decide(asked, approval(who, minutes + 1), required=1, rule="r", is_enough=enough(len(approvers)))
    for change in asked.changes:
        store.claim(change, at(minutes + 2))
        store.conclude(change, outcome, CHANNEL, at(minutes + 5))
    return asked


def scan(database: Database, *found: Finding, minutes: float) -> None:
    run(ScanStore(database), found, [covered(keys=len(found))], minutes=minutes)


def suspected(database: Database) -> list[str]:
    return [found.name for _, found in UndoneFixes(database).suspected()]


def told(database: Database) -> list[tuple[str, str]]:
    """To whom the messages go, and what each is about."""
    due = MessageStore(database).due(at(100_000))
    return sorted((each.channel, each.subject) for each in due if each.kind is MessageKind.UNDONE)


def test_a_key_that_is_open_again_after_its_fix_is_undone(database: Database) -> None:
    fix(database, KEY)
    scan(database, finding(KEY, minutes=10), finding(OTHER, minutes=10), minutes=9)
    assert suspected(database) == [KEY]


ENDS: dict[str, Callable[[Database], object]] = {
    "it still rotates": lambda db: scan(db, rotating(KEY, minutes=10), minutes=9),
    "it was read before the fix": lambda db: scan(db, finding(KEY, minutes=3), minutes=2),
    "it is exempt": lambda db: scan(db, finding(KEY, minutes=10, exempt_until=at(9000)), minutes=9),
    "the last scan does not know it": lambda db: scan(db, finding(OTHER, minutes=10), minutes=9),
    "nothing was scanned": lambda _: None,
    "it rotates as asked and the policy wants more": lambda db: scan(
        db, finding(KEY, minutes=10, rotation_enabled=True, rotation_period_days=365), minutes=9
    ),
}


@pytest.mark.parametrize("then", ENDS.values(), ids=ENDS.keys())
def test_a_fix_is_not_called_undone_where(database: Database, then: Callable[[Database], object]) -> None:
    fix(database, KEY)
    then(database)
    assert suspected(database) == []


def test_a_longer_period_than_was_asked_for_undoes_a_fix(database: Database) -> None:
    fix(database, KEY)
    longer = finding(KEY, minutes=10, rotation_enabled=True, rotation_period_days=730)
    scan(database, longer, minutes=9)
    assert suspected(database) == [KEY]


@pytest.mark.parametrize("outcome", [FAILED, NOT_NEEDED], ids=["failed", "not needed"])
def test_what_was_no_fix_is_not_undone(database: Database, outcome: Outcome) -> None:
    fix(database, KEY, outcome=outcome)
    scan(database, finding(KEY, minutes=10), minutes=9)
    assert suspected(database) == []


def test_a_rotation_on_demand_is_no_fix(database: Database) -> None:
    fix(database, KEY, kind=ChangeKind.ROTATE_ON_DEMAND)
    scan(database, finding(KEY, minutes=10), minutes=9)
    assert suspected(database) == []


def test_the_newest_fix_of_a_key_counts_alone(database: Database) -> None:
    fix(database, KEY)
    newer = fix(database, KEY, minutes=100)
    scan(database, finding(KEY, minutes=200), minutes=199)
    assert [change.request_id for change, _ in UndoneFixes(database).suspected()] == [newer.id]


def test_each_person_whom_it_concerns_is_owed_one_message(database: Database) -> None:
    asked = fix(database, KEY, OTHER, approvers=("U0JONAS", "U0AIKO"))
    scan(database, finding(KEY, minutes=10), finding(OTHER, minutes=10), minutes=9)
    fixes = UndoneFixes(database)
    undone = fixes.mark(fixes.suspected(), at(20))
    assert {change.request_id for change in undone} == {asked.id}
    first = undone[0].id
    assert told(database) == [("U0AIKO", first), ("U0JONAS", first), ("U0LENA", first)]
    about = fixes.told_to("U0JONAS", first)
    assert sorted(each.change.key_name for each in about) == ["alias/ledger", "alias/vault"]
    assert {each.found_at for each in about} == {at(20)}
    assert all(each.handle and each.finding is not None for each in about)
    assert fixes.told_to("U0STRANGER", first) == []


def test_people_hear_of_their_own_fixes_alone(database: Database) -> None:
    fix(database, KEY, approvers=("U0JONAS",))
    fix(database, OTHER, approvers=("U0AIKO",))
    scan(database, finding(KEY, minutes=10), finding(OTHER, minutes=10), minutes=9)
    fixes = UndoneFixes(database)
    fixes.mark(fixes.suspected(), at(20))
    heard = {who: [each.change.key_name for each in fixes.told_to(who, subject)] for who, subject in told(database)}
    assert heard == {"U0AIKO": ["alias/ledger"], "U0JONAS": ["alias/vault"], "U0LENA": ["alias/ledger", "alias/vault"]}


def test_a_fix_is_told_once_however_many_look(database: Database) -> None:
    fix(database, KEY)
    scan(database, finding(KEY, minutes=10), minutes=9)
    fixes = UndoneFixes(database)
    suspicion = fixes.suspected()
    assert len(fixes.mark(suspicion, at(20))) == 1
    assert fixes.mark(suspicion, at(20)) == []
    assert fixes.suspected() == []
    assert len(told(database)) == 2
    entries = [each for each in Trail(database).newest(50) if each.act == Act.FIX_UNDONE]
    assert len(entries) == 1
    assert Trail(database).verify().fault is None


def test_of_several_processes_that_find_it_at_once_one_tells(database: Database) -> None:
    fix(database, KEY, OTHER)
    scan(database, finding(KEY, minutes=10), finding(OTHER, minutes=10), minutes=9)
    fixes = UndoneFixes(database)
    suspicion = fixes.suspected()
    marked = all_at_once(lambda _: fixes.mark(suspicion, at(20)), 6)
    assert sorted(map(len, marked)) == [0, 0, 0, 0, 0, 2]
    assert len(told(database)) == 2


def test_a_fix_that_is_made_and_undone_again_is_told_again(database: Database) -> None:
    fixes = UndoneFixes(database)
    for minutes in (0, 100):
        fix(database, KEY, minutes=minutes)
        scan(database, finding(KEY, minutes=minutes + 10), minutes=minutes + 9)
        assert len(fixes.mark(fixes.suspected(), at(minutes + 20))) == 1
    assert len(told(database)) == 4


def test_keys_are_found_by_their_last_reading(database: Database) -> None:
    scan(database, finding(KEY, minutes=10, managed_by="Terraform"), finding(OTHER, minutes=10), minutes=9)
    wanted = finding(KEY).arn
    found = UndoneFixes(database).last_readings([wanted, "arn:aws:kms:eu-central-1:111111111111:key/none"])
    assert {arn: each.managed_by for arn, each in found.items()} == {wanted: "Terraform"}
