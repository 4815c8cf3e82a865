"""What the organisation says: its accounts in every state, its units up and down, its tags, and the Regions."""

from collections.abc import Callable

import pytest
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import SharedClients, client_config
from bot.aws.credentials import AccountCredentials, Identity
from bot.aws.discovery import Discovery
from bot.models.keys import FailureKind, ReadFailure
from bot.models.scans import Account, Member
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


WEB = Account("222222222222", "web")
CALLS: dict[str, Callable[[Discovery], object]] = {
    "organizations:ListAccounts": lambda discovery: discovery.members(),
    "organizations:ListAccountsForParent": lambda discovery: discovery.accounts_in(ROOT),
    "organizations:ListOrganizationalUnitsForParent": lambda discovery: discovery.units_in(ROOT),
    "organizations:ListTagsForResource": lambda discovery: discovery.tags_of(WEB),
}
"""What is asked of Organizations, by the permission."""


@pytest.fixture
def wide(aws: AwsServer) -> AwsServer:
    """More of everything than goes on one page."""
    aws.world.account(WEB.id, WEB.name, tags={f"tag {number}": str(number) for number in range(45)})
    for number in range(45):
        aws.world.unit(f"unit {number:04}")
        aws.world.account(f"7000000000{number:02}", f"team-{number}")
    return aws


def _asked(discovery: Discovery) -> dict[str, object]:
    return {permission: ask(discovery) for permission, ask in CALLS.items()}


def test_every_list_is_read_to_its_last_page(wide: AwsServer, discovery: Discovery) -> None:
    members, accounts, units, tags = _asked(discovery).values()
    ids = sorted(wide.world.accounts)
    assert isinstance(members, list)
    assert [each.account.id for each in members] == ids
    assert isinstance(accounts, list)
    assert sorted(accounts) == ids
    assert units == [f"ou-nw1x-unit{number:04}" for number in range(45)]
    assert tags == {f"tag {number}": str(number) for number in range(45)}


@pytest.mark.parametrize("permission", CALLS)
def test_empty_pages_with_a_token_do_not_end_a_list(wide: AwsServer, discovery: Discovery, permission: str) -> None:
    before = CALLS[permission](discovery)
    wide.faults.empty_page(3, permission)
    assert CALLS[permission](discovery) == before


@pytest.mark.parametrize("permission", CALLS)
def test_a_list_that_is_denied_is_a_failure(aws: AwsServer, discovery: Discovery, permission: str) -> None:
    aws.faults.deny(action=permission)
    answer = CALLS[permission](discovery)
    assert isinstance(answer, ReadFailure)
    assert (answer.kind, answer.permission) == (FailureKind.ACCESS_DENIED, permission)


def test_a_list_of_which_a_later_page_fails_is_no_answer(wide: AwsServer, discovery: Discovery) -> None:
    pages = 0

    def fail_after_the_first(_: int) -> None:
        nonlocal pages
        pages += 1
        wide.faults.refuse("ServiceException", action="organizations:ListAccounts")

    assert isinstance(discovery.members(fail_after_the_first), ReadFailure)
    assert pages == 1


def test_accounts_come_with_their_state_and_how_many_are_known_is_told_by_page(
    wide: AwsServer, discovery: Discovery
) -> None:
    wide.world.account("999999999999", "closed", "CLOSED")
    told: list[int] = []
    members = discovery.members(told.append)
    assert isinstance(members, list)
    assert members[-1] == Member(Account("999999999999", "closed"), "CLOSED")
    assert [each.is_active for each in members] == [True] * 48 + [False]
    assert told == [20, 40, 49]


class _Enough(Exception):  # noqa: N818 - it is no error
    pass


def test_a_listing_ends_where_its_listener_has_enough(wide: AwsServer, discovery: Discovery) -> None:
    def enough(_: int) -> None:
        raise _Enough

    with pytest.raises(_Enough):
        discovery.members(enough)
    assert len(wide.calls.named("ListAccounts")) == 1


def test_an_account_is_named_as_the_organisation_names_it_or_else_by_its_id(
    aws: AwsServer, discovery: Discovery
) -> None:
    assert discovery.named(MEMBER) == Account(MEMBER, "prod-payments")
    assert discovery.named("999999999999") == Account("999999999999", "999999999999")
    aws.faults.deny(action="organizations:ListAccounts")
    assert discovery.named(MEMBER) == Account(MEMBER, MEMBER)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda discovery: discovery.accounts_in("ou-nw1x-nowhere0"), "ParentNotFoundException"),
        (lambda discovery: discovery.units_in("ou-nw1x-nowhere0"), "ParentNotFoundException"),
        (lambda discovery: discovery.tags_of(Account("999999999999", "x")), "TargetNotFoundException"),
    ],
)
def test_what_is_not_there_is_a_failure_that_says_so(
    discovery: Discovery, ask: Callable[[Discovery], object], code: str
) -> None:
    answer = ask(discovery)
    assert isinstance(answer, ReadFailure)
    assert answer.code == code


def test_an_account_tells_its_enabled_regions_or_the_state_of_every_one(aws: AwsServer, discovery: Discovery) -> None:
    aws.world.regions[MEMBER] |= {"af-south-1": "ENABLING", "me-south-1": "ENABLED"}
    account = Account(MEMBER, "prod-payments")
    assert discovery.enabled_regions(account) == ["eu-central-1", "eu-west-1", "me-south-1", "us-east-1"]
    states = discovery.region_states(account)
    assert states == aws.world.regions[MEMBER]


@pytest.mark.parametrize(
    ("partition", "known", "unknown"),
    [
        ("aws", "eu-central-1", "cn-north-1"),
        ("aws-cn", "cn-north-1", "us-east-1"),
        ("aws-us-gov", "us-gov-west-1", "us-east-1"),
        ("aws-eusc", "eusc-de-east-1", "us-east-1"),
    ],
)
def test_the_known_regions_are_those_of_our_partition(
    discovery: Discovery, monkeypatch: pytest.MonkeyPatch, partition: str, known: str, unknown: str
) -> None:
    monkeypatch.setattr(Identity, "arn", f"arn:{partition}:iam::{TOOLING}:user/bot")
    assert known in discovery.known_regions()
    assert unknown not in discovery.known_regions()


@pytest.mark.usefixtures("impatient")
def test_throttled_calls_are_sent_more_slowly_and_answered(wide: AwsServer, discovery: Discovery) -> None:
    before = discovery.tags_of(WEB)
    wide.faults.throttle(action="organizations:ListTagsForResource", times=2)
    assert discovery.tags_of(WEB) == before
