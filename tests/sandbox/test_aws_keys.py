"""Keys, aliases and tags: found, listed and described as AWS does."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_kms import KMSClient

from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.keys import set_state
from tests.sandbox.aws_clients import MEMBER, REMEDIATE, administrator, aws, client, code, kms, message

__all__ = ["aws"]


def test_listing_keys_pages_by_100_and_1000_at_most(aws: AwsServer) -> None:
    made = {aws.world.key(alias=f"alias/key-{number}") for number in range(250)}
    kms = administrator(aws)
    first = kms.list_keys()
    assert (len(first["Keys"]), first["Truncated"]) == (100, True)
    everything = kms.list_keys(Limit=1000)
    assert (len(everything["Keys"]), everything["Truncated"], "NextMarker" in everything) == (250, False, False)
    paged = [key["KeyArn"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    assert (len(paged), set(paged)) == (250, made)
    with pytest.raises(ClientError) as error:
        kms.list_keys(Limit=1001)
    assert code(error) == "ValidationException"


def test_listing_aliases_pages_by_50_and_100_at_most(aws: AwsServer) -> None:
    for number in range(120):
        aws.world.key(alias=f"alias/key-{number}")
    kms = administrator(aws)
    assert len(kms.list_aliases()["Aliases"]) == 50
    assert len(kms.list_aliases(Limit=100)["Aliases"]) == 100
    paged = [one["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for one in page["Aliases"]]
    assert sorted(paged) == sorted(f"alias/key-{number}" for number in range(120))
    with pytest.raises(ClientError) as error:
        kms.list_aliases(Limit=101)
    assert code(error) == "ValidationException"


def test_listing_tags_pages_by_50(aws: AwsServer) -> None:
    arn = aws.world.key(tags={f"tag-{number}": "value" for number in range(60)})
    kms = administrator(aws)
    first = kms.list_resource_tags(KeyId=arn)
    second = kms.list_resource_tags(KeyId=arn, Marker=first["NextMarker"])
    assert (len(first["Tags"]), len(second["Tags"]), second["Truncated"]) == (50, 10, False)
    with pytest.raises(ClientError) as error:
        kms.list_resource_tags(KeyId=arn, Limit=51)
    assert code(error) == "ValidationException"


def test_a_page_survives_that_the_key_it_ended_with_is_deleted(aws: AwsServer) -> None:
    made = {aws.world.key() for _ in range(10)}
    kms = administrator(aws)
    first = kms.list_keys(Limit=5)
    aws.faults.delete_key(first["Keys"][-1]["KeyArn"])
    second = kms.list_keys(Limit=5, Marker=first["NextMarker"])
    assert {key["KeyArn"] for key in (*first["Keys"], *second["Keys"])} == made


def test_a_made_up_marker_is_refused(aws: AwsServer) -> None:
    with pytest.raises(ClientError) as error:
        administrator(aws).list_keys(Marker="page-2")
    assert code(error) == "InvalidMarkerException"


def test_aliases_of_one_key_are_listed_alone(aws: AwsServer) -> None:
    arn = aws.world.key(alias=["alias/a", "alias/b"])
    aws.world.key(alias="alias/c")
    listed = administrator(aws).list_aliases(KeyId=arn)["Aliases"]
    assert [one["AliasName"] for one in listed] == ["alias/a", "alias/b"]


def test_aws_own_aliases_that_no_key_has_yet_carry_no_key(aws: AwsServer) -> None:
    aws.world.unused_aliases["123456789012", "eu-central-1"] = ["alias/aws/fsx"]
    (listed,) = administrator(aws).list_aliases()["Aliases"]
    assert listed["AliasName"] == "alias/aws/fsx"
    assert "TargetKeyId" not in listed


@pytest.mark.parametrize("form", ["id", "arn", "alias", "alias arn"])
def test_a_key_is_described_by_every_name_it_has(aws: AwsServer, form: str) -> None:
    arn = aws.world.key(alias="alias/payments/card-vault")
    before_name, _, key_id = arn.partition("key/")
    names = {
        "id": key_id,
        "arn": arn,
        "alias": "alias/payments/card-vault",
        "alias arn": before_name + "alias/payments/card-vault",
    }
    assert administrator(aws).describe_key(KeyId=names[form])["KeyMetadata"]["Arn"] == arn


def test_an_alias_that_is_not_there_is_not_found(aws: AwsServer) -> None:
    with pytest.raises(ClientError) as error:
        administrator(aws).describe_key(KeyId="alias/nobody")
    assert code(error) == "NotFoundException"


def test_describing_a_replica_leaves_its_primary_a_primary(aws: AwsServer) -> None:
    primary = aws.world.key(multi_region=True)
    replica = aws.world.replica(primary, "us-east-1")
    here, there = administrator(aws), administrator(aws, region="us-east-1")
    kinds = [
        kms.describe_key(KeyId=arn)["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"]
        for kms, arn in ((there, replica), (here, primary), (there, replica), (here, primary))
    ]
    assert kinds == ["REPLICA", "PRIMARY", "REPLICA", "PRIMARY"]


def test_updating_the_primary_region_swaps_primary_and_replica(aws: AwsServer) -> None:
    here, there = administrator(aws), administrator(aws, region="us-east-1")
    old = here.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    answered = here.replicate_key(KeyId=old, ReplicaRegion="us-east-1")["ReplicaKeyMetadata"]
    assert answered["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    here.update_primary_region(KeyId=old, PrimaryRegion="us-east-1")
    was = here.describe_key(KeyId=old)["KeyMetadata"]["MultiRegionConfiguration"]
    now = there.describe_key(KeyId=answered["Arn"])["KeyMetadata"]["MultiRegionConfiguration"]
    assert (was["MultiRegionKeyType"], now["MultiRegionKeyType"]) == ("REPLICA", "PRIMARY")
    assert now["PrimaryKey"] == {"Arn": answered["Arn"], "Region": "us-east-1"}
    assert now["ReplicaKeys"] == [{"Arn": old, "Region": "eu-central-1"}]


def _role_of(kms: KMSClient, arn: str) -> str:
    described = kms.describe_key(KeyId=arn)["KeyMetadata"]
    return f"{described['KeyState']} {described['MultiRegionConfiguration']['MultiRegionKeyType']}"


def test_while_a_primary_moves_both_keys_are_updating_replicas(aws: AwsServer) -> None:
    old = aws.world.key(multi_region=True)
    new, bystander = aws.world.replica(old, "us-east-1"), aws.world.replica(old, "eu-west-1")
    here, there = administrator(aws), administrator(aws, region="us-east-1")
    aws.faults.lag_reads(2)
    here.update_primary_region(KeyId=old, PrimaryRegion="us-east-1")
    orders: list[tuple[Any, dict[str, str]]] = [
        (here.disable_key, {"KeyId": old}),
        (there.enable_key, {"KeyId": new}),
        (there.replicate_key, {"KeyId": new, "ReplicaRegion": "ap-southeast-2"}),
        (there.update_primary_region, {"KeyId": new, "PrimaryRegion": "eu-central-1"}),
    ]
    for order, asked in orders:
        with pytest.raises(ClientError) as error:
            order(**asked)
        assert code(error) == "KMSInvalidStateException"
        assert message(error).endswith("is updating.")
    assert _role_of(administrator(aws, region="eu-west-1"), bystander) == "Enabled REPLICA"
    assert [_role_of(here, old), _role_of(there, new)] == ["Updating REPLICA", "Updating REPLICA"]
    assert [_role_of(here, old), _role_of(there, new)] == ["Enabled REPLICA", "Enabled PRIMARY"]
    there.enable_key_rotation(KeyId=new, RotationPeriodInDays=365)


def test_a_primary_moves_there_and_back(aws: AwsServer) -> None:
    old = aws.world.key(multi_region=True)
    new, third = aws.world.replica(old, "us-east-1"), aws.world.replica(old, "eu-west-1")
    here, there = administrator(aws), administrator(aws, region="us-east-1")
    before = here.describe_key(KeyId=old)["KeyMetadata"]["MultiRegionConfiguration"]
    here.update_primary_region(KeyId=old, PrimaryRegion="us-east-1")
    there.update_primary_region(KeyId=new, PrimaryRegion="eu-central-1")
    after = here.describe_key(KeyId=old)["KeyMetadata"]["MultiRegionConfiguration"]
    assert (after["MultiRegionKeyType"], after["PrimaryKey"]) == (before["MultiRegionKeyType"], before["PrimaryKey"])
    assert {each["Arn"] for each in after["ReplicaKeys"]} == {new, third}


@pytest.mark.parametrize(
    ("which", "region", "expected"),
    [
        ("single", "us-east-1", "UnsupportedOperationException"),
        ("replica", "eu-central-1", "UnsupportedOperationException"),
        ("primary", "eu-central-1", "UnsupportedOperationException"),
        ("primary", "eu-west-1", "NotFoundException"),
        ("primary", None, "ValidationException"),
        ("gone", "us-east-1", "NotFoundException"),
    ],
)
def test_a_primary_moves_only_from_a_primary_to_a_replica(
    aws: AwsServer, which: str, region: str | None, expected: str
) -> None:
    primary = aws.world.key(multi_region=True)
    keys = {
        "single": aws.world.key(),
        "primary": primary,
        "replica": aws.world.replica(primary, "us-east-1"),
        "gone": aws.world.key(multi_region=True),
    }
    aws.faults.delete_key(keys["gone"])
    arn = keys[which]
    asked: dict[str, Any] = {"KeyId": arn} | ({} if region is None else {"PrimaryRegion": region})
    with pytest.raises(ClientError) as error:
        administrator(aws, region=arn.split(":")[3]).update_primary_region(**asked)
    assert code(error) == expected
    assert _role_of(administrator(aws), primary) == "Enabled PRIMARY"


STATES = {
    "Disabled": "DisabledException",
    "PendingDeletion": "KMSInvalidStateException",
    "PendingReplicaDeletion": "KMSInvalidStateException",
    "Creating": "KMSInvalidStateException",
    "Updating": "KMSInvalidStateException",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("of_the_primary", [False, True])
def test_both_keys_must_be_enabled_before_the_primary_moves(aws: AwsServer, state: str, of_the_primary: bool) -> None:
    primary = aws.world.key(multi_region=True)
    replica = aws.world.replica(primary, "us-east-1")
    set_state(aws.world.find(primary if of_the_primary else replica), state)
    with pytest.raises(ClientError) as error:
        administrator(aws).update_primary_region(KeyId=primary, PrimaryRegion="us-east-1")
    assert code(error) == STATES[state]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [(("eu-central-1", "us-east-1"), None), (("eu-central-1",), "us-east-1"), (("us-east-1",), "eu-central-1")],
)
def test_moving_a_primary_needs_the_permission_in_both_regions(
    aws: AwsServer, allowed: tuple[str, ...], expected: str | None
) -> None:
    primary = aws.world.key(account=MEMBER, multi_region=True)
    replica = aws.world.replica(primary, "us-east-1")
    statement = {
        "Effect": "Allow",
        "Action": "kms:UpdatePrimaryRegion",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": list(allowed), "kms:PrimaryRegion": "us-east-1"}},
    }
    role = aws.world.roles[MEMBER, REMEDIATE]
    aws.world.roles[MEMBER, REMEDIATE] = replace(role, policies=({"Statement": [statement]},))
    mover = kms(aws, REMEDIATE)
    if expected is None:
        mover.update_primary_region(KeyId=primary, PrimaryRegion="us-east-1")
        assert _role_of(administrator(aws, MEMBER, "us-east-1"), replica) == "Enabled PRIMARY"
        return
    with pytest.raises(ClientError) as error:
        mover.update_primary_region(KeyId=primary, PrimaryRegion="us-east-1")
    assert code(error) == "AccessDeniedException"
    assert (replica if expected == "us-east-1" else primary) in message(error)
    assert _role_of(administrator(aws, MEMBER), primary) == "Enabled PRIMARY"


def test_only_a_primary_is_replicated_and_once_a_region(aws: AwsServer) -> None:
    kms, single = administrator(aws), aws.world.key()
    primary = aws.world.key(multi_region=True)
    kms.replicate_key(KeyId=primary, ReplicaRegion="us-east-1")
    for arn, expected in ((single, "UnsupportedOperationException"), (primary, "AlreadyExistsException")):
        with pytest.raises(ClientError) as error:
            kms.replicate_key(KeyId=arn, ReplicaRegion="us-east-1")
        assert code(error) == expected


def test_a_primary_waits_for_its_replicas_before_it_is_deleted(aws: AwsServer) -> None:
    primary = aws.world.key(multi_region=True)
    replica = aws.world.replica(primary, "us-east-1")
    kms = administrator(aws)
    assert kms.schedule_key_deletion(KeyId=primary)["KeyState"] == "PendingReplicaDeletion"
    there = administrator(aws, region="us-east-1")
    assert there.schedule_key_deletion(KeyId=replica)["KeyState"] == "PendingDeletion"


def test_a_key_for_imported_material_waits_for_it(aws: AwsServer) -> None:
    made = administrator(aws).create_key(Origin="EXTERNAL")["KeyMetadata"]
    assert (made["KeyState"], made["Enabled"]) == ("PendingImport", False)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"spec": "HMAC_256"}, {"KeyUsage": "GENERATE_VERIFY_MAC", "MacAlgorithms": ["HMAC_SHA_256"]}),
        ({"spec": "ECC_NIST_P256"}, {"KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256"}),
        ({"origin": "AWS_CLOUDHSM"}, {"Origin": "AWS_CLOUDHSM", "KeyState": "Enabled"}),
        ({"state": "Disabled"}, {"KeyState": "Disabled", "Enabled": False}),
        ({"alias": "alias/aws/s3"}, {"KeyManager": "AWS"}),
        ({"description": "PANs"}, {"Description": "PANs", "KeyManager": "CUSTOMER"}),
    ],
)
def test_a_key_is_described_as_what_it_is(aws: AwsServer, options: dict[str, Any], expected: dict[str, Any]) -> None:
    described: dict[str, Any] = dict(administrator(aws).describe_key(KeyId=aws.world.key(**options))["KeyMetadata"])
    assert {name: described[name] for name in expected} == expected
    assert ("CustomKeyStoreId" in described) is (options.get("origin") == "AWS_CLOUDHSM")


def test_a_key_that_is_pending_deletion_tells_when_and_takes_no_more_orders(aws: AwsServer) -> None:
    arn, kms = aws.world.key(), administrator(aws)
    aws.faults.schedule_deletion(arn)
    assert "DeletionDate" in kms.describe_key(KeyId=arn)["KeyMetadata"]
    orders: list[Any] = [kms.enable_key, kms.disable_key, kms.schedule_key_deletion]
    for order in orders:
        with pytest.raises(ClientError) as error:
            order(KeyId=arn)
        assert code(error) == "KMSInvalidStateException"


def test_a_key_made_over_the_api_can_be_tagged_named_and_used(aws: AwsServer) -> None:
    kms = administrator(aws, MEMBER)
    arn = kms.create_key(Description="new", Tags=[{"TagKey": "team", "TagValue": "web"}])["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/web/new", TargetKeyId=arn)
    kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "owner", "TagValue": "noah"}])
    assert {tag["TagKey"] for tag in kms.list_resource_tags(KeyId=arn)["Tags"]} == {"team", "owner"}
    secret = kms.encrypt(KeyId="alias/web/new", Plaintext=b"hello")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=secret)["Plaintext"] == b"hello"
    assert aws.world.find(arn).account_id == MEMBER


def test_two_accounts_do_not_see_each_others_keys(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER)
    assert [key["KeyArn"] for key in administrator(aws, MEMBER).list_keys()["Keys"]] == [arn]
    assert administrator(aws).list_keys()["Keys"] == []


def test_every_answer_carries_its_request_id(aws: AwsServer) -> None:
    answer = client(aws, "kms").list_keys()["ResponseMetadata"]
    recorded = aws.calls.all()[-1].request_id
    assert answer["RequestId"] == answer["HTTPHeaders"]["x-amzn-requestid"] == recorded
