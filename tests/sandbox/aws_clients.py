"""boto3 clients for the emulated AWS: no retries, so that a test sees the answer that was given."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_kms import KMSClient

from deploy.sandbox.aws import AwsServer

MEMBER = "111111111111"
REGION = "eu-central-1"
AUDIT, REMEDIATE = "KmsRotationAudit", "KmsRotationRemediate"
EXTERNAL_ID = "sandbox-external-id"
# boto3 would refuse some values itself; what AWS says to them is what counts here.
ONCE = Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=20)


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    with AwsServer(seed=False) as server:
        server.world.account(MEMBER, "prod-payments")
        yield server


@lru_cache
def _session() -> boto3.Session:
    return boto3.Session()


def client(aws: AwsServer, service: str, region: str = REGION, **credentials: str) -> Any:  # noqa: ANN401 - any service
    environment = aws.environment()
    keys = credentials or {
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }
    make: Any = _session().client
    return make(service, region_name=region, endpoint_url=aws.url, config=ONCE, **keys)


def bot(aws: AwsServer, service: str, region: str = REGION) -> Any:  # noqa: ANN401 - any service
    """With the bot's own permissions only."""
    keys = aws.environment(least_privilege=True)
    return client(
        aws,
        service,
        region,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )


def assume(aws: AwsServer, role: str, account: str = MEMBER, **more: Any) -> dict[str, str]:  # noqa: ANN401 - AssumeRole's
    """Credentials of a session, as a client takes them."""
    return _session_of(bot(aws, "sts"), role, account, **more)


def _session_of(sts: Any, role: str, account: str, **more: Any) -> dict[str, str]:  # noqa: ANN401 - AssumeRole's
    asked: dict[str, Any] = {
        "RoleArn": f"arn:aws:iam::{account}:role/{role}",
        "RoleSessionName": "U0REQUESTER",
        "ExternalId": EXTERNAL_ID,
    }
    given = sts.assume_role(**(asked | more))["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def kms(aws: AwsServer, role: str, account: str = MEMBER, region: str = REGION, **more: Any) -> KMSClient:  # noqa: ANN401 - AssumeRole's
    return cast("KMSClient", client(aws, "kms", region, **assume(aws, role, account, **more)))


def administrator(aws: AwsServer, account: str = "123456789012", region: str = REGION) -> KMSClient:
    """KMS as somebody who may do everything there: the sandbox's own credentials, or a role of their own account."""
    if account == "123456789012":
        return cast("KMSClient", client(aws, "kms", region))
    return cast("KMSClient", client(aws, "kms", region, **administrator_session(aws, account)))


def administrator_session(aws: AwsServer, account: str) -> dict[str, str]:
    allow_all = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    audit = aws.world.roles[account, AUDIT]
    aws.world.roles[account, "Administrator"] = replace(audit, name="Administrator", policies=(allow_all,))
    return _session_of(client(aws, "sts"), "Administrator", account)


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def message(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Message"])
