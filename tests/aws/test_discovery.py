"""Which units hold an account is read up to the root, or not at all."""

import pytest
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import SharedClients, client_config
from bot.aws.credentials import AccountCredentials, Identity
from bot.aws.discovery import Discovery
from bot.models.keys import FailureKind, ReadFailure
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.organization import ROOT
from tests.scan.audits import MEMBER, TOOLING, aws, impatient, point_at

__all__ = ["aws", "impatient"]


@pytest.fixture
def discovery(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Discovery:
    point_at(aws, monkeypatch)
    config = client_config(connections=4)
    identity = Identity(Session(), config)
    credentials = AccountCredentials(identity, "KmsRotationAudit", "sandbox-external-id")
    return Discovery(identity, credentials, SharedClients(Session(), credentials, config, CallBudget()))


@pytest.mark.parametrize("depth", range(6))
def test_the_units_of_an_account_are_told_nearest_first_and_the_root_last(
    aws: AwsServer, discovery: Discovery, depth: int
) -> None:
    """AWS nests units at most five deep."""
    way_up = [ROOT]
    for level in range(depth):
        way_up.insert(0, aws.world.unit(f"level {level}", way_up[0]))
    aws.world.place(MEMBER, way_up[0])
    assert discovery.units_of(MEMBER) == tuple(way_up)
    assert len(aws.calls.named("ListParents")) == depth + 1


def test_the_management_account_stands_under_the_root(discovery: Discovery) -> None:
    assert discovery.units_of(TOOLING) == (ROOT,)


def test_an_empty_page_is_not_the_end(aws: AwsServer, discovery: Discovery) -> None:
    aws.world.place(MEMBER, aws.world.unit("Production"))
    aws.faults.empty_page(3, "organizations:ListParents")
    assert discovery.units_of(MEMBER) == ("ou-nw1x-production", ROOT)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("lever", "kind", "code", "is_answered"),
    [
        ("deny", FailureKind.ACCESS_DENIED, "AccessDeniedException", True),
        ("throttle", FailureKind.THROTTLED, "TooManyRequestsException", True),
        ("server_error", FailureKind.SERVICE_ERROR, "InternalFailure", False),
    ],
)
def test_units_that_cannot_be_read_are_a_failure(
    aws: AwsServer, discovery: Discovery, lever: str, kind: FailureKind, code: str, *, is_answered: bool
) -> None:
    aws.faults.apply(lever, {"action": "organizations:ListParents"})
    answer = discovery.units_of(MEMBER)
    assert isinstance(answer, ReadFailure)
    assert (answer.kind, answer.permission, answer.code) == (kind, "organizations:ListParents", code)
    assert answer.is_answered == is_answered


def test_an_account_of_no_organisation_is_a_failure(discovery: Discovery) -> None:
    answer = discovery.units_of("999999999999")
    assert isinstance(answer, ReadFailure)
    assert answer.code == "ChildNotFoundException"


def test_half_a_way_up_is_no_answer(aws: AwsServer, discovery: Discovery) -> None:
    """A rule that excludes by unit must not be decided by the units that could be read."""
    aws.world.place(MEMBER, aws.world.unit("Regulated", aws.world.unit("Production")))
    aws.world.accounts[MEMBER].parent_id = "ou-nw1x-vanished"
    assert isinstance(discovery.units_of(MEMBER), ReadFailure)
