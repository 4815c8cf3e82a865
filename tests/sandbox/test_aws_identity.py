"""Accounts, roles, sessions and refusals, in AWS's words."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.sandbox.aws import AwsServer
from tests.sandbox.aws_clients import (
    AUDIT,
    EXTERNAL_ID,
    MEMBER,
    REMEDIATE,
    administrator,
    administrator_session,
    assume,
    aws,
    bot,
    client,
    code,
    kms,
    message,
)

__all__ = ["aws"]

SESSION = f"arn:aws:sts::{MEMBER}:assumed-role"


def _only(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_audit_role_reads_keys_and_changes_nothing(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER, alias="alias/payments/card-vault", tags={"team": "payments"})
    audit = kms(aws, AUDIT)
    assert audit.describe_key(KeyId="alias/payments/card-vault")["KeyMetadata"]["Arn"] == arn
    assert audit.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is False
    assert [key["KeyArn"] for key in audit.list_keys()["Keys"]] == [arn]
    assert audit.list_aliases()["Aliases"]
    assert audit.list_resource_tags(KeyId=arn)["Tags"]
    assert audit.list_key_rotations(KeyId=arn)["Rotations"] == []
    assert client(aws, "account", **assume(aws, AUDIT)).list_regions()["Regions"]
    with pytest.raises(ClientError) as error:
        audit.enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    assert code(error) == "AccessDeniedException"
    assert message(error) == (
        f"User: {SESSION}/{AUDIT}/U0REQUESTER is not authorized to perform: kms:EnableKeyRotation on resource: {arn} "
        "with an explicit deny in an identity-based policy"
    )


@pytest.mark.parametrize(("days", "allowed"), [(90, True), (365, True), (366, False), (None, False)])
def test_the_remediation_role_enables_rotation_within_its_periods(
    aws: AwsServer, days: int | None, allowed: bool
) -> None:
    arn = aws.world.key(account=MEMBER)
    asked: dict[str, Any] = {"KeyId": arn} | ({} if days is None else {"RotationPeriodInDays": days})
    remediate = kms(aws, REMEDIATE)
    if allowed:
        remediate.enable_key_rotation(**asked)
    else:
        with pytest.raises(ClientError) as error:
            remediate.enable_key_rotation(**asked)
        assert code(error) == "AccessDeniedException"
    assert remediate.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is allowed


def test_the_remediation_role_can_never_switch_rotation_off(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER, rotation=365)
    with pytest.raises(ClientError) as error:
        kms(aws, REMEDIATE).disable_key_rotation(KeyId=arn)
    assert "with an explicit deny in an identity-based policy" in message(error)


def test_a_session_policy_narrows_its_session(aws: AwsServer) -> None:
    mine, other = aws.world.key(account=MEMBER), aws.world.key(account=MEMBER)
    policy = _only("kms:EnableKeyRotation", "kms:GetKeyRotationStatus", resource=mine)
    session = kms(aws, REMEDIATE, Policy=policy)
    session.enable_key_rotation(KeyId=mine, RotationPeriodInDays=365)
    with pytest.raises(ClientError) as error:
        session.enable_key_rotation(KeyId=other, RotationPeriodInDays=365)
    assert code(error) == "AccessDeniedException"
    assert message(error).endswith("because no session policy allows the kms:EnableKeyRotation action")
    assert administrator(aws, MEMBER).get_key_rotation_status(KeyId=other)["KeyRotationEnabled"] is False


def test_a_session_policy_never_widens_its_session(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER)
    with pytest.raises(ClientError) as error:
        kms(aws, AUDIT, Policy=_only("kms:*")).enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    assert "explicit deny in an identity-based policy" in message(error)


def test_a_session_policy_can_limit_the_period(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER)
    policy = json.loads(_only("kms:EnableKeyRotation"))
    policy["Statement"][0]["Condition"] = {"NumericEquals": {"kms:RotationPeriodInDays": "180"}}
    session = kms(aws, REMEDIATE, Policy=json.dumps(policy))
    session.enable_key_rotation(KeyId=arn, RotationPeriodInDays=180)
    with pytest.raises(ClientError) as error:
        session.enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    assert "no session policy" in message(error)


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"ExternalId": "another"}, "sts:AssumeRole"),
        ({"RoleArn": f"arn:aws:iam::{MEMBER}:role/Missing"}, "sts:AssumeRole"),
        ({"RoleArn": "arn:aws:iam::999999999999:role/KmsRotationAudit"}, "sts:AssumeRole"),
    ],
)
def test_a_role_that_does_not_trust_the_caller_is_denied(aws: AwsServer, change: dict[str, str], action: str) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "sts").assume_role(
            **({"RoleArn": f"arn:aws:iam::{MEMBER}:role/{AUDIT}", "RoleSessionName": "bot", "ExternalId": EXTERNAL_ID}
               | change)
        )  # fmt: skip
    assert code(error) == "AccessDenied"
    assert message(error).startswith(
        f"User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: {action} on resource: arn:aws:iam"
    )


def test_the_external_id_cannot_be_left_out(aws: AwsServer) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "sts").assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/{AUDIT}", RoleSessionName="bot")
    assert code(error) == "AccessDenied"


def test_the_bot_itself_may_assume_its_two_roles_and_nothing_else(aws: AwsServer) -> None:
    administrator(aws, MEMBER)  # makes a third role, which trusts the bot's account too
    with pytest.raises(ClientError) as error:
        assume(aws, "Administrator")
    assert code(error) == "AccessDenied"
    with pytest.raises(ClientError) as error:
        bot(aws, "kms").list_keys()
    assert code(error) == "AccessDeniedException"
    assert bot(aws, "organizations").list_accounts()["Accounts"]


@pytest.mark.parametrize("field", ["RoleSessionName", "SourceIdentity"])
@pytest.mark.parametrize("value", ["two words", "a:b", "x", "é" * 3, "y" * 65])
def test_names_of_sessions_have_aws_alphabet(aws: AwsServer, field: str, value: str) -> None:
    with pytest.raises(ClientError) as error:
        assume(aws, AUDIT, **{field: value})
    assert code(error) == "ValidationError"


@pytest.mark.parametrize("value", ["two words", "x", "é" * 3, "y" * 1225])
def test_external_ids_have_aws_alphabet(aws: AwsServer, value: str) -> None:
    with pytest.raises(ClientError) as error:
        assume(aws, AUDIT, ExternalId=value)
    assert code(error) == "ValidationError"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"DurationSeconds": 899}, "ValidationError"),
        ({"DurationSeconds": 3601}, "ValidationError"),
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": "x" * 2049}, "ValidationError"),
        ({"Tags": [{"Key": "k" * 129, "Value": ""}]}, "ValidationError"),
        ({"Tags": [{"Key": "k", "Value": "v" * 257}]}, "ValidationError"),
        ({"Tags": [{"Key": "k", "Value": "one, two"}]}, "ValidationError"),
        ({"Tags": [{"Key": f"k{number}", "Value": "ä ö"} for number in range(51)]}, "ValidationError"),
    ],
)
def test_what_a_session_may_not_be(aws: AwsServer, change: dict[str, Any], expected: str) -> None:
    with pytest.raises(ClientError) as error:
        assume(aws, AUDIT, **change)
    assert code(error) == expected


def test_a_call_is_recorded_with_who_asked_for_it(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER)
    tags = [{"Key": "approver", "Value": "U0APPROVER"}]
    session = kms(aws, REMEDIATE, SourceIdentity="U0APPROVER", Tags=tags)
    session.enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    (call,) = aws.calls.named("EnableKeyRotation")
    assert (call.account, call.region, call.key, call.error) == (MEMBER, "eu-central-1", arn, None)
    assert call.principal == f"{SESSION}/{REMEDIATE}/U0REQUESTER"
    assert (call.session_name, call.source_identity) == ("U0REQUESTER", "U0APPROVER")
    assert call.session_tags == {"approver": "U0APPROVER"}
    assert call.parameters["RotationPeriodInDays"] == 365
    assert (datetime.now(UTC) - call.time).total_seconds() < 60


def test_a_refused_call_is_recorded_with_its_error(aws: AwsServer) -> None:
    arn = aws.world.key(account=MEMBER, state="Disabled")
    with pytest.raises(ClientError):
        kms(aws, REMEDIATE).enable_key_rotation(KeyId=arn, RotationPeriodInDays=365)
    assert aws.calls.named("EnableKeyRotation")[-1].error == "DisabledException"


def test_an_expired_session_says_so(aws: AwsServer) -> None:
    session = assume(aws, AUDIT)
    aws.faults.expire_sessions()
    with pytest.raises(ClientError) as error:
        client(aws, "kms", **session).list_keys()
    assert code(error) == "ExpiredTokenException"
    with pytest.raises(ClientError) as error:
        client(aws, "sts", **session).get_caller_identity()
    assert code(error) == "ExpiredToken"


@pytest.mark.parametrize(
    ("service", "call", "expected"),
    [("kms", "list_keys", "UnrecognizedClientException"), ("sts", "get_caller_identity", "InvalidClientTokenId")],
)
def test_unknown_credentials_are_refused(aws: AwsServer, service: str, call: str, expected: str) -> None:
    stranger = client(aws, service, aws_access_key_id="AKIAUNKNOWN", aws_secret_access_key="x")
    with pytest.raises(ClientError) as error:
        getattr(stranger, call)()
    assert code(error) == expected


def test_the_session_of_a_role_that_was_removed_is_worth_nothing(aws: AwsServer) -> None:
    audit = kms(aws, AUDIT)
    aws.faults.remove_role(MEMBER, AUDIT)
    with pytest.raises(ClientError) as error:
        audit.list_keys()
    assert code(error) == "UnrecognizedClientException"
    with pytest.raises(ClientError) as error:
        assume(aws, AUDIT)
    assert code(error) == "AccessDenied"


def test_a_key_whose_policy_shuts_the_audit_out_is_refused_in_aws_words(aws: AwsServer) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:role/{AUDIT}"},
                "Action": "kms:GetKeyRotationStatus",
                "Resource": "*",
            },
        ],
    }
    arn = aws.world.key(account=MEMBER, policy=json.dumps(policy))
    with pytest.raises(ClientError) as error:
        kms(aws, AUDIT).get_key_rotation_status(KeyId=arn)
    assert message(error).endswith(f"on resource: {arn} with an explicit deny in a resource-based policy")
    assert kms(aws, REMEDIATE).get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is False


@pytest.mark.parametrize(
    ("principal", "needs_identity", "needs_session"),
    [
        ("*", False, False),
        ({"AWS": "*"}, False, False),
        ({"AWS": f"arn:aws:iam::{MEMBER}:role/{AUDIT}"}, False, True),
        ({"AWS": f"arn:aws:iam::{MEMBER}:root"}, True, True),
    ],
)
def test_a_key_policy_that_names_somebody_needs_no_other_allowance(
    aws: AwsServer, principal: str | dict[str, str], needs_identity: bool, needs_session: bool
) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:GetPublicKey", "Resource": "*"}
    arn = aws.world.key(
        account=MEMBER, spec="RSA_2048", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    aws.world.roles[MEMBER, AUDIT] = replace(aws.world.roles[MEMBER, AUDIT], policies=())
    narrowed = {"Policy": _only("kms:ListKeys")}
    for policy, needs_more in (({}, needs_identity), (narrowed, needs_session)):
        session = kms(aws, AUDIT, **policy)
        if needs_more:
            with pytest.raises(ClientError) as error:
                session.get_public_key(KeyId=arn)
            assert code(error) == "AccessDeniedException"
        else:
            assert session.get_public_key(KeyId=arn)["PublicKey"]
    outright = json.dumps({"Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]})
    with pytest.raises(ClientError) as error:
        kms(aws, AUDIT, Policy=outright).get_public_key(KeyId=arn)
    assert code(error) == "AccessDeniedException"


@pytest.mark.parametrize("kind", ["Resource", "NotResource"])
def test_a_denial_can_name_what_it_spares(aws: AwsServer, kind: str) -> None:
    mine, other = aws.world.key(account=MEMBER), aws.world.key(account=MEMBER)
    policy = json.loads(_only("kms:DescribeKey"))
    policy["Statement"].append({"Effect": "Deny", "Action": "kms:DescribeKey", kind: mine})
    session = kms(aws, AUDIT, Policy=json.dumps(policy))
    denied, allowed = (mine, other) if kind == "Resource" else (other, mine)
    assert session.describe_key(KeyId=allowed)
    with pytest.raises(ClientError) as error:
        session.describe_key(KeyId=denied)
    assert message(error).endswith("with an explicit deny in a session policy")


def test_listing_the_aliases_of_one_key_is_for_identities_alone_to_allow(aws: AwsServer) -> None:
    nobody = {"Version": "2012-10-17", "Statement": []}
    arn = aws.world.key(account=MEMBER, alias="alias/payments/card-vault", policy=json.dumps(nobody))
    listed = kms(aws, AUDIT).list_aliases(KeyId=arn)["Aliases"]
    assert [alias["AliasName"] for alias in listed] == ["alias/payments/card-vault"]
    with pytest.raises(ClientError) as error:
        kms(aws, AUDIT, Policy=_only("kms:ListAliases", resource=arn)).list_aliases(KeyId=arn)
    assert code(error) == "AccessDeniedException"
    with pytest.raises(ClientError) as error:
        kms(aws, AUDIT).list_aliases(KeyId=aws.world.key(alias="alias/foreign"))
    assert code(error) == "AccessDeniedException"


def test_accounts_are_listed_20_at_a_time_with_their_state(aws: AwsServer) -> None:
    for number in range(40):
        aws.world.account(f"{number:012d}", f"team-{number}", "SUSPENDED" if number % 2 else "ACTIVE")
    organizations = bot(aws, "organizations")
    assert len(organizations.list_accounts()["Accounts"]) == 20
    pages = organizations.get_paginator("list_accounts").paginate()
    states = {account["Id"]: account["State"] for page in pages for account in page["Accounts"]}
    assert len(states) == 42
    assert (states["000000000000"], states["000000000001"]) == ("ACTIVE", "SUSPENDED")


def test_members_may_not_list_accounts(aws: AwsServer) -> None:
    organizations = client(aws, "organizations", **administrator_session(aws, MEMBER))
    with pytest.raises(ClientError) as error:
        organizations.list_accounts()
    assert code(error) == "AccessDeniedException"


def test_regions_are_listed_with_whether_they_are_enabled(aws: AwsServer) -> None:
    account = client(aws, "account", **assume(aws, AUDIT))
    first = account.list_regions(MaxResults=10)
    assert (len(first["Regions"]), "NextToken" in first) == (10, True)
    pages = account.get_paginator("list_regions").paginate(MaxResults=10)
    statuses = {one["RegionName"]: one["RegionOptStatus"] for page in pages for one in page["Regions"]}
    enabled = sorted(name for name, status in statuses.items() if status == "ENABLED_BY_DEFAULT")
    assert enabled == ["eu-central-1", "eu-west-1", "us-east-1"]
    assert statuses["ap-southeast-2"] == "DISABLED"
    assert len(statuses) > 20
    only = account.list_regions(RegionOptStatusContains=["ENABLED_BY_DEFAULT"])["Regions"]
    assert sorted(one["RegionName"] for one in only) == enabled


def test_the_management_account_may_ask_for_members_but_not_for_itself_by_id(aws: AwsServer) -> None:
    account = client(aws, "account")
    assert account.list_regions(AccountId=MEMBER)["Regions"]
    assert account.list_regions()["Regions"]
    with pytest.raises(ClientError) as error:
        account.list_regions(AccountId="123456789012")
    assert code(error) == "AccessDeniedException"


def test_a_region_that_is_not_enabled_knows_no_credentials(aws: AwsServer) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "kms", "ap-southeast-2").list_keys()
    assert code(error) == "UnrecognizedClientException"


def _simulate(aws: AwsServer, *actions: str, days: str = "365", role: str = REMEDIATE) -> dict[str, tuple[str, bool]]:
    iam = client(aws, "iam", **assume(aws, AUDIT))
    answer = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{MEMBER}:role/{role}",
        ActionNames=list(actions),
        ResourceArns=[f"arn:aws:kms:eu-central-1:{MEMBER}:key/1"],
        ContextEntries=[
            {"ContextKeyName": "kms:RotationPeriodInDays", "ContextKeyValues": [days], "ContextKeyType": "numeric"}
        ],
    )
    return {
        each["EvalActionName"]: (each["EvalDecision"], each["OrganizationsDecisionDetail"]["AllowedByOrganizations"])
        for each in answer["EvaluationResults"]
    }


def test_the_simulator_weighs_the_roles_own_policies_and_the_organisations(aws: AwsServer) -> None:
    enable, disable, alias = "kms:EnableKeyRotation", "kms:DisableKeyRotation", "kms:CreateAlias"
    assert _simulate(aws, enable, disable) == {enable: ("allowed", True), disable: ("explicitDeny", True)}
    assert _simulate(aws, enable, days="366") == {enable: ("implicitDeny", True)}
    assert _simulate(aws, alias) == {alias: ("explicitDeny", True)}
    aws.faults.deny(action="EnableKeyRotation", kind="scp", role=REMEDIATE)
    assert _simulate(aws, enable) == {enable: ("explicitDeny", False)}


def test_the_simulator_answers_the_audit_role_about_the_remediation_role_alone(aws: AwsServer) -> None:
    with pytest.raises(ClientError) as error:
        _simulate(aws, "kms:ListKeys", role=AUDIT)
    assert code(error) == "AccessDenied"
    del aws.world.roles[MEMBER, REMEDIATE]
    with pytest.raises(ClientError) as error:
        _simulate(aws, "kms:ListKeys")
    assert code(error) == "NoSuchEntity"
