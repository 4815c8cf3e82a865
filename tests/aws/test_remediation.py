"""A change session changes one key, once, and CloudTrail tells on whose behalf."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import client_config
from bot.aws.credentials import Identity
from bot.aws.remediation import CALLS, ChangeSession, Remediator, session_policy
from bot.models.keys import FailureKind, KeyMetadata, ReadFailure, Rotation, RotationStatus
from bot.models.requests import Basis, ChangeKind, Mandate
from deploy.sandbox.aws import AwsServer
from tests.scan.audits import MEMBER, TOOLING, aws, impatient, point_at

__all__ = ["aws", "impatient"]

ROLE, EXTERNAL_ID = "KmsRotationRemediate", "sandbox-external-id"
MANDATE = Mandate(request_id="r1", requester="U0ASKER", approvers=("U0FIRST", "U0SECOND"))
ON_DEMAND = replace(MANDATE, kind=ChangeKind.ROTATE_ON_DEMAND)
CHANGES: dict[ChangeKind, tuple[str, Callable[[ChangeSession], str | ReadFailure]]] = {
    ChangeKind.ENABLE_ROTATION: ("EnableKeyRotation", lambda session: session.enable_rotation(365)),
    ChangeKind.ROTATE_ON_DEMAND: ("RotateKeyOnDemand", lambda session: session.rotate_on_demand()),
}


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


def test_a_session_rotates_on_demand_and_reads_the_history(aws: AwsServer, remediator: Remediator) -> None:
    arn = aws.world.key(account=MEMBER)
    session = opened(remediator, arn, ON_DEMAND)
    assert isinstance(session.describe(), KeyMetadata)
    assert session.rotation_status() == RotationStatus(enabled=False)
    assert session.rotations() == []
    request_id = session.rotate_on_demand()
    [call] = aws.calls.named("RotateKeyOnDemand")
    assert (call.request_id, call.parameters) == (request_id, {"KeyId": arn})
    assert call.session_name == "r1-U0ASKER-U0FIRST-U0SECOND"
    rotations = session.rotations()
    assert isinstance(rotations, list)
    assert [rotation.is_on_demand for rotation in rotations] == [True]
    assert not aws.world.rotation(aws.world.find(arn)).enabled


def test_a_rotation_on_demand_that_is_in_progress_is_told(aws: AwsServer, remediator: Remediator) -> None:
    aws.faults.lag_reads(2)
    session = opened(remediator, aws.world.key(account=MEMBER), ON_DEMAND)
    session.rotate_on_demand()
    status = session.rotation_status()
    assert isinstance(status, RotationStatus)
    assert status.on_demand_since is not None
    assert session.rotations() == []
    assert session.rotation_status() == RotationStatus(enabled=False)
    rotations = session.rotations()
    assert isinstance(rotations, list)
    [done] = rotations
    assert isinstance(done, Rotation)
    assert done.is_on_demand
    assert done.at >= status.on_demand_since


def test_cloudtrail_tells_who_asked_who_approved_and_for_which_request(aws: AwsServer, remediator: Remediator) -> None:
    arn = aws.world.key(account=MEMBER)
    opened(remediator, arn).enable_rotation(365)
    [call] = aws.calls.named("EnableKeyRotation")
    assert call.session_name == "r1-U0ASKER-U0FIRST-U0SECOND"
    assert call.source_identity == "U0ASKER"
    assert call.session_tags == {
        "RequestId": "r1",
        "Requester": "U0ASKER",
        "Approvers": "U0FIRST U0SECOND",
        "Basis": "APPROVALS",
    }
    assert call.parameters == {"KeyId": arn, "RotationPeriodInDays": 365}
    assert call.principal == f"arn:aws:sts::{MEMBER}:assumed-role/{ROLE}/r1-U0ASKER-U0FIRST-U0SECOND"
    assert aws.calls.named("AssumeRole")[0].parameters["DurationSeconds"] == "900"


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("approvers", range(40))
def test_cloudtrail_names_as_many_approvers_as_aws_takes_and_none_by_half(
    aws: AwsServer, remediator: Remediator, approvers: int, basis: Basis
) -> None:
    """A request id as the bot makes them, and people's ids as long as Slack's."""
    people = tuple(f"U0APPROVER{number:02}" for number in range(approvers))
    mandate = Mandate("r0123456789ab", "W012A3CDE", people, basis=basis)
    opened(remediator, aws.world.key(account=MEMBER), mandate).enable_rotation(365)
    [call] = aws.calls.named("EnableKeyRotation")
    assert call.session_name is not None
    named = call.session_name.split("-")
    assert named == ["r0123456789ab", "W012A3CDE", *people[: min(3, approvers)]]
    assert call.session_tags["Approvers"].split() == list(people[: min(19, approvers)])
    assert call.session_tags["Basis"] == basis.value


def test_the_session_policy_fits_into_what_aws_takes() -> None:
    longest = "arn:aws-us-gov:kms:us-gov-west-1:111111111111:key/mrk-" + 32 * "f"
    assert all(len(session_policy(longest, kind)) < 2048 / 2 for kind in CALLS)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("lever", "kind"),
    [
        (("throttle", {}), FailureKind.THROTTLED),
        (("server_error", {}), FailureKind.SERVICE_ERROR),
        (("close_connection", {"times": None}), FailureKind.SERVICE_ERROR),
        (("close_connection", {"times": None, "after_the_change": True}), FailureKind.SERVICE_ERROR),
    ],
)
@pytest.mark.parametrize("change", CALLS)
def test_a_change_is_called_once_whatever_comes_of_it(
    aws: AwsServer,
    remediator: Remediator,
    lever: tuple[str, dict[str, bool | None]],
    kind: FailureKind,
    change: ChangeKind,
) -> None:
    operation, call = CHANGES[change]
    arn = aws.world.key(account=MEMBER)
    name, arguments = lever
    aws.faults.apply(name, {"action": f"kms:{operation}", **arguments})
    answer = call(opened(remediator, arn, replace(MANDATE, kind=change)))
    assert isinstance(answer, ReadFailure)
    assert (answer.kind, answer.permission) == (kind, f"kms:{operation}")
    assert answer.is_answered == (name == "throttle")
    assert len(aws.calls.named(operation)) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lever", ["throttle", "server_error", "close_connection"])
def test_reads_are_tried_again(aws: AwsServer, remediator: Remediator, lever: str) -> None:
    session = opened(remediator, aws.world.key(account=MEMBER))
    aws.faults.apply(lever, {"action": "kms:*", "times": 3})
    assert isinstance(session.describe(), KeyMetadata)
    assert session.rotation_status() == RotationStatus(enabled=False)


def test_enabling_keeps_to_its_budget_across_sessions(aws: AwsServer, identity: Identity) -> None:
    """EnableKeyRotation has a quota of 15 a second; the bot takes half of it, seven after a rest at once."""
    waits: list[float] = []
    budget = CallBudget(clock=lambda: 0.0, sleep=waits.append)
    remediator = Remediator(identity, ROLE, EXTERNAL_ID, budget)
    for _ in range(10):
        opened(remediator, aws.world.key(account=MEMBER)).enable_rotation(365)
    assert waits == pytest.approx([14 / 15, 16 / 15, 18 / 15])


@pytest.mark.parametrize(("change", "calls"), [(ChangeKind.ENABLE_ROTATION, 20), (ChangeKind.ROTATE_ON_DEMAND, 8)])
def test_many_changes_at_once_stay_within_the_quotas_that_aws_keeps(
    aws: AwsServer, remediator: Remediator, change: ChangeKind, calls: int
) -> None:
    """EnableKeyRotation 15 a second, RotateKeyOnDemand 5: in one account and Region, whoever calls."""
    operation, make = CHANGES[change]
    mandate = replace(MANDATE, kind=change)
    sessions = [opened(remediator, aws.world.key(account=MEMBER), mandate) for _ in range(calls)]
    aws.faults.keep_quotas()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(make, sessions))
    assert [answer for answer in answers if isinstance(answer, ReadFailure)] == []
    assert [call.error for call in aws.calls.named(operation)] == [None] * calls


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
    remediator = Remediator(Identity(Session(), client_config(connections=1)), None, None, CallBudget())
    own, foreign = aws.world.key(account=TOOLING), aws.world.key(account=MEMBER)
    opened(remediator, own).enable_rotation(365)
    assert aws.world.rotation(aws.world.find(own)).enabled
    answer = remediator.open(foreign, MANDATE)
    assert isinstance(answer, ReadFailure)
    assert answer.detail == f"scan.remediation_role is not configured, and the key lies in account {MEMBER}."
    assert aws.calls.named("AssumeRole") == []
