"""The levers, in-process and over HTTP, and the server around them."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from itertools import permutations
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.faults import LEVERS, Faults
from tests.sandbox.aws_clients import (
    AUDIT,
    MEMBER,
    REMEDIATE,
    administrator,
    assume,
    aws,
    bot,
    client,
    code,
    kms,
    message,
)

__all__ = ["aws"]


def _http(aws: AwsServer, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(aws.url + path, data, method=method), timeout=20) as answer:  # noqa: S310 - the sandbox's own http
        return json.load(answer)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("identity", "because no identity-based policy allows the kms:DescribeKey action"),
        ("scp", "with an explicit deny in a service control policy"),
        ("key-policy", "with an explicit deny in a resource-based policy"),
    ],
)
def test_a_denial_speaks_as_the_policy_that_it_stands_for(aws: AwsServer, kind: str, words: str) -> None:
    arn = aws.world.key(account=MEMBER)
    aws.faults.deny(MEMBER, action="kms:DescribeKey", kind=kind)
    with pytest.raises(ClientError) as error:
        kms(aws, AUDIT).describe_key(KeyId=arn)
    assert code(error) == "AccessDeniedException"
    assert message(error).endswith(f"is not authorized to perform: kms:DescribeKey on resource: {arn} {words}")
    aws.faults.clear()
    assert kms(aws, AUDIT).describe_key(KeyId=arn)


def test_a_denial_keeps_to_its_account_region_action_key_and_role(aws: AwsServer) -> None:
    denied, other = aws.world.key(account=MEMBER), aws.world.key(account=MEMBER)
    aws.faults.deny(MEMBER, "eu-central-1", "DescribeKey", resource=denied, role=AUDIT)
    with pytest.raises(ClientError):
        kms(aws, AUDIT).describe_key(KeyId=denied)
    assert kms(aws, AUDIT).describe_key(KeyId=other)
    assert kms(aws, REMEDIATE).describe_key(KeyId=denied)
    assert kms(aws, AUDIT).get_key_rotation_status(KeyId=denied)
    assert kms(aws, AUDIT, region="eu-west-1").list_keys()["Keys"] == []


def test_a_role_can_be_refused_to_the_bot(aws: AwsServer) -> None:
    aws.faults.deny(MEMBER, action="sts:AssumeRole")
    with pytest.raises(ClientError) as error:
        assume(aws, AUDIT)
    assert code(error) == "AccessDenied"
    assert assume(aws, AUDIT, "123456789012")


def test_throttling_ends_after_its_times(aws: AwsServer) -> None:
    aws.faults.throttle("123456789012", action="kms:ListKeys", times=2)
    client_of_kms = administrator(aws)
    for _ in range(2):
        with pytest.raises(ClientError) as error:
            client_of_kms.list_keys()
        assert code(error) == "ThrottlingException"
    assert client_of_kms.list_keys()["Keys"] == []


def test_a_quota_throttles_what_comes_faster(aws: AwsServer) -> None:
    aws.faults.throttle(action="kms:ListKeys", rate=1)
    answers: list[str | None] = []
    for _ in range(3):
        with suppress(ClientError):
            administrator(aws).list_keys()
        answers.append(aws.calls.all()[-1].error)
    elapsed = (aws.calls.all()[-1].time - aws.calls.all()[-3].time).total_seconds()
    allowed = answers.count(None)
    assert answers[0] is None
    assert allowed < 1.5 + elapsed


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("kms", "list_keys", "ThrottlingException"),
        ("sts", "get_caller_identity", "Throttling"),
        ("organizations", "list_accounts", "TooManyRequestsException"),
        ("account", "list_regions", "TooManyRequestsException"),
    ],
)
def test_each_service_throttles_under_its_own_name(aws: AwsServer, service: str, operation: str, expected: str) -> None:
    aws.faults.throttle(times=1)
    with pytest.raises(ClientError) as error:
        getattr(client(aws, service), operation)()
    assert code(error) == expected


def test_quotas_are_kept_in_each_account_and_region(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one second that does not pass, and in the next one."""
    now = 100.0
    monkeypatch.setattr("deploy.sandbox.aws.faults.monotonic", lambda: now)
    aws.faults.keep_quotas()
    arns = [aws.world.key() for _ in range(7)]
    here, elsewhere = administrator(aws), administrator(aws, region="us-east-1")
    for arn in arns[:5]:
        here.rotate_key_on_demand(KeyId=arn)
    with pytest.raises(ClientError) as error:
        here.rotate_key_on_demand(KeyId=arns[5])
    assert code(error) == "ThrottlingException"
    elsewhere.rotate_key_on_demand(KeyId=aws.world.key(region="us-east-1"))
    here.enable_key_rotation(KeyId=arns[5], RotationPeriodInDays=365)
    now += 1
    here.rotate_key_on_demand(KeyId=arns[5])


@pytest.mark.parametrize(
    ("answer", "status"),
    [("ConflictException", 400), ("DependencyTimeoutException", 503), ("KMSInternalException", 500)],
)
def test_any_error_can_be_had_on_purpose(aws: AwsServer, answer: str, status: int) -> None:
    arn = aws.world.key()
    _http(aws, "POST", "/sandbox/faults", {"lever": "refuse", "code": answer, "action": "RotateKey*", "times": 1})
    with pytest.raises(ClientError) as error:
        administrator(aws).rotate_key_on_demand(KeyId=arn)
    assert (code(error), error.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (answer, status)
    assert administrator(aws).list_key_rotations(KeyId=arn)["Rotations"] == []
    administrator(aws).rotate_key_on_demand(KeyId=arn)


def test_a_server_error_is_a_500(aws: AwsServer) -> None:
    aws.faults.server_error(action="kms:ListKeys", times=1)
    with pytest.raises(ClientError) as error:
        administrator(aws).list_keys()
    assert code(error) == "KMSInternalException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_slow_answers_take_at_least_their_seconds(aws: AwsServer) -> None:
    aws.faults.slow(0.2, action="kms:ListKeys", times=1)
    began = monotonic()
    administrator(aws).list_keys()
    assert monotonic() - began >= 0.2


@pytest.mark.parametrize("after_the_change", [False, True])
def test_a_connection_is_cut_before_or_after_the_change(aws: AwsServer, after_the_change: bool) -> None:
    arn = aws.world.key()
    aws.faults.close_connection(action="kms:EnableKeyRotation", after_the_change=after_the_change)
    with pytest.raises(ConnectionClosedError):
        administrator(aws).enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    assert aws.calls.named("EnableKeyRotation")[-1].error == "ConnectionClosed"
    assert administrator(aws).get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is after_the_change


def test_keys_change_behind_the_bots_back(aws: AwsServer) -> None:
    disabled, scheduled, deleted, off, on = (aws.world.key(rotation=365) for _ in range(5))
    aws.faults.disable_key(disabled)
    aws.faults.schedule_deletion(scheduled)
    aws.faults.delete_key(deleted)
    aws.faults.disable_rotation(off)
    aws.faults.enable_rotation(on, 90)
    kms_there = administrator(aws)
    assert kms_there.describe_key(KeyId=disabled)["KeyMetadata"]["KeyState"] == "Disabled"
    assert kms_there.describe_key(KeyId=scheduled)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert kms_there.get_key_rotation_status(KeyId=off)["KeyRotationEnabled"] is False
    assert kms_there.get_key_rotation_status(KeyId=on)["RotationPeriodInDays"] == 90
    with pytest.raises(ClientError) as error:
        kms_there.describe_key(KeyId=deleted)
    assert code(error) == "NotFoundException"


LEVERS_ON_A_KEY = ("disable_key", "schedule_deletion", "delete_key", "disable_rotation")


def _all_that_is_told(aws: AwsServer, arn: str) -> tuple[object, ...]:
    there = administrator(aws)
    described = there.describe_key(KeyId=arn)["KeyMetadata"]
    status = there.get_key_rotation_status(KeyId=arn)
    aliases = [
        each["AliasName"] for each in there.list_aliases()["Aliases"] if arn.endswith(each.get("TargetKeyId", "no key"))
    ]
    status.pop("ResponseMetadata")  # type: ignore[misc]  # holds a request id
    return described, status, aliases, there.list_resource_tags(KeyId=arn)["Tags"]


@pytest.mark.parametrize(
    "levers", [*permutations(LEVERS_ON_A_KEY, 1), *permutations(LEVERS_ON_A_KEY[:2] + LEVERS_ON_A_KEY[3:], 2)]
)
@pytest.mark.parametrize("last", [None, "delete_key"])
def test_what_levers_did_to_a_key_can_be_put_back(aws: AwsServer, levers: tuple[str, ...], last: str | None) -> None:
    arn = aws.world.key(rotation=180, alias="alias/kept", tags={"team": "payments"})
    before = _all_that_is_told(aws, arn)
    for lever in (*levers, last) if last and last not in levers else levers:
        getattr(aws.faults, lever)(arn)
    assert list(aws.faults.touched_keys) == [arn]
    aws.faults.put_back(arn)
    assert _all_that_is_told(aws, arn) == before
    assert aws.faults.touched_keys == {}


def test_what_somebody_changed_after_the_lever_is_not_undone(aws: AwsServer) -> None:
    arn = aws.world.key(rotation=180)
    aws.faults.disable_rotation(arn)
    aws.faults.disable_key(arn)
    there = administrator(aws)
    there.enable_key(KeyId=arn)
    there.enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    aws.faults.put_back(arn)
    assert there.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled"
    assert there.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 365


def test_a_deletion_that_somebody_has_cancelled_is_not_undone_again(aws: AwsServer) -> None:
    arn = aws.world.key()
    aws.faults.schedule_deletion(arn)
    there = administrator(aws)
    there.cancel_key_deletion(KeyId=arn)
    aws.faults.put_back(arn)
    assert there.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Disabled"


def test_a_deleted_replica_comes_back_to_its_primary(aws: AwsServer) -> None:
    primary = aws.world.key(multi_region=True)
    replica = aws.world.replica(primary, "us-east-1")
    aws.faults.delete_key(replica)
    aws.faults.put_back(replica)
    described = administrator(aws).describe_key(KeyId=primary)["KeyMetadata"]["MultiRegionConfiguration"]
    assert [each["Arn"] for each in described["ReplicaKeys"]] == [replica]
    assert administrator(aws, region="us-east-1").describe_key(KeyId=replica)


def test_a_key_that_no_lever_changed_cannot_be_put_back(aws: AwsServer) -> None:
    with pytest.raises(ValueError, match="no lever has changed"):
        aws.faults.put_back(aws.world.key())


def test_everything_is_undone_at_once(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER, rotation=365)
    roles = dict(aws.world.roles)
    aws.faults.disable_key(arn)
    aws.faults.remove_role(MEMBER, AUDIT)
    aws.faults.remove_role(MEMBER, "NoSuchRole")
    aws.faults.deny(MEMBER)
    aws.faults.throttle()
    assert aws.faults.taken_roles == [(MEMBER, AUDIT)]
    _http(aws, "POST", "/sandbox/faults", {"lever": "undo"})
    assert aws.world.roles == roles
    assert aws.faults.as_json() == {"faults": [], "denials": [], "lag_reads": 0}
    assert (aws.faults.touched_keys, aws.faults.taken_roles) == ({}, [])
    assert kms(aws, AUDIT).describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled"


def test_an_account_that_never_had_the_roles_can_be_given_them(aws: AwsServer) -> None:
    aws.world.account("222222222222", "legacy", roles=False)
    aws.faults.restore_roles("222222222222")
    assert assume(aws, AUDIT, "222222222222")


def test_watchers_are_told_of_every_request(aws: AwsServer) -> None:
    heard: list[int] = []

    def listener() -> None:
        heard.append(len(aws.calls))

    aws.watchers.add(listener)
    administrator(aws).list_keys()
    assert heard == [1]
    _http(aws, "GET", "/sandbox/faults")
    assert heard == [1, 1]
    aws.watchers.remove(listener)
    administrator(aws).list_keys()
    assert heard == [1, 1]


def test_every_key_is_listed_wherever_it_is(aws: AwsServer) -> None:
    made = [
        aws.world.key(account=MEMBER, region="us-east-1"),
        aws.world.key(account=MEMBER),
        aws.world.key(alias="alias/aws/s3"),
    ]
    assert sorted(key.arn for key in aws.world.every_key()) == sorted(made)


def test_a_page_of_accounts_can_be_empty_and_not_the_last(aws: AwsServer) -> None:
    aws.faults.empty_page()
    organizations = bot(aws, "organizations")
    first = organizations.list_accounts()
    assert (first["Accounts"], "NextToken" in first) == ([], True)
    assert len(organizations.list_accounts(NextToken=first["NextToken"])["Accounts"]) == 2


def test_levers_are_pulled_and_taken_back_over_http(aws: AwsServer) -> None:
    _http(aws, "POST", "/sandbox/faults", {"lever": "throttle", "action": "kms:ListKeys", "times": 5})
    _http(aws, "POST", "/sandbox/faults", {"lever": "deny", "account": MEMBER, "kind": "scp"})
    listed = _http(aws, "GET", "/sandbox/faults")
    assert [fault["kind"] for fault in listed["faults"]] == ["throttle"]
    assert [denial["kind"] for denial in listed["denials"]] == ["scp"]
    with pytest.raises(ClientError):
        administrator(aws).list_keys()
    assert _http(aws, "DELETE", "/sandbox/faults") == {"faults": [], "denials": [], "lag_reads": 0}
    assert administrator(aws).list_keys()["Keys"] == []


@pytest.mark.parametrize(
    "body",
    [{"lever": "explode"}, {"lever": "throttle", "colour": "red"}, {"lever": "deny", "kind": "whim"}, ["throttle"]],
)
def test_a_wrong_lever_is_refused_with_the_right_ones(aws: AwsServer, body: object) -> None:
    with pytest.raises(HTTPError) as error:
        _http(aws, "POST", "/sandbox/faults", body)
    assert error.value.code == 400
    assert json.load(error.value)["levers"] == list(LEVERS)


def test_every_lever_that_is_named_exists() -> None:
    assert all(callable(getattr(Faults, lever)) for lever in LEVERS)


def test_calls_are_told_over_http_newest_first(aws: AwsServer) -> None:
    administrator(aws).list_keys()
    administrator(aws).list_aliases()
    calls = _http(aws, "GET", "/sandbox/calls")
    assert [call["action"] for call in calls] == ["ListAliases", "ListKeys"]
    assert calls[0]["account"] == "123456789012"
    assert [call["action"] for call in _http(aws, "GET", "/sandbox/calls?action=ListKeys&limit=5")] == ["ListKeys"]


def test_the_external_id_is_not_in_the_record(aws: AwsServer) -> None:
    assume(aws, AUDIT)
    assert "sandbox-external-id" not in json.dumps([call.as_json() for call in aws.calls])


def test_a_new_server_knows_nothing_of_the_last() -> None:
    with AwsServer(seed=False) as first:
        first.world.key(alias="alias/old")
        first.world.account("999999999999", "old")
        first.faults.throttle()
    with AwsServer(seed=False) as second:
        assert administrator(second).list_keys()["Keys"] == []
        assert [one["Id"] for one in bot(second, "organizations").list_accounts()["Accounts"]] == ["123456789012"]


def test_thousands_of_keys_are_made_at_once(aws: AwsServer) -> None:
    made = {aws.world.key(account=MEMBER, alias=f"alias/key-{number}", tags={"a": "b"}) for number in range(5_000)}
    pages = kms(aws, AUDIT).get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000})
    assert {key["KeyArn"] for page in pages for key in page["Keys"]} == made


def test_the_environment_alone_points_a_program_at_the_server(aws: AwsServer) -> None:
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    for least_privilege, user in ((False, "sandbox"), (True, "kms-rotation-bot")):
        environment = {"PATH": os.environ["PATH"]} | aws.environment(least_privilege=least_privilege)
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert ran.stdout.strip() == f"arn:aws:iam::123456789012:user/{user}"
