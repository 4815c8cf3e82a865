"""What never changes is asked once; whatever can change is asked in every scan."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.app import build_scans, connect_aws
from bot.models.keys import Finding, ImmutableFacts, Verdict
from bot.models.scans import Account, Target
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.key_facts import KeyFactStore
from bot.store.scans import ScanStore
from tests.scan.audits import FRANKFURT, MEMBER, ONE_PLACE, House

PLACE = Target(Account(MEMBER, "prod-payments"), FRANKFURT)
NEVER_ROTATES: tuple[Mapping[str, Any], ...] = (
    {"spec": "RSA_2048"},
    {"spec": "HMAC_256"},
    {"origin": "EXTERNAL"},
    {"origin": "AWS_CLOUDHSM"},
)


Scan = Callable[[], dict[str, Finding]]


@pytest.fixture
def scan(house: House, database: Database) -> Scan:
    """Scan with the memory that the database keeps; the calls of scans before are forgotten."""

    def run() -> dict[str, Finding]:
        house.aws.calls.clear()
        store = ScanStore(database)
        settings = house.settings(ONE_PLACE)
        made = build_scans(settings, connect_aws(settings), store, KeyFactStore(database)).run(Filter(), "U0TESTER")
        return {finding.arn: finding for finding in store.findings(made.id)}

    return run


def asked(house: House) -> Counter[tuple[str, str]]:
    return Counter((call.key, call.action) for call in house.aws.calls if call.key is not None)


def test_a_key_that_can_never_rotate_is_described_once_and_judged_alike_ever_after(house: House, scan: Scan) -> None:
    arns = [house.aws.world.key(account=MEMBER, **kind) for kind in NEVER_ROTATES]
    first = scan()
    assert asked(house) == {(arn, "DescribeKey"): 1 for arn in arns}
    second = scan()
    assert asked(house) == {}
    assert {each.verdict for each in second.values()} == {Verdict.NOT_APPLICABLE}
    assert {arn: replace(each, read_at=first[arn].read_at) for arn, each in second.items()} == first
    assert all(second[arn].read_at > first[arn].read_at for arn in arns)


def test_a_key_that_can_rotate_is_asked_everything_each_time(house: House, scan: Scan) -> None:
    states = [house.aws.world.key(account=MEMBER, state=state) for state in ("Disabled", "PendingDeletion")]
    rotating = house.aws.world.key(account=MEMBER, rotation=365)
    for _ in range(2):
        scan()
        assert asked(house) == {
            **{(arn, "DescribeKey"): 1 for arn in (*states, rotating)},
            (rotating, "GetKeyRotationStatus"): 1,
        }


def test_what_changed_since_the_last_scan_is_seen(house: House, scan: Scan) -> None:
    arns = [house.aws.world.key(account=MEMBER, rotation=365) for _ in range(3)]
    scan()
    house.aws.faults.disable_rotation(arns[0])
    house.aws.faults.disable_key(arns[1])
    house.aws.faults.schedule_deletion(arns[2])
    assert [scan()[arn].reason for arn in arns] == ["ROTATION_DISABLED", "KEY_DISABLED", "PENDING_DELETION"]


def test_a_key_that_is_gone_is_in_no_later_scan_and_is_forgotten(house: House, scan: Scan, database: Database) -> None:
    stays, goes = (house.aws.world.key(account=MEMBER, spec="RSA_2048") for _ in range(2))
    scan()
    assert set(KeyFactStore(database).facts_of(PLACE)) == {stays, goes}
    house.aws.faults.delete_key(goes)
    assert set(scan()) == {stays}
    assert set(KeyFactStore(database).facts_of(PLACE)) == {stays}


def test_a_target_that_could_not_be_listed_is_not_forgotten(house: House, scan: Scan, database: Database) -> None:
    arn = house.aws.world.key(account=MEMBER, spec="RSA_2048")
    scan()
    house.aws.faults.deny(MEMBER, action="kms:ListKeys")
    assert scan() == {}
    assert set(KeyFactStore(database).facts_of(PLACE)) == {arn}


def test_a_key_that_aws_manages_is_known_without_its_alias(house: House, scan: Scan) -> None:
    arn = house.aws.world.key(account=MEMBER, alias="alias/aws/rds")
    house.aws.faults.deny(MEMBER, action="kms:ListAliases")
    first = scan()[arn]
    assert asked(house) == {(arn, "DescribeKey"): 1}
    assert scan()[arn].reason == first.reason == "AWS_MANAGED"
    assert asked(house) == {}


def test_facts_belong_to_one_account_in_one_region(database: Database) -> None:
    store = KeyFactStore(database)
    arn = f"arn:aws:kms:{FRANKFURT}:{MEMBER}:key/1"
    fact = ImmutableFacts(arn, "CUSTOMER", "RSA_2048", "SIGN_VERIFY", "AWS_KMS")
    store.remember([fact])
    store.remember([fact])
    assert store.facts_of(PLACE) == {arn: fact}
    assert store.facts_of(replace(PLACE, region="eu-west-1")) == {}
    assert store.facts_of(replace(PLACE, account=Account("2" * 12, "other"))) == {}
