"""Which accounts and Regions a scan reads, and how a filter narrows it."""

import pytest

from bot.rules.filters import BadFilterError
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, ONE_PLACE, ORGANISATION, TOOLING, VIRGINIA, House

EVERYWHERE_ENABLED = (FRANKFURT, DUBLIN, VIRGINIA)


def scanned(*places: tuple[str, str]) -> list[tuple[str, str, str]]:
    return sorted((account, region, "SCANNED") for account, region in places)


def test_the_organisation_is_its_active_accounts_in_the_regions_that_each_has_enabled(house: House) -> None:
    house.aws.world.account("222222222222", "closed", "SUSPENDED")
    house.aws.world.account("333333333333", "closing", "PENDING_CLOSURE")
    house.aws.world.account("444444444444", "sydney", regions=("ap-southeast-2",))
    assert house.audit(ORGANISATION).places == scanned(
        *((MEMBER, region) for region in EVERYWHERE_ENABLED),
        *((TOOLING, region) for region in EVERYWHERE_ENABLED),
        ("444444444444", "ap-southeast-2"),
    )


def test_an_empty_page_with_a_token_does_not_end_the_list_of_accounts(house: House) -> None:
    house.aws.faults.empty_page(times=3)
    assert len(house.audit(ORGANISATION, within=f"region={DUBLIN}").coverage) == 2
    assert len(house.aws.calls.named("ListAccounts")) == 4


def test_an_organisation_of_many_pages_is_listed_to_the_last(house: House) -> None:
    for number in range(59):
        house.aws.world.account(f"7000000000{number:02}", f"team-{number}", regions=(DUBLIN,))
    coverage = house.audit(ORGANISATION, within=f"account=team-* region={DUBLIN}").coverage
    assert len(coverage) == 59
    assert len(house.aws.calls.named("ListAccounts")) == 4


def test_without_accounts_the_bots_own_is_scanned(house: House) -> None:
    assert house.audit(f'regions = ["{DUBLIN}"]').places == scanned((TOOLING, DUBLIN))


def test_the_bots_own_account_is_entered_with_the_role_where_one_is_configured(house: House) -> None:
    arn = house.aws.world.key(account=TOOLING, region=DUBLIN, rotation=365)
    assert house.audit(f'regions = ["{DUBLIN}"]').of(arn).message == "Rotates every 365 days."
    assert {call.principal for call in house.aws.calls.named("ListKeys")} == {
        f"arn:aws:sts::{TOOLING}:assumed-role/KmsRotationAudit/kms-rotation-audit"
    }


def test_listed_accounts_are_scanned_under_the_names_that_the_organisation_gives_them(house: House) -> None:
    [covered] = house.audit(ONE_PLACE).coverage
    assert (covered.account, covered.account_name) == (MEMBER, "prod-payments")


def test_listed_accounts_are_scanned_under_their_ids_where_the_organisation_may_not_be_read(house: House) -> None:
    house.aws.faults.deny(action="organizations:ListAccounts")
    [covered] = house.audit(ONE_PLACE).coverage
    assert (covered.account, covered.account_name, covered.status.value) == (MEMBER, MEMBER, "SCANNED")


def test_listed_regions_are_scanned_without_asking_which_are_enabled(house: House) -> None:
    house.audit(f'accounts = ["{MEMBER}"]\nregions = ["{DUBLIN}", "{VIRGINIA}"]')
    assert house.aws.calls.named("ListRegions") == []


def test_a_listed_region_that_is_not_enabled_could_not_be_scanned(house: House) -> None:
    audit = house.audit(f'accounts = ["{MEMBER}"]\nregions = ["{DUBLIN}", "af-south-1"]')
    assert audit.places == [(MEMBER, "af-south-1", "FAILED"), (MEMBER, DUBLIN, "SCANNED")]
    assert audit.at(MEMBER, "af-south-1").error == (
        "Its keys could not be listed: kms:ListKeys failed (UnrecognizedClientException). "
        "The Region may not be enabled in this account."
    )


@pytest.mark.parametrize(
    ("within", "places"),
    [
        (f"account={MEMBER}", [(MEMBER, region) for region in EVERYWHERE_ENABLED]),
        ("account=prod-*", [(MEMBER, region) for region in EVERYWHERE_ENABLED]),
        ("account=PROD-PAYMENTS", [(MEMBER, region) for region in EVERYWHERE_ENABLED]),
        ("region=eu-*", [(account, region) for account in (MEMBER, TOOLING) for region in (FRANKFURT, DUBLIN)]),
        (f"account=security-tooling region={VIRGINIA}", [(TOOLING, VIRGINIA)]),
    ],
)
def test_a_scan_is_narrowed_by_account_and_region(house: House, within: str, places: list[tuple[str, str]]) -> None:
    audit = house.audit(ORGANISATION, within=within)
    assert audit.places == scanned(*places)
    assert audit.scan.scope == within.lower()


def test_a_narrowed_scan_enters_no_other_account(house: House) -> None:
    house.audit(ORGANISATION, within=f"account={MEMBER}")
    entered = {call.parameters["RoleArn"].split(":")[4] for call in house.aws.calls.named("AssumeRole")}
    assert entered == {MEMBER}


@pytest.mark.parametrize("within", ["team=payments", "alias=alias/x", "payments", "account=prod-* team=web"])
def test_what_tells_keys_apart_narrows_no_scan(house: House, within: str) -> None:
    with pytest.raises(BadFilterError, match=r"^A scan is narrowed by account= and region=; team=, alias= and bare"):
        house.audit(ORGANISATION, within=within)
    assert len(house.aws.calls) == 0


def test_a_filter_that_matches_no_account_names_those_there_are(house: House) -> None:
    with pytest.raises(BadFilterError) as error:
        house.audit(ORGANISATION, within="account=prod-paymants")
    assert str(error.value) == (
        "No account to scan matches account=prod-paymants. "
        "There are prod-payments (111111111111), security-tooling (123456789012)."
    )


def test_where_there_is_one_account_alone_it_says_so(house: House) -> None:
    with pytest.raises(BadFilterError) as error:
        house.audit(ONE_PLACE, within="account=nobody")
    assert str(error.value) == f"No account to scan matches account=nobody. There is only prod-payments ({MEMBER})."


@pytest.mark.parametrize("regions", ["", f'\nregions = ["{DUBLIN}"]'])
def test_a_filter_that_matches_no_region_is_a_mistake_and_not_an_empty_success(house: House, regions: str) -> None:
    with pytest.raises(BadFilterError, match=r"^No Region of the accounts to scan matches region=mars-\*\.$"):
        house.audit(ORGANISATION + regions, within="region=mars-*")
