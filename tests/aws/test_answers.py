"""Whatever KMS documents as an answer to a change is told from the rest, over the wire, in a sentence for people."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import client_config
from bot.aws.credentials import Identity
from bot.aws.remediation import CALLS, ChangeSession, Remediator
from bot.models.keys import FailureKind, ReadFailure, denied_by
from bot.models.requests import ChangeKind, Mandate
from deploy.sandbox.aws import AwsServer
from tests.scan.audits import MEMBER, aws, point_at

__all__ = ["aws"]

ROLE = "KmsRotationRemediate"
MANDATE = Mandate(request_id="r1", requester="U0ASKER", approvers=("U0FIRST",))
CHANGES: dict[ChangeKind, tuple[str, Callable[[ChangeSession], str | ReadFailure]]] = {
    ChangeKind.ENABLE_ROTATION: ("EnableKeyRotation", lambda session: session.enable_rotation(365)),
    ChangeKind.ROTATE_ON_DEMAND: ("RotateKeyOnDemand", lambda session: session.rotate_on_demand()),
}
ANSWERED, UNKNOWN = True, False
FAILED, THROTTLED = FailureKind.SERVICE_ERROR, FailureKind.THROTTLED
# What KMS answers → of which kind that is, whether it was not carried out for certain, what people are told.
MODELLED = {
    "NotFoundException": (FailureKind.NOT_FOUND, ANSWERED, "AWS finds no such key (kms:{}: NotFoundException)."),
    "InvalidArnException": (FAILED, ANSWERED, "AWS does not take the key's ARN (kms:{}: InvalidArnException)."),
    "DisabledException": (FAILED, ANSWERED, "The key is disabled (kms:{}: DisabledException)."),
    "KMSInvalidStateException": (
        FAILED,
        ANSWERED,
        "The key is in a state that does not allow kms:{} (KMSInvalidStateException).",
    ),
    "UnsupportedOperationException": (
        FAILED,
        ANSWERED,
        "kms:{} is not possible with this kind of key (UnsupportedOperationException).",
    ),
    "LimitExceededException": (
        FAILED,
        ANSWERED,
        "kms:{} would exceed a limit that AWS sets, and was not carried out (LimitExceededException).",
    ),
    "ConflictException": (
        FAILED,
        ANSWERED,
        "The key is being rotated, or will be within the next 20 minutes (kms:{}: ConflictException). Try again later.",
    ),
    "KMSInternalException": (FAILED, UNKNOWN, "AWS had an internal error during kms:{} (KMSInternalException)."),
    "DependencyTimeoutException": (FAILED, UNKNOWN, "AWS ran out of time during kms:{} (DependencyTimeoutException)."),
}
# https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
COMMON = {
    "AccessDeniedException": (
        FailureKind.ACCESS_DENIED,
        ANSWERED,
        "kms:{} is denied (AWS does not say by which policy).",
    ),
    "ThrottlingException": (
        THROTTLED,
        ANSWERED,
        "kms:{} was throttled until patience ran out (ThrottlingException).",
    ),
    "ExpiredTokenException": (FAILED, ANSWERED, "kms:{} failed (ExpiredTokenException)."),
    "UnrecognizedClientException": (FAILED, ANSWERED, "kms:{} failed (UnrecognizedClientException)."),
    "ValidationException": (FAILED, ANSWERED, "kms:{} failed (ValidationException)."),
    "ValidationError": (FAILED, ANSWERED, "kms:{} failed (ValidationError)."),
    "OptInRequired": (FAILED, ANSWERED, "kms:{} failed (OptInRequired)."),
    "NotAuthorized": (FAILED, ANSWERED, "kms:{} failed (NotAuthorized)."),
    "IncompleteSignature": (FAILED, ANSWERED, "kms:{} failed (IncompleteSignature)."),
    "RequestExpired": (FAILED, ANSWERED, "kms:{} failed (RequestExpired)."),
    "WhateverComesNextException": (FAILED, ANSWERED, "kms:{} failed (WhateverComesNextException)."),
}
ANSWERS = MODELLED | COMMON


@pytest.fixture
def remediator(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Remediator:
    point_at(aws, monkeypatch)
    return Remediator(
        Identity(Session(), client_config(connections=4)), ROLE, "sandbox-external-id", CallBudget(sleep=lambda _: None)
    )


def _opened(remediator: Remediator, arn: str, kind: ChangeKind) -> ChangeSession:
    session = remediator.open(arn, replace(MANDATE, kind=kind))
    assert isinstance(session, ChangeSession), session
    return session


def _documented(operation: str) -> set[str]:
    model = Session().get_service_model("kms").operation_model(operation)
    return {shape.name for shape in model.error_shapes}


def test_every_error_that_kms_documents_for_a_change_is_looked_at() -> None:
    documented = {kind: _documented(operation) for kind, (operation, _) in CHANGES.items()}
    assert set.union(*documented.values()) == MODELLED.keys()
    assert documented[ChangeKind.ROTATE_ON_DEMAND] - documented[ChangeKind.ENABLE_ROTATION] == {
        "ConflictException",
        "LimitExceededException",
    }


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("change", CALLS)
def test_each_answer_to_a_change_is_told_for_what_it_is(
    aws: AwsServer, remediator: Remediator, change: ChangeKind, code: str
) -> None:
    operation, make = CHANGES[change]
    kind, is_answered, sentence = ANSWERS[code]
    session = _opened(remediator, aws.world.key(account=MEMBER), change)
    aws.faults.refuse(code, action=f"kms:{operation}")
    answer = make(session)
    assert isinstance(answer, ReadFailure)
    assert (answer.kind, answer.code, answer.is_answered) == (kind, code, is_answered)
    assert answer.sentence == sentence.format(operation)
    assert len(aws.calls.named(operation)) == 1


@pytest.mark.parametrize("after_the_change", [False, True])
@pytest.mark.parametrize("change", CALLS)
def test_without_an_answer_nobody_knows_whether_it_was_carried_out(
    aws: AwsServer, remediator: Remediator, change: ChangeKind, after_the_change: bool
) -> None:
    operation, make = CHANGES[change]
    arn = aws.world.key(account=MEMBER)
    session = _opened(remediator, arn, change)
    aws.faults.close_connection(action=f"kms:{operation}", after_the_change=after_the_change)
    answer = make(session)
    assert isinstance(answer, ReadFailure)
    assert not answer.is_answered
    assert answer.sentence == f"kms:{operation} failed (ConnectionClosedError)."
    rotation = aws.world.rotation(aws.world.find(arn))
    assert (rotation.enabled or bool(rotation.history)) == after_the_change


# How a key can be → what AWS answers to each of the two changes.
KEYS = {
    "disabled": ({"state": "Disabled"}, "DisabledException", "DisabledException"),
    "to be deleted": ({"state": "PendingDeletion"}, "KMSInvalidStateException", "KMSInvalidStateException"),
    "asymmetric": ({"spec": "RSA_2048"}, "UnsupportedOperationException", "UnsupportedOperationException"),
    "imported": ({"origin": "EXTERNAL"}, "UnsupportedOperationException", "KMSInvalidStateException"),
    "custom store": ({"origin": "AWS_CLOUDHSM"}, "UnsupportedOperationException", "UnsupportedOperationException"),
    "of AWS": ({"alias": "alias/aws/s3"}, "AccessDeniedException", "AccessDeniedException"),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("change", CALLS)
def test_a_key_that_cannot_be_changed_is_told_by_its_code(
    aws: AwsServer, remediator: Remediator, change: ChangeKind, key: str
) -> None:
    options, to_enabling, to_rotating = KEYS[key]
    session = _opened(remediator, aws.world.key(account=MEMBER, **options), change)  # type: ignore[arg-type]  # any option
    answer = CHANGES[change][1](session)
    assert isinstance(answer, ReadFailure)
    assert answer.code == (to_enabling if change is ChangeKind.ENABLE_ROTATION else to_rotating)
    assert answer.is_answered


def test_the_26th_rotation_on_demand_is_refused_for_good_and_not_for_haste(
    aws: AwsServer, remediator: Remediator
) -> None:
    session = _opened(remediator, aws.world.key(account=MEMBER), ChangeKind.ROTATE_ON_DEMAND)
    assert all(isinstance(session.rotate_on_demand(), str) for _ in range(25))
    answer = session.rotate_on_demand()
    assert isinstance(answer, ReadFailure)
    assert (answer.code, answer.kind) == ("LimitExceededException", FailureKind.SERVICE_ERROR)
    rotations = session.rotations()
    assert isinstance(rotations, list)
    assert len(rotations) == 25


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("scp", "by a service control policy"),
        ("key-policy", "by the key policy"),
        ("identity", "the role's own policy lacks it"),
    ],
)
@pytest.mark.parametrize("change", CALLS)
def test_a_denial_is_told_with_the_policy_that_denied(
    aws: AwsServer, remediator: Remediator, change: ChangeKind, kind: str, meaning: str
) -> None:
    operation, make = CHANGES[change]
    session = _opened(remediator, aws.world.key(account=MEMBER), change)
    aws.faults.deny(action=f"kms:{operation}", kind=kind)
    answer = make(session)
    assert isinstance(answer, ReadFailure)
    assert answer.sentence == f"kms:{operation} is denied ({meaning})."


@pytest.mark.parametrize("change", CALLS)
def test_a_key_policy_that_leaves_the_account_out_is_told_from_one_that_denies(
    aws: AwsServer, remediator: Remediator, change: ChangeKind
) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "kms:*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Resource": "*"}]})
    session = _opened(remediator, aws.world.key(account=MEMBER, policy=policy), change)
    operation, make = CHANGES[change]
    answer = make(session)
    assert isinstance(answer, ReadFailure)
    assert answer.sentence == f"kms:{operation} is denied (the key policy does not allow it)."


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("because no service control policy allows the {} action", "by a service control policy"),
        ("with an explicit deny in a service control policy", "by a service control policy"),
        ("because no resource control policy allows the {} action", "by a resource control policy"),
        ("with an explicit deny in a resource control policy", "by a resource control policy"),
        ("because no VPC endpoint policy allows the {} action", "by a VPC endpoint policy"),
        ("with an explicit deny in a VPC endpoint policy", "by a VPC endpoint policy"),
        ("because no permissions boundary allows the {} action", "by a permissions boundary"),
        ("with an explicit deny in a permissions boundary", "by a permissions boundary"),
        ("because no session policy allows the {} action", "by a session policy"),
        ("with an explicit deny in a session policy", "by a session policy"),
        ("because no resource-based policy allows the {} action", "the key policy does not allow it"),
        ("with an explicit deny in a resource-based policy", "by the key policy"),
        ("because no identity-based policy allows the {} action", "the role's own policy lacks it"),
        ("with an explicit deny in an identity-based policy", "by the role's own policy"),
        ("", "AWS does not say by which policy"),
    ],
)
def test_each_policy_that_aws_can_name_is_understood(words: str, meaning: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
    action = "kms:EnableKeyRotation"
    told = f"User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: {action} on resource: x "
    assert denied_by(told + words.format(action)) == meaning
