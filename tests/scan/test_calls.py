"""How many calls a scan makes, and as whom."""

from collections import Counter
from threading import Event

from bot.app import connect_aws
from bot.models.scans import CoverageStatus
from bot.rules.filters import Filter
from bot.rules.verdict import Policy
from bot.scan import Scanner
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, ONE_PLACE, ORGANISATION, TOOLING, House


def calls_about(house: House, arn: str) -> list[str]:
    return [call.action for call in house.aws.calls if call.key == arn]


def test_each_key_costs_what_its_judgement_needs_and_no_more(house: House) -> None:
    world = house.aws.world
    amazons = world.key(account=MEMBER, alias="alias/aws/rds")
    asymmetric = world.key(account=MEMBER, spec="RSA_2048")
    disabled = world.key(account=MEMBER, state="Disabled")
    compliant = world.key(account=MEMBER, rotation=365, tags={"team": "payments"})
    open_ = world.key(account=MEMBER, tags={"team": "payments"})
    house.audit()
    assert calls_about(house, amazons) == []
    assert calls_about(house, asymmetric) == ["DescribeKey"]
    assert calls_about(house, disabled) == ["DescribeKey"]
    assert calls_about(house, compliant) == ["DescribeKey", "GetKeyRotationStatus"]
    assert calls_about(house, open_) == ["DescribeKey", "GetKeyRotationStatus", "ListResourceTags"]


def test_an_empty_target_costs_one_call(house: House) -> None:
    house.audit()
    assert [call.action for call in house.aws.calls if call.service == "kms"] == ["ListKeys"]


def test_an_account_is_entered_once_for_all_its_regions(house: House) -> None:
    house.aws.world.key(account=MEMBER)
    house.audit(ORGANISATION)
    roles = Counter(call.parameters["RoleArn"] for call in house.aws.calls.named("AssumeRole"))
    assert roles == {f"arn:aws:iam::{account}:role/KmsRotationAudit": 1 for account in (MEMBER, TOOLING)}


def test_every_key_call_is_made_in_its_own_account_by_the_audit_role(house: House) -> None:
    for account in (MEMBER, TOOLING):
        for _ in range(20):
            house.aws.world.key(account=account)
    house.audit(ORGANISATION)
    calls = [call for call in house.aws.calls if call.key is not None]
    assert len(calls) == 2 * 20 * 3
    for call in calls:
        assert call.key is not None
        assert call.account == call.key.split(":")[4]
        assert call.principal.startswith(f"arn:aws:sts::{call.account}:assumed-role/KmsRotationAudit/")


def test_every_page_of_keys_and_aliases_is_read_at_its_full_size(house: House) -> None:
    arns = [house.aws.world.key(account=MEMBER, alias=f"alias/key-{number}", rotation=365) for number in range(1201)]
    audit = house.audit(ONE_PLACE)
    assert sorted(finding.arn for finding in audit.findings) == sorted(arns)
    assert all(finding.aliases for finding in audit.findings)
    assert audit.at(MEMBER, FRANKFURT).keys == 1201
    assert [call.parameters["Limit"] for call in house.aws.calls.named("ListKeys")] == [1000] * 2
    assert [call.parameters["Limit"] for call in house.aws.calls.named("ListAliases")] == [100] * 13


def test_a_target_that_was_begun_is_finished_before_another_is_begun(house: House) -> None:
    """So the keys that are known and not yet read never pile up, however large the organisation is."""
    for region in (FRANKFURT, DUBLIN):
        for _ in range(3):
            house.aws.world.key(account=MEMBER, region=region, rotation=365)
    connected = connect_aws(house.settings(ONE_PLACE))
    scanner = Scanner(
        connected.discovery,
        connected.reader,
        Policy(),
        accounts=[MEMBER],
        regions=[FRANKFURT, DUBLIN],
        workers=1,
    )
    plan = scanner.plan(Filter(), Event())
    house.aws.calls.clear()
    list(scanner.read(plan, Event()))
    regions = [call.region for call in house.aws.calls if call.service == "kms"]
    assert regions == sorted(regions)
    assert len(regions) == 2 * (2 + 3 * 2)


def test_the_bots_own_permissions_and_those_of_its_audit_role_are_enough(house: House) -> None:
    """The house runs as the shipped policies allow; the emulated AWS reads them from the very templates."""
    house.aws.world.key(account=MEMBER, tags={"team": "payments"})
    audit = house.audit(ORGANISATION)
    assert {covered.status for covered in audit.coverage} == {CoverageStatus.SCANNED}
    assert [call.action for call in house.aws.calls if call.error is not None] == []


def test_a_scan_changes_nothing(house: House) -> None:
    house.aws.world.key(account=MEMBER)
    house.audit(ORGANISATION)
    assert {call.action for call in house.aws.calls} == {
        "GetCallerIdentity", "ListAccounts", "AssumeRole", "ListRegions", "ListKeys", "ListAliases", "DescribeKey",
        "GetKeyRotationStatus", "ListResourceTags",
    }  # fmt: skip
