"""The demo's organisation."""

from collections import Counter
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from deploy.sandbox.aws import AwsServer
from tests.sandbox.aws_clients import AUDIT, REMEDIATE, administrator, assume, bot, code, kms, message

READABLE = ("111111111111", "123456789012", "222222222222", "333333333333", "444444444444")
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")


@pytest.fixture(scope="module")
def seeded() -> Iterator[AwsServer]:
    with AwsServer() as server:
        yield server


def test_the_organisation_has_its_accounts(seeded: AwsServer) -> None:
    accounts = bot(seeded, "organizations").list_accounts()["Accounts"]
    assert {account["Id"]: (account["Name"], account["State"]) for account in accounts} == {
        "123456789012": ("security-tooling", "ACTIVE"),
        "111111111111": ("prod-payments", "ACTIVE"),
        "222222222222": ("prod-web", "ACTIVE"),
        "333333333333": ("staging", "ACTIVE"),
        "444444444444": ("data-lake", "ACTIVE"),
        "555555555555": ("legacy-erp", "ACTIVE"),
        "666666666666": ("closed-experiment", "SUSPENDED"),
        "777777777777": ("playground", "ACTIVE"),
    }


@pytest.mark.parametrize("account", READABLE)
@pytest.mark.parametrize("role", [AUDIT, REMEDIATE])
def test_both_roles_are_there(seeded: AwsServer, account: str, role: str) -> None:
    assert assume(seeded, role, account)


@pytest.mark.parametrize("account", ["555555555555", "666666666666"])
def test_an_account_without_roles_and_a_closed_one_let_nobody_in(seeded: AwsServer, account: str) -> None:
    with pytest.raises(ClientError) as error:
        assume(seeded, AUDIT, account)
    assert code(error) == "AccessDenied"


def test_there_are_about_sixty_keys_of_every_kind(seeded: AwsServer) -> None:
    kinds: Counter[str] = Counter()
    for account in READABLE:
        for region in REGIONS:
            audit = kms(seeded, AUDIT, account, region)
            for page in audit.get_paginator("list_keys").paginate():
                for entry in page["Keys"]:
                    key = audit.describe_key(KeyId=entry["KeyArn"])["KeyMetadata"]
                    kinds[key["KeyState"]] += 1
                    kinds[key["KeyManager"]] += 1
                    kinds[key.get("KeySpec", "")] += 1
                    kinds[key["Origin"]] += 1
                    kinds[key.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType", "SINGLE")] += 1
    assert 55 <= kinds["CUSTOMER"] + kinds["AWS"] <= 70
    expected = {"Enabled", "Disabled", "PendingDeletion", "PendingImport", "AWS", "CUSTOMER", "PRIMARY", "REPLICA"}
    expected |= {"SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256", "HMAC_256", "EXTERNAL", "AWS_CLOUDHSM", "AWS_KMS"}
    assert expected <= kinds.keys()


def test_periods_are_right_too_long_and_missing(seeded: AwsServer) -> None:
    audit = kms(seeded, AUDIT, "111111111111")
    statuses = {
        alias: audit.get_key_rotation_status(KeyId=audit.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"])
        for alias in ("alias/payments/ledger-db", "alias/payments/refund-queue", "alias/payments/card-vault")
    }
    assert [status.get("RotationPeriodInDays") for status in statuses.values()] == [365, 730, None]


def test_one_keys_policy_shuts_the_audit_out(seeded: AwsServer) -> None:
    audit = kms(seeded, AUDIT, "444444444444")
    arn = audit.describe_key(KeyId="alias/lake/whistleblower")["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError) as error:
        audit.get_key_rotation_status(KeyId=arn)
    assert message(error).endswith("with an explicit deny in a resource-based policy")


def test_sydney_is_enabled_in_the_data_lake_and_denied_by_the_organisation(seeded: AwsServer) -> None:
    regions = bot(seeded, "sts") and seeded.world.regions["444444444444"]
    assert regions["ap-southeast-2"] == "ENABLED_BY_DEFAULT"
    with pytest.raises(ClientError) as error:
        kms(seeded, AUDIT, "444444444444", "ap-southeast-2").list_keys()
    assert message(error).endswith("with an explicit deny in a service control policy")


def test_tags_tell_team_owner_environment_and_who_manages_the_key(seeded: AwsServer) -> None:
    lake = administrator(seeded, "444444444444")
    arn = lake.describe_key(KeyId="alias/lake/airflow")["KeyMetadata"]["Arn"]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in lake.list_resource_tags(KeyId=arn)["Tags"]}
    assert {"team", "owner", "environment", "aws:cloudformation:stack-name"} <= tags.keys()


def test_accounts_stand_in_organisational_units(seeded: AwsServer) -> None:
    organizations = bot(seeded, "organizations")

    def way_up(child: str) -> list[str]:
        if child.startswith("r-"):
            return []
        [parent] = organizations.list_parents(ChildId=child)["Parents"]
        return [parent["Id"], *way_up(parent["Id"])]

    root, production = "r-nw1x", "ou-nw1x-production"
    assert {account: way_up(account) for account in seeded.world.accounts} == {
        "123456789012": [root],
        "111111111111": ["ou-nw1x-regulated", production, root],
        "222222222222": [production, root],
        "333333333333": ["ou-nw1x-sandbox0", root],
        "444444444444": [production, root],
        "555555555555": [production, root],
        "666666666666": ["ou-nw1x-suspended", root],
        "777777777777": ["ou-nw1x-sandbox0", root],
    }
