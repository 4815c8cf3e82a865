"""A change session can change one key once, and CloudTrail tells on whose behalf."""

from dataclasses import replace

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import client_config
from bot.aws.credentials import Identity
from bot.aws.remediation import ChangeSession, Remediator, session_policy
from bot.models.keys import FailureKind, KeyMetadata, ReadFailure, RotationStatus
from bot.models.requests import Mandate
from deploy.sandbox.aws import AwsServer
from tests.sandbox.aws_clients import client
from tests.scan.audits import MEMBER, TOOLING, aws, impatient, point_at

__all__ = ["aws", "impatient"]

ROLE, EXTERNAL_ID = "KmsRotationRemediate", "sandbox-external-id"
MANDATE = Mandate(request_id="r1", requester="U0ASKER", approvers=("U0FIRST", "U0SECOND"))
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture
def identity(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Identity:
    point_at(aws, monkeypatch)
    return Identity(Session(), client_config(connections=4))


@pytest.fixture
def remediator(identity: Identity) -> Remediator:
    return Remediator(identity, ROLE, EXTERNAL_ID, CallBudget())


def opened(remediator: Remediator, arn: str, mandate: Mandate = MANDATE) -> ChangeSession:
    session = remediator.open(arn, mandate)
    assert isinstance(session, ChangeSession), session
    return session


def test_a_session_reads_enables_and_reads_back(aws: AwsServer, remediator: Remediator) -> None:
    arn = aws.world.key(account=MEMBER)
    session = opened(remediator, arn)
    described = session.describe()
    assert isinstance(described, KeyMetadata)
    assert described.arn == arn
    assert session.rotation_status() == RotationStatus(enabled=False)
    request_id = session.enable_rotation(180)
    status = session.rotation_status()
    assert isinstance(status, RotationStatus)
    assert (status.enabled, status.period_days) == (True, 180)
    assert request_id == aws.calls.named("EnableKeyRotation")[0].request_id


def test_cloudtrail_tells_who_asked_who_approved_and_for_which_request(aws: AwsServer, remediator: Remediator) -> None:
    arn = aws.world.key(account=MEMBER)
    opened(remediator, arn).enable_rotation(365)
    [call] = aws.calls.named("EnableKeyRotation")
    assert call.session_name == "U0ASKER-U0FIRST-U0SECOND"
    assert call.source_identity == "U0ASKER"
    assert call.session_tags == {"Requester": "U0ASKER", "Approvers": "U0FIRST U0SECOND", "RequestId": "r1"}
    assert call.parameters == {"KeyId": arn, "RotationPeriodInDays": 365}
    assert call.principal == f"arn:aws:sts::{MEMBER}:assumed-role/{ROLE}/U0ASKER-U0FIRST-U0SECOND"
    assert aws.calls.named("AssumeRole")[0].parameters["DurationSeconds"] == "900"


def test_a_session_name_of_many_approvers_is_cut_to_what_aws_takes(aws: AwsServer, remediator: Remediator) -> None:
    many = replace(MANDATE, approvers=tuple(f"U0APPROVER{number:02}" for number in range(9)))
    opened(remediator, aws.world.key(account=MEMBER), many).enable_rotation(365)
    name = aws.calls.named("EnableKeyRotation")[0].session_name
    assert name is not None
    assert name.startswith("U0ASKER-U0APPROVER00-")
    assert len(name) == 64


def test_a_session_can_touch_no_other_key_even_if_its_role_could(aws: AwsServer, remediator: Remediator) -> None:
    mine, other = aws.world.key(account=MEMBER), aws.world.key(account=MEMBER)
    aws.world.roles[MEMBER, ROLE] = replace(aws.world.roles[MEMBER, ROLE], policies=(EVERYTHING,))
    session = opened(remediator, mine)
    session._arn = other
    for answer in (session.describe(), session.rotation_status(), session.enable_rotation(365)):
        assert isinstance(answer, ReadFailure)
        assert answer.kind is FailureKind.ACCESS_DENIED
        assert "session policy" in answer.detail
    assert not aws.world.rotation(aws.world.find(other)).enabled


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("disable_key_rotation", {}),
        ("disable_key", {}),
        ("schedule_key_deletion", {"PendingWindowInDays": 7}),
        ("rotate_key_on_demand", {}),
        ("list_resource_tags", {}),
        ("list_key_rotations", {}),
    ],
)
def test_a_session_can_do_nothing_else_to_its_key_even_if_its_role_could(
    aws: AwsServer, remediator: Remediator, operation: str, more: dict[str, int]
) -> None:
    arn = aws.world.key(account=MEMBER, rotation=365)
    aws.world.roles[MEMBER, ROLE] = replace(aws.world.roles[MEMBER, ROLE], policies=(EVERYTHING,))
    session = opened(remediator, arn)
    keys = session._changes._request_signer._credentials.get_frozen_credentials()  # type: ignore[attr-defined]
    kms = client(
        aws,
        "kms",
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
    )
    with pytest.raises(ClientError, match="because no session policy allows"):
        getattr(kms, operation)(KeyId=arn, **more)
    assert aws.world.rotation(aws.world.find(arn)).enabled


def test_the_session_policy_fits_into_what_aws_takes() -> None:
    longest = "arn:aws-us-gov:kms:us-gov-west-1:111111111111:key/mrk-" + 32 * "f"
    assert len(session_policy(longest)) < 2048 / 4


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("lever", "arguments", "kind"),
    [
        ("throttle", {}, FailureKind.THROTTLED),
        ("server_error", {}, FailureKind.SERVICE_ERROR),
        ("close_connection", {"times": None}, FailureKind.SERVICE_ERROR),
        ("close_connection", {"times": None, "after_the_change": True}, FailureKind.SERVICE_ERROR),
    ],
)
def test_enabling_is_called_once_whatever_comes_of_it(
    aws: AwsServer, remediator: Remediator, lever: str, arguments: dict[str, bool | None], kind: FailureKind
) -> None:
    arn = aws.world.key(account=MEMBER)
    aws.faults.apply(lever, {"action": "kms:EnableKeyRotation", **arguments})
    answer = opened(remediator, arn).enable_rotation(365)
    assert isinstance(answer, ReadFailure)
    assert (answer.kind, answer.permission) == (kind, "kms:EnableKeyRotation")
    assert len(aws.calls.named("EnableKeyRotation")) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lever", ["throttle", "server_error", "close_connection"])
def test_reads_are_tried_again(aws: AwsServer, remediator: Remediator, lever: str) -> None:
    session = opened(remediator, aws.world.key(account=MEMBER))
    aws.faults.apply(lever, {"action": "kms:*", "times": 3})
    assert isinstance(session.describe(), KeyMetadata)
    assert session.rotation_status() == RotationStatus(enabled=False)


def test_enabling_keeps_to_its_budget_across_sessions(aws: AwsServer, identity: Identity) -> None:
    """EnableKeyRotation has a quota of 15 a second; the bot takes half of it."""
    waits: list[float] = []
    budget = CallBudget(clock=lambda: 0.0, sleep=waits.append)
    remediator = Remediator(identity, ROLE, EXTERNAL_ID, budget)
    for _ in range(10):
        opened(remediator, aws.world.key(account=MEMBER)).enable_rotation(365)
    assert waits == pytest.approx([1 / 15, 3 / 15, 5 / 15])


def test_a_missing_role_is_answered_with_the_denial(aws: AwsServer, remediator: Remediator) -> None:
    aws.faults.remove_role(MEMBER, ROLE)
    answer = remediator.open(aws.world.key(account=MEMBER), MANDATE)
    assert isinstance(answer, ReadFailure)
    assert (answer.kind, answer.permission) == (FailureKind.ACCESS_DENIED, "sts:AssumeRole")


def test_without_a_role_the_bot_changes_keys_of_its_own_account_alone(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    remediator = Remediator(Identity(Session(), Config()), None, None, CallBudget())
    own, foreign = aws.world.key(account=TOOLING), aws.world.key(account=MEMBER)
    opened(remediator, own).enable_rotation(365)
    assert aws.world.rotation(aws.world.find(own)).enabled
    answer = remediator.open(foreign, MANDATE)
    assert isinstance(answer, ReadFailure)
    assert answer.detail == f"scan.remediation_role is not configured, and the key lies in account {MEMBER}."
    assert aws.calls.named("AssumeRole") == []
