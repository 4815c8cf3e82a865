"""Whatever botocore raises becomes a failure of one of four kinds."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from bot.aws.failures import AssumeRoleError, failure_of
from bot.models.keys import FailureKind, ReadFailure


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", FailureKind.ACCESS_DENIED),
        ("AccessDeniedException", FailureKind.ACCESS_DENIED),
        ("ThrottlingException", FailureKind.THROTTLED),
        ("Throttling", FailureKind.THROTTLED),
        ("TooManyRequestsException", FailureKind.THROTTLED),
        ("NotFoundException", FailureKind.NOT_FOUND),
        ("KMSInternalException", FailureKind.SERVICE_ERROR),
        ("KMSInvalidStateException", FailureKind.SERVICE_ERROR),
        ("UnsupportedOperationException", FailureKind.SERVICE_ERROR),
        ("ExpiredTokenException", FailureKind.SERVICE_ERROR),
        ("WhateverComesNextException", FailureKind.SERVICE_ERROR),
    ],
)
def test_the_code_decides_the_kind(code: str, kind: FailureKind) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "AWS's words"}}, "DescribeKey")
    assert failure_of(error, "kms:DescribeKey") == ReadFailure(kind, "kms:DescribeKey", code, "AWS's words")


def test_an_answer_without_an_error_is_still_a_failure() -> None:
    assert failure_of(ClientError({}, "DescribeKey"), "kms:DescribeKey").code == "Unknown"


@pytest.mark.parametrize(
    "error", [NoCredentialsError(), EndpointConnectionError(endpoint_url="https://kms.eu-central-1.amazonaws.com")]
)
def test_what_kept_aws_from_answering_is_named(error: NoCredentialsError | EndpointConnectionError) -> None:
    failure = failure_of(error, "kms:DescribeKey")
    assert (failure.kind, failure.code) == (FailureKind.SERVICE_ERROR, type(error).__name__)
    assert failure.sentence == f"kms:DescribeKey failed ({type(error).__name__})."


@pytest.mark.parametrize(
    ("cause", "kind", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole"), FailureKind.ACCESS_DENIED, "AccessDenied"),
        (ClientError({"Error": {"Code": "Throttling"}}, "AssumeRole"), FailureKind.THROTTLED, "Throttling"),
        (NoCredentialsError(), FailureKind.SERVICE_ERROR, "NoCredentialsError"),
    ],
)
def test_a_call_that_could_not_be_signed_failed_for_want_of_the_role(
    cause: ClientError | NoCredentialsError, kind: FailureKind, code: str
) -> None:
    failure = failure_of(AssumeRoleError(cause), "kms:DescribeKey")
    assert (failure.kind, failure.permission, failure.code) == (kind, "sts:AssumeRole", code)
