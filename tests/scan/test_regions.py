"""Listed Regions that there are not, or that an account has not enabled, are named; the rest goes on."""

import pytest

from bot.aws.discovery import Discovery
from bot.models.scans import CoverageStatus
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, ORGANISATION, TOOLING, House

NEW_REGION = "ap-southeast-7"
"""One that AWS has opened after an older version of the SDK was made."""


@pytest.fixture
def older_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Discovery.known_regions
    monkeypatch.setattr(Discovery, "known_regions", lambda discovery: known(discovery) - {NEW_REGION})


def in_regions(*regions: str, accounts: str = f'accounts = ["{MEMBER}"]') -> str:
    return f"{accounts}\nregions = {list(regions)}"


def open_up(house: House, region: str, state: str = "ENABLED", account: str = MEMBER) -> None:
    house.aws.world.regions[account][region] = state


def test_regions_that_the_sdk_knows_cost_no_call(house: House) -> None:
    house.audit(in_regions(DUBLIN, "af-south-1", accounts=ORGANISATION))
    assert house.aws.calls.named("ListRegions") == []


def test_a_region_that_there_is_not_is_named_with_the_nearest_and_the_rest_goes_on(house: House) -> None:
    audit = house.audit(in_regions("eu-centrale-1", DUBLIN))
    assert audit.places == [(MEMBER, "eu-centrale-1", "FAILED"), (MEMBER, DUBLIN, "SCANNED")]
    assert audit.at(MEMBER, "eu-centrale-1").error == (
        "AWS tells this account of no such Region. Did you mean eu-central-1? Correct scan.regions."
    )
    assert [call.account for call in house.aws.calls.named("ListRegions")] == [MEMBER]
    assert {call.region for call in house.aws.calls.named("ListKeys")} == {DUBLIN}


def test_a_region_of_another_partition_is_one_that_there_is_not(house: House) -> None:
    audit = house.audit(in_regions("cn-northwest-1", DUBLIN))
    assert audit.at(MEMBER, "cn-northwest-1").status is CoverageStatus.FAILED
    assert audit.at(MEMBER, DUBLIN).status is CoverageStatus.SCANNED


@pytest.mark.usefixtures("older_sdk")
def test_a_region_that_is_newer_than_the_sdk_is_scanned_where_it_is_enabled(house: House) -> None:
    open_up(house, NEW_REGION)
    open_up(house, NEW_REGION, "DISABLED", TOOLING)
    audit = house.audit(in_regions(NEW_REGION, DUBLIN, accounts=ORGANISATION))
    assert audit.places == [
        (MEMBER, NEW_REGION, "SCANNED"),
        (MEMBER, DUBLIN, "SCANNED"),
        (TOOLING, NEW_REGION, "FAILED"),
        (TOOLING, DUBLIN, "SCANNED"),
    ]
    assert audit.at(TOOLING, NEW_REGION).error == "The Region is not enabled in this account, so it was not read."


@pytest.mark.usefixtures("older_sdk")
@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("ENABLED", "SCANNED"),
        ("ENABLED_BY_DEFAULT", "SCANNED"),
        ("ENABLING", "SCANNED"),
        ("DISABLING", "FAILED"),
        ("DISABLED", "FAILED"),
    ],
)
def test_every_state_of_a_region_that_was_asked_for(house: House, state: str, status: str) -> None:
    open_up(house, NEW_REGION, state)
    assert house.audit(in_regions(NEW_REGION)).places == [(MEMBER, NEW_REGION, status)]


def test_where_an_account_does_not_tell_its_regions_the_known_ones_are_scanned(house: House) -> None:
    house.aws.faults.deny(MEMBER, action="account:ListRegions")
    audit = house.audit(in_regions("eu-centrale-1", DUBLIN))
    assert audit.places == [(MEMBER, "eu-centrale-1", "FAILED"), (MEMBER, DUBLIN, "SCANNED")]
    assert audit.at(MEMBER, "eu-centrale-1").error == (
        "Whether there is such a Region is unknown: account:ListRegions is denied (the role's own policy lacks it)."
    )


def test_a_scan_that_is_narrowed_to_other_regions_does_not_ask(house: House) -> None:
    audit = house.audit(in_regions("eu-centrale-1", DUBLIN, FRANKFURT), within=f"region={DUBLIN}")
    assert audit.places == [(MEMBER, DUBLIN, "SCANNED")]
    assert house.aws.calls.named("ListRegions") == []
