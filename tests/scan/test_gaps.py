"""What could not be read is said with its cause and its place, and everything else goes on."""

import pytest

from bot.models.keys import Reason
from bot.models.scans import CoverageStatus, Summary
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, ORGANISATION, TOOLING, House

IN_TWO_PLACES = f'accounts = "organization"\nregions = ["{FRANKFURT}"]'


def test_some_unread_keys_make_a_target_partly_read_and_name_the_missing_permission(house: House) -> None:
    keys = [house.aws.world.key(account=MEMBER, rotation=365) for _ in range(12)]
    for arn in keys[:3]:
        house.aws.faults.deny(MEMBER, action="kms:GetKeyRotationStatus", kind="key-policy", resource=arn)
    audit = house.audit()
    covered = audit.at(MEMBER, FRANKFURT)
    assert (covered.status, covered.keys) == (CoverageStatus.PARTIAL, 12)
    assert covered.error == "3 of 12 keys could not be read: kms:GetKeyRotationStatus is denied (by the key policy)."
    assert audit.scan.summary == Summary(compliant=9, insufficient_data=3)


def test_each_cause_has_its_own_sentence(house: House) -> None:
    keys = [house.aws.world.key(account=MEMBER) for _ in range(4)]
    house.aws.faults.deny(MEMBER, action="kms:DescribeKey", resource=keys[0])
    for arn in keys[1:3]:
        house.aws.faults.deny(MEMBER, action="kms:GetKeyRotationStatus", kind="key-policy", resource=arn)
    assert house.audit().at(MEMBER, FRANKFURT).error == (
        "2 of 4 keys could not be read: kms:GetKeyRotationStatus is denied (by the key policy). "
        "1 of 4 keys could not be read: kms:DescribeKey is denied (the role's own policy lacks it)."
    )


def test_a_target_of_which_no_key_was_read_has_failed(house: House) -> None:
    house.aws.world.key(account=MEMBER)
    house.aws.faults.deny(MEMBER, action="kms:DescribeKey")
    covered = house.audit().at(MEMBER, FRANKFURT)
    assert (covered.status, covered.keys) == (CoverageStatus.FAILED, 1)
    assert covered.error == "1 of 1 key could not be read: kms:DescribeKey is denied (the role's own policy lacks it)."


def test_a_region_that_a_service_control_policy_denies_is_not_an_empty_region(house: House) -> None:
    house.aws.world.key(account=MEMBER, region=DUBLIN, rotation=365)
    house.aws.faults.deny(MEMBER, FRANKFURT, "kms:*", kind="scp")
    audit = house.audit(ORGANISATION, within="account=prod-*")
    assert audit.at(MEMBER, FRANKFURT).status is CoverageStatus.FAILED
    assert audit.at(MEMBER, FRANKFURT).error == (
        "Its keys could not be listed: kms:ListKeys is denied (by a service control policy)."
    )
    assert audit.at(MEMBER, DUBLIN).status is CoverageStatus.SCANNED
    assert audit.scan.summary.compliant == 1


def test_an_account_without_the_role_costs_one_call_and_is_told_once(house: House) -> None:
    house.aws.faults.remove_role(MEMBER, "KmsRotationAudit")
    audit = house.audit(ORGANISATION)
    [lost] = [each for each in audit.coverage if each.account == MEMBER]
    assert (lost.region, lost.status, lost.account_name) == ("*", CoverageStatus.FAILED, "prod-payments")
    assert lost.error == (
        "The account could not be entered: sts:AssumeRole is denied (AWS does not say by which policy). "
        "The audit role is missing there, or does not trust the bot, or has another external id."
    )
    asked = [call for call in house.aws.calls.named("AssumeRole") if MEMBER in call.parameters["RoleArn"]]
    assert len(asked) == 1
    assert {each.status for each in audit.coverage if each.account == TOOLING} == {CoverageStatus.SCANNED}


def test_another_external_id_lets_nobody_in(house: House) -> None:
    house.roles = 'audit_role = "KmsRotationAudit"\nexternal_id = "somebody-elses"'
    assert house.audit().places == [(MEMBER, "*", "FAILED")]


def test_regions_that_cannot_be_listed_are_a_failure_of_the_account(house: House) -> None:
    house.aws.faults.deny(MEMBER, action="account:ListRegions")
    audit = house.audit(ORGANISATION, within="account=prod-*")
    assert audit.places == [(MEMBER, "*", "FAILED")]
    assert audit.at(MEMBER, "*").error == (
        "Its enabled Regions could not be listed: account:ListRegions is denied (the role's own policy lacks it)."
    )


def test_an_organisation_that_cannot_be_listed_is_never_a_clean_scan(house: House) -> None:
    house.aws.faults.deny(action="organizations:ListAccounts")
    audit = house.audit(ORGANISATION)
    assert audit.places == [("*", "*", "FAILED")]
    assert audit.at("*", "*").error == (
        "The organisation's accounts could not be listed, so none was read: organizations:ListAccounts is denied "
        "(the role's own policy lacks it). Run the bot in the management account or in a delegated administrator's."
    )


def test_credentials_that_aws_does_not_know_are_told_as_such(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    assert house.audit(ORGANISATION).at("*", "*").error == (
        "AWS does not let the bot in, so nothing was read: sts:GetCallerIdentity failed (InvalidClientTokenId). "
        "AWS does not know these credentials. Check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN."
    )


def test_keys_are_read_where_aliases_are_denied(house: House) -> None:
    named = house.aws.world.key(account=MEMBER, alias="alias/vault", rotation=365)
    amazons = house.aws.world.key(account=MEMBER, alias="alias/aws/rds")
    house.aws.faults.deny(MEMBER, action="kms:ListAliases")
    audit = house.audit()
    assert (audit.of(named).reason, audit.of(named).aliases) == (Reason.ROTATION_ENABLED, ())
    assert audit.of(amazons).reason is Reason.AWS_MANAGED
    covered = audit.at(MEMBER, FRANKFURT)
    assert (covered.status, covered.keys) == (CoverageStatus.PARTIAL, 2)
    assert covered.error == "Aliases are unknown: kms:ListAliases is denied (the role's own policy lacks it)."


def test_a_finding_stands_where_its_tags_are_denied(house: House) -> None:
    arn = house.aws.world.key(account=MEMBER, tags={"team": "payments"})
    house.aws.faults.deny(MEMBER, action="kms:ListResourceTags")
    audit = house.audit()
    assert (audit.of(arn).reason, audit.of(arn).team) == (Reason.ROTATION_DISABLED, None)
    covered = audit.at(MEMBER, FRANKFURT)
    assert (covered.status, covered.error) == (
        CoverageStatus.PARTIAL,
        "The tags of 1 key could not be read: kms:ListResourceTags is denied (the role's own policy lacks it).",
    )


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lever", ["throttle", "server_error", "close_connection"])
@pytest.mark.parametrize(
    "action",
    [
        "sts:AssumeRole", "organizations:ListAccounts", "account:ListRegions", "kms:ListKeys", "kms:ListAliases",
        "kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListResourceTags",
    ],
)  # fmt: skip
def test_trouble_that_passes_leaves_no_trace(house: House, lever: str, action: str) -> None:
    arn = house.aws.world.key(account=MEMBER, alias="alias/vault", tags={"team": "payments"})
    house.aws.faults.apply(lever, {"action": action, "times": 2})
    audit = house.audit(ORGANISATION, within=f"account={MEMBER} region={FRANKFURT}")
    assert audit.places == [(MEMBER, FRANKFURT, "SCANNED")]
    assert (audit.of(arn).reason, audit.of(arn).team) == (Reason.ROTATION_DISABLED, "payments")
    failed = [call for call in house.aws.calls if call.error is not None]
    assert [f"{call.service}:{call.action}" for call in failed] == [action, action]


@pytest.mark.usefixtures("impatient")
def test_trouble_in_one_place_costs_nothing_elsewhere(house: House) -> None:
    there, here = house.aws.world.key(account=MEMBER), house.aws.world.key(account=TOOLING)
    house.aws.faults.throttle(MEMBER, action="kms:GetKeyRotationStatus")
    audit = house.audit(IN_TWO_PLACES)
    assert audit.of(there).reason is Reason.THROTTLED
    assert audit.of(here).reason is Reason.ROTATION_DISABLED
    assert audit.places == [(MEMBER, FRANKFURT, "FAILED"), (TOOLING, FRANKFURT, "SCANNED")]
