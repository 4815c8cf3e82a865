"""Rotation as AWS has it, key by key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_kms import KMSClient

from deploy.sandbox.aws import AwsServer
from tests.sandbox.aws_clients import MEMBER, administrator, aws, client, code, message

__all__ = ["aws"]

UNSUPPORTED, INVALID_STATE, DISABLED, DENIED = (
    "UnsupportedOperationException",
    "KMSInvalidStateException",
    "DisabledException",
    "AccessDeniedException",
)
OPERATIONS: dict[str, Callable[[KMSClient, str], Any]] = {
    "enable": lambda kms, arn: kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=365),
    "disable": lambda kms, arn: kms.disable_key_rotation(KeyId=arn),
    "rotate": lambda kms, arn: kms.rotate_key_on_demand(KeyId=arn),
    "status": lambda kms, arn: kms.get_key_rotation_status(KeyId=arn),
    "history": lambda kms, arn: kms.list_key_rotations(KeyId=arn),
}
# What a key is → what enable, disable, rotate, status and history answer; None is success.
KEYS: dict[str, tuple[dict[str, Any], tuple[str | None, ...]]] = {
    "symmetric": ({}, (None, None, None, None, None)),
    "updating": ({"state": "Updating"}, (None, None, None, None, None)),
    "disabled": ({"state": "Disabled"}, (DISABLED, DISABLED, DISABLED, None, None)),
    "creating": ({"state": "Creating"}, (INVALID_STATE, INVALID_STATE, INVALID_STATE, None, None)),
    "pending deletion": ({"state": "PendingDeletion"}, (INVALID_STATE, INVALID_STATE, INVALID_STATE, None, None)),
    "pending replica deletion": (
        {"state": "PendingReplicaDeletion", "multi_region": True},
        (INVALID_STATE, INVALID_STATE, INVALID_STATE, None, None),
    ),
    "imported": (
        {"origin": "EXTERNAL", "state": "Enabled"},
        (UNSUPPORTED, UNSUPPORTED, INVALID_STATE, UNSUPPORTED, None),
    ),
    "pending import": ({"origin": "EXTERNAL"}, (UNSUPPORTED, UNSUPPORTED, INVALID_STATE, UNSUPPORTED, None)),
    "custom key store": ({"origin": "AWS_CLOUDHSM"}, (UNSUPPORTED,) * 5),
    "external key store": ({"origin": "EXTERNAL_KEY_STORE", "state": "Unavailable"}, (UNSUPPORTED,) * 5),
    "RSA": ({"spec": "RSA_2048"}, (UNSUPPORTED,) * 5),
    "elliptic curve": ({"spec": "ECC_NIST_P256"}, (UNSUPPORTED,) * 5),
    "post-quantum": ({"spec": "ML_DSA_65"}, (UNSUPPORTED,) * 5),
    "HMAC": ({"spec": "HMAC_256"}, (UNSUPPORTED,) * 5),
    "multi-Region primary": ({"multi_region": True}, (None, None, None, None, None)),
    "AWS managed": ({"alias": "alias/aws/s3"}, (DENIED, DENIED, DENIED, None, None)),
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(("place", "operation"), list(enumerate(OPERATIONS)))
def test_each_operation_answers_for_each_kind_of_key_as_aws_does(
    aws: AwsServer, kind: str, place: int, operation: str
) -> None:
    options, answers = KEYS[kind]
    arn = aws.world.key(**options)
    expected = answers[place]
    if expected is None:
        OPERATIONS[operation](administrator(aws), arn)
        assert aws.calls.all()[-1].error is None
        return
    with pytest.raises(ClientError) as error:
        OPERATIONS[operation](administrator(aws), arn)
    assert code(error) == expected


def test_enabling_stores_the_period_and_the_status_tells_it_with_the_next_date(aws: AwsServer) -> None:
    arn, kms = aws.world.key(), administrator(aws)
    kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=arn)
    assert (status["KeyId"], status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (arn, True, 180)
    in_180_days = datetime.now(UTC) + timedelta(days=180)
    assert abs(status["NextRotationDate"] - in_180_days) < timedelta(minutes=5)


def test_enabling_again_changes_the_period(aws: AwsServer) -> None:
    arn, kms = aws.world.key(rotation=730), administrator(aws)
    kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
    assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 90


def test_a_period_left_out_is_365_days(aws: AwsServer) -> None:
    arn, kms = aws.world.key(), administrator(aws)
    kms.enable_key_rotation(KeyId=arn)
    assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 365


@pytest.mark.parametrize(("days", "accepted"), [(89, False), (90, True), (2560, True), (2561, False)])
def test_a_period_lies_between_90_and_2560_days(aws: AwsServer, days: int, accepted: bool) -> None:
    arn = aws.world.key()
    kms = client(aws, "kms")
    if accepted:
        kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=days)
        assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == days
        return
    with pytest.raises(ClientError) as error:
        kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=days)
    assert code(error) == "ValidationException"
    assert f"'{days}'" in message(error)
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is False


def test_a_status_that_is_off_tells_neither_period_nor_date(aws: AwsServer) -> None:
    arn, kms = aws.world.key(rotation=365), administrator(aws)
    kms.disable_key_rotation(KeyId=arn)
    status = kms.get_key_rotation_status(KeyId=arn)
    assert status["KeyRotationEnabled"] is False
    assert not {"RotationPeriodInDays", "NextRotationDate"} & status.keys()


def test_a_disabled_key_keeps_the_value_that_it_had(aws: AwsServer) -> None:
    arn = aws.world.key(rotation=365, state="Disabled")
    assert administrator(aws).get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is True


def test_a_key_that_is_pending_deletion_says_false_and_remembers_when_it_is_kept(aws: AwsServer) -> None:
    arn, kms = aws.world.key(rotation=365), administrator(aws)
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is False
    kms.cancel_key_deletion(KeyId=arn)
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is True


def test_overdue_material_rotates_when_its_disabled_key_is_enabled(aws: AwsServer) -> None:
    overdue = aws.world.key(rotation=90, state="Disabled", created=datetime.now(UTC) - timedelta(days=100))
    in_time = aws.world.key(rotation=365, state="Disabled", created=datetime.now(UTC) - timedelta(days=100))
    kms = administrator(aws)
    for arn in (overdue, in_time):
        kms.enable_key(KeyId=arn)
    assert [one["RotationType"] for one in kms.list_key_rotations(KeyId=overdue)["Rotations"]] == ["AUTOMATIC"]
    assert kms.list_key_rotations(KeyId=in_time)["Rotations"] == []


def test_an_aws_managed_key_always_rotates(aws: AwsServer) -> None:
    arn, kms = aws.world.key(alias="alias/aws/ebs"), administrator(aws)
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyManager"] == "AWS"
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is True


@pytest.mark.parametrize("spec", ["RSA_2048", "HMAC_256"])
def test_asymmetric_keys_can_be_told_to_say_false_instead(aws: AwsServer, spec: str) -> None:
    aws.world.asymmetric_status_is_unsupported = False
    status = administrator(aws).get_key_rotation_status(KeyId=aws.world.key(spec=spec))
    assert status["KeyRotationEnabled"] is False


def test_a_replica_reports_its_primarys_rotation_and_cannot_be_changed(aws: AwsServer) -> None:
    primary = aws.world.key(multi_region=True)
    replica = aws.world.replica(primary, "us-east-1")
    there = administrator(aws, region="us-east-1")
    with pytest.raises(ClientError) as error:
        there.enable_key_rotation(KeyId=replica, RotationPeriodInDays=365)
    assert code(error) == UNSUPPORTED
    administrator(aws).enable_key_rotation(KeyId=primary, RotationPeriodInDays=180)
    assert there.get_key_rotation_status(KeyId=replica)["RotationPeriodInDays"] == 180


@pytest.mark.parametrize("by_hand", [False, True])
def test_rotation_moves_with_the_primary_region(aws: AwsServer, by_hand: bool) -> None:
    old = aws.world.key(multi_region=True, rotation=180)
    new = aws.world.replica(old, "us-east-1")
    here, there = administrator(aws), administrator(aws, region="us-east-1")
    if by_hand:
        assert aws.world.move_primary(old, "us-east-1") == new
    else:
        here.update_primary_region(KeyId=old, PrimaryRegion="us-east-1")
    assert there.get_key_rotation_status(KeyId=new)["RotationPeriodInDays"] == 180
    there.enable_key_rotation(KeyId=new, RotationPeriodInDays=365)
    for name in ("enable", "disable", "rotate"):
        with pytest.raises(ClientError) as error:
            OPERATIONS[name](here, old)
        assert code(error) == UNSUPPORTED
    assert here.get_key_rotation_status(KeyId=old)["RotationPeriodInDays"] == 365


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_rotation_operation_takes_an_alias(aws: AwsServer, operation: str) -> None:
    arn = aws.world.key(alias="alias/web/session-store")
    for alias in ("alias/web/session-store", arn.partition("key/")[0] + "alias/web/session-store"):
        with pytest.raises(ClientError) as error:
            OPERATIONS[operation](administrator(aws), alias)
        assert code(error) == "NotFoundException"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_key_of_another_account_is_refused(aws: AwsServer, operation: str) -> None:
    arn = aws.world.key(account=MEMBER)
    with pytest.raises(ClientError) as error:
        OPERATIONS[operation](administrator(aws), arn)
    assert code(error) == DENIED
    assert message(error).endswith("action")
    assert arn in message(error)


def test_the_status_of_a_foreign_key_is_told_where_its_policy_allows_it(aws: AwsServer) -> None:
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",'
        ' "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]}'
    )
    arn, kms = aws.world.key(account=MEMBER, policy=policy, rotation=365), administrator(aws)
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is True
    with pytest.raises(ClientError) as error:
        kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    assert code(error) == DENIED


def test_on_demand_rotation_ends_at_25_and_leaves_the_schedule_alone(aws: AwsServer) -> None:
    arn, kms = aws.world.key(rotation=365), administrator(aws)
    before = kms.get_key_rotation_status(KeyId=arn)["NextRotationDate"]
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=arn)
    with pytest.raises(ClientError) as error:
        kms.rotate_key_on_demand(KeyId=arn)
    assert code(error) == "LimitExceededException"
    assert kms.get_key_rotation_status(KeyId=arn)["NextRotationDate"] == before
    first = kms.list_key_rotations(KeyId=arn, Limit=20)
    second = kms.list_key_rotations(KeyId=arn, Limit=20, Marker=first["NextMarker"])
    assert (len(first["Rotations"]), len(second["Rotations"]), second["Truncated"]) == (20, 5, False)
    assert {one["RotationType"] for one in first["Rotations"]} == {"ON_DEMAND"}


def test_automatic_rotations_use_up_nothing_of_the_25(aws: AwsServer) -> None:
    moments = [datetime.now(UTC) - timedelta(days=90 * number) for number in range(1, 30)]
    arn = aws.world.key(rotation=90, rotations=moments)
    assert administrator(aws).rotate_key_on_demand(KeyId=arn)["KeyId"] == arn.rpartition("/")[2]


def test_a_rotation_on_demand_is_in_progress_before_it_is_listed(aws: AwsServer) -> None:
    arn, kms = aws.world.key(), administrator(aws)
    aws.faults.lag_reads(3)
    kms.rotate_key_on_demand(KeyId=arn)
    status = kms.get_key_rotation_status(KeyId=arn)
    assert status["KeyRotationEnabled"] is False
    assert (datetime.now(UTC) - status["OnDemandRotationStartDate"]).total_seconds() < 60
    assert kms.list_key_rotations(KeyId=arn)["Rotations"] == []
    with pytest.raises(ClientError) as error:
        kms.rotate_key_on_demand(KeyId=arn)
    assert code(error) == "ConflictException"
    assert "OnDemandRotationStartDate" in kms.get_key_rotation_status(KeyId=arn)
    [done] = kms.list_key_rotations(KeyId=arn)["Rotations"]
    assert (done["RotationType"], done["KeyId"]) == ("ON_DEMAND", arn.rpartition("/")[2])
    assert done["RotationDate"] >= status["OnDemandRotationStartDate"]
    assert "OnDemandRotationStartDate" not in kms.get_key_rotation_status(KeyId=arn)


def test_a_rotation_on_demand_is_told_beside_an_automatic_schedule(aws: AwsServer) -> None:
    arn, kms = aws.world.key(rotation=180), administrator(aws)
    aws.faults.lag_reads(1)
    kms.rotate_key_on_demand(KeyId=arn)
    status = kms.get_key_rotation_status(KeyId=arn)
    assert {"OnDemandRotationStartDate", "NextRotationDate", "RotationPeriodInDays"} <= status.keys()
    assert status["KeyRotationEnabled"] is True


@pytest.mark.parametrize(("minutes", "expected"), [(1, "ConflictException"), (19, "ConflictException"), (21, None)])
def test_near_an_automatic_rotation_there_is_none_on_demand(aws: AwsServer, minutes: int, expected: str | None) -> None:
    made = datetime.now(UTC) - timedelta(days=90) + timedelta(minutes=minutes)
    arn, kms = aws.world.key(rotation=90, created=made), administrator(aws)
    if expected is None:
        kms.rotate_key_on_demand(KeyId=arn)
    else:
        with pytest.raises(ClientError) as error:
            kms.rotate_key_on_demand(KeyId=arn)
        assert code(error) == expected
    kms.disable_key_rotation(KeyId=arn)
    kms.rotate_key_on_demand(KeyId=arn)


def test_a_primary_is_rotated_on_demand_for_all_its_replicas(aws: AwsServer) -> None:
    primary = aws.world.key(multi_region=True)
    replica = aws.world.replica(primary, "us-east-1")
    there = administrator(aws, region="us-east-1")
    with pytest.raises(ClientError) as error:
        there.rotate_key_on_demand(KeyId=replica)
    assert code(error) == UNSUPPORTED
    administrator(aws).rotate_key_on_demand(KeyId=primary)
    assert [one["RotationType"] for one in there.list_key_rotations(KeyId=replica)["Rotations"]] == ["ON_DEMAND"]


def test_reads_can_lag_behind_a_change(aws: AwsServer) -> None:
    arn, kms = aws.world.key(), administrator(aws)
    aws.faults.lag_reads(2)
    kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    seen = [kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] for _ in range(4)]
    assert seen == [False, False, True, True]


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111", "NotFoundException"),
        ("11111111-1111-1111-1111-111111111111", "NotFoundException"),
        ("not-a-key", "NotFoundException"),
        ("arn:aws:kms:eu-central-1", "InvalidArnException"),
        ("arn:aws:s3:::bucket", "InvalidArnException"),
    ],
)
def test_a_key_that_is_not_there_is_not_found(aws: AwsServer, identifier: str, expected: str) -> None:
    with pytest.raises(ClientError) as error:
        administrator(aws).enable_key_rotation(KeyId=identifier, RotationPeriodInDays=365)
    assert code(error) == expected
