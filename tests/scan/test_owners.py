"""Whose open keys are, as a scan finds out: what it costs, and what it says where something could not be read."""

from contextlib import closing
from dataclasses import replace
from functools import partial
from threading import Event

import pytest

from bot.app import connect_aws, equip
from bot.models.keys import Finding
from bot.models.owners import UNKNOWN
from bot.models.scans import CoverageStatus
from bot.rules.filters import Filter
from bot.rules.verdict import Policy
from bot.scan import Branching, Scanner
from tests.scan.audits import AT_ONCE, DUBLIN, FRANKFURT, MEMBER, ONE_PLACE, ORGANISATION, House, aws, house
from tests.store.databases import MakeUrl

__all__ = ["aws", "house"]

WITH_ACCOUNT_TAGS = "[owners]\naccount_tags = true"
TWO_REGIONS = f'accounts = ["{MEMBER}"]\nregions = ["{FRANKFURT}", "{DUBLIN}"]'


def tag_reads(house: House) -> list[str]:
    return [
        call.parameters["ResourceId"]
        for call in house.aws.calls.named("ListTagsForResource")
        if call.service == "organizations"
    ]


def one(house: House, more: str = "", scan: str = ONE_PLACE) -> Finding:
    (found,) = house.audit(scan, more).findings
    return found


@pytest.fixture
def lake(house: House) -> House:
    """The member account has tags of its own."""
    house.aws.world.account(MEMBER, "data-lake", tags={"team": "lake", "stage": "production"})
    return house


def test_the_tags_of_an_open_key_tell_its_owner_and_are_kept(house: House) -> None:
    house.aws.world.key(account=MEMBER, tags={"Owner": "amira@example.com", "team": "web", "stage": "prod"})
    found = one(house)
    assert (found.owner, found.team, found.is_production) == ("amira@example.com", "web", True)
    assert found.tags == (("Owner", "amira@example.com"), ("stage", "prod"), ("team", "web"))
    assert tag_reads(house) == []


def test_a_key_without_such_tags_is_nobodys(house: House) -> None:
    house.aws.world.key(account=MEMBER, tags={"cost-centre": "7"})
    found = one(house)
    assert (found.owner, found.team, found.is_production) == (None, None, False)


def test_the_accounts_tags_stand_in_where_the_settings_say_so(lake: House) -> None:
    lake.aws.world.key(account=MEMBER)
    assert one(lake).owner is None
    found = one(lake, WITH_ACCOUNT_TAGS)
    assert (found.owner, found.team, found.is_production) == ("lake", "lake", True)


def test_an_accounts_tags_are_read_once_and_only_where_a_key_is_open(lake: House) -> None:
    for region in (FRANKFURT, DUBLIN):
        for _ in range(5):
            lake.aws.world.key(account=MEMBER, region=region)
    lake.aws.world.key(account="123456789012", rotation=365)
    lake.audit(ORGANISATION, WITH_ACCOUNT_TAGS)
    assert tag_reads(lake) == [MEMBER]


def test_tags_of_an_account_that_cannot_be_read_are_a_gap_and_leave_the_owner_unknown(lake: House) -> None:
    lake.aws.world.key(account=MEMBER, alias="alias/whose", tags={"Name": "x"})
    lake.aws.world.key(account=MEMBER, alias="alias/amiras", tags={"owner": "amira"})
    lake.aws.faults.deny(action="organizations:ListTagsForResource")
    audit = lake.audit(ONE_PLACE, WITH_ACCOUNT_TAGS)
    assert {found.name: found.owner for found in audit.findings} == {"whose": UNKNOWN, "amiras": "amira"}
    covered = audit.at(MEMBER, FRANKFURT)
    assert covered.status is CoverageStatus.PARTIAL
    assert (covered.error or "").startswith(
        "The tags of the account could not be read, so some owners are unknown: "
        "organizations:ListTagsForResource is denied"
    )


def test_tags_of_a_key_that_cannot_be_read_leave_its_owner_unknown(house: House) -> None:
    arn = house.aws.world.key(account=MEMBER, tags={"owner": "amira"})
    house.aws.faults.deny(action="kms:ListResourceTags", resource=arn)
    found = one(house)
    assert (found.owner, found.tags) == (UNKNOWN, ())


def test_a_mapping_by_alias_waits_for_all_aliases(house: House) -> None:
    """They are listed beside the keys, and a key may be read before its aliases are."""
    rules = '[[owners.mapping]]\nmatch = { alias = "payments/*" }\nowner = "S0PAYMENTS"'
    for number in range(130):
        house.aws.world.key(account=MEMBER, alias=f"alias/payments/{number}", rotation=None)
    audit = house.audit(ONE_PLACE, rules)
    assert {found.owner for found in audit.findings} == {"S0PAYMENTS"}


def test_a_mapping_by_alias_leaves_the_owner_unknown_where_aliases_are(house: House) -> None:
    house.aws.world.key(account=MEMBER, alias="alias/payments/1", tags={"owner": "amira"})
    house.aws.faults.deny(action="kms:ListAliases")
    rules = '[[owners.mapping]]\nmatch = { alias = "payments/*" }\nowner = "S0PAYMENTS"'
    assert one(house, rules).owner == UNKNOWN


def test_processes_of_a_scan_tell_owners_as_one_process_does(lake: House, make_url: MakeUrl) -> None:
    """The rules go to them as data, and each reads the tags of accounts by itself."""
    for number in range(12):
        account = f"1{number:011}"
        lake.aws.world.account(account, f"team-{number}", tags={"owner": f"owner-{number}"})
        lake.aws.world.key(account=account, alias=f"alias/{number}")
    settings = replace(lake.settings(ORGANISATION, WITH_ACCOUNT_TAGS), database_url=make_url("migrated"))

    def owners(branching: Branching | None) -> dict[str, str | None]:
        connected, stop = connect_aws(settings), Event()
        scanner = Scanner(
            connected.discovery,
            connected.reader,
            Policy(),
            accounts="organization",
            regions=[FRANKFURT],
            owners=settings.owner_rules,
            branching=branching,
        )
        with closing(scanner.read(scanner.plan(Filter(), stop), stop)) as readings:
            return {read.arn: read.owner for read in readings if isinstance(read, Finding)}

    alone = owners(None)
    spread = owners(Branching(2, partial(equip, settings, remembers=False), middling=AT_ONCE, long=AT_ONCE))
    assert spread == alone
    assert set(alone.values()) == {f"owner-{number}" for number in range(12)}


def test_production_is_a_setting(house: House) -> None:
    house.aws.world.key(account=MEMBER, tags={"tier": "1"})
    assert not one(house).is_production
    assert one(house, '[digest.production]\ntags = { tier = "1" }').is_production
    assert one(house, '[digest.production]\naccounts = ["prod-*"]').is_production
