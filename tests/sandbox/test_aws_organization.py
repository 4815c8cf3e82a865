"""The organisation's tree, up and down, and its tags."""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.organization import ROOT
from tests.sandbox.aws_clients import MEMBER, administrator_session, aws, bot, client, code

__all__ = ["aws"]

# As the API reference has them.
ROOT_ID = re.compile(r"r-[0-9a-z]{4,32}")
UNIT_ID = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")


def _parents(aws: AwsServer, child: str) -> list[Any]:
    pages = bot(aws, "organizations").get_paginator("list_parents").paginate(ChildId=child)
    return [parent for page in pages for parent in page["Parents"]]


def test_an_account_that_nobody_placed_stands_under_the_root(aws: AwsServer) -> None:
    for account in (MEMBER, "123456789012"):
        assert _parents(aws, account) == [{"Id": ROOT, "Type": "ROOT"}]
    assert ROOT_ID.fullmatch(ROOT)


def test_units_stand_in_units_and_accounts_in_them(aws: AwsServer) -> None:
    production = aws.world.unit("Production")
    payments = aws.world.unit("Pay (EU)", production)
    aws.world.place(MEMBER, payments)
    assert (production, payments) == ("ou-nw1x-production", "ou-nw1x-payeu000")
    assert UNIT_ID.fullmatch(payments)
    assert _parents(aws, MEMBER) == [{"Id": payments, "Type": "ORGANIZATIONAL_UNIT"}]
    assert _parents(aws, payments) == [{"Id": production, "Type": "ORGANIZATIONAL_UNIT"}]
    assert _parents(aws, production) == [{"Id": ROOT, "Type": "ROOT"}]


def test_a_unit_is_known_to_every_other_operation(aws: AwsServer) -> None:
    aws.world.place(MEMBER, aws.world.unit("Production"))
    organizations = client(aws, "organizations")
    assert [root["Id"] for root in organizations.list_roots()["Roots"]] == [ROOT]
    [unit] = organizations.list_organizational_units_for_parent(ParentId=ROOT)["OrganizationalUnits"]
    assert (unit["Id"], unit["Name"]) == ("ou-nw1x-production", "Production")
    assert [each["Id"] for each in organizations.list_accounts_for_parent(ParentId=unit["Id"])["Accounts"]] == [MEMBER]
    organizations.move_account(AccountId=MEMBER, SourceParentId=unit["Id"], DestinationParentId=ROOT)
    assert _parents(aws, MEMBER) == [{"Id": ROOT, "Type": "ROOT"}]


def test_an_account_moves_to_another_unit(aws: AwsServer) -> None:
    one, two = aws.world.unit("One"), aws.world.unit("Two")
    for unit in (one, two):
        aws.world.place(MEMBER, unit)
        assert [parent["Id"] for parent in _parents(aws, MEMBER)] == [unit]


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        (ROOT, "InvalidInputException"),
        ("prod-payments", "InvalidInputException"),
        ("ou-nw1x-short", "InvalidInputException"),
        ("ou-nw1x-nowhere0", "ChildNotFoundException"),
        ("999999999999", "ChildNotFoundException"),
    ],
)
def test_what_is_no_child_of_the_organisation_is_refused(aws: AwsServer, child: str, expected: str) -> None:
    with pytest.raises(ClientError) as error:
        bot(aws, "organizations").list_parents(ChildId=child)
    assert code(error) == expected


def test_members_may_not_ask(aws: AwsServer) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "organizations", **administrator_session(aws, MEMBER)).list_parents(ChildId=MEMBER)
    assert code(error) == "AccessDeniedException"


def test_a_denial_keeps_the_bot_out(aws: AwsServer) -> None:
    aws.faults.deny(action="organizations:ListParents")
    with pytest.raises(ClientError) as error:
        bot(aws, "organizations").list_parents(ChildId=MEMBER)
    assert code(error) == "AccessDeniedException"


def test_a_page_of_parents_can_be_empty_and_not_the_last(aws: AwsServer) -> None:
    aws.faults.empty_page(2, "organizations:ListParents")
    first = bot(aws, "organizations").list_parents(ChildId=MEMBER)
    assert (first["Parents"], "NextToken" in first) == ([], True)
    assert [parent["Id"] for parent in _parents(aws, MEMBER)] == [ROOT]
    assert len(aws.calls.named("ListParents")) == 3


@pytest.mark.parametrize(("name", "parent"), [("Production", ROOT), ("Other", "ou-nw1x-nowhere0")])
def test_a_unit_that_cannot_be_is_not_made(aws: AwsServer, name: str, parent: str) -> None:
    aws.world.unit("Production")
    with pytest.raises(ValueError, match="there is no unit"):
        aws.world.unit(name, parent)


def test_an_account_is_not_placed_where_nothing_is(aws: AwsServer) -> None:
    with pytest.raises(ValueError, match="there is no unit"):
        aws.world.place(MEMBER, "ou-nw1x-nowhere0")


def test_a_new_account_stands_under_the_root_wherever_the_first_one_is(aws: AwsServer) -> None:
    aws.world.place("123456789012", aws.world.unit("Security"))
    aws.world.account("222222222222", "new")
    assert [parent["Id"] for parent in _parents(aws, "222222222222")] == [ROOT]


def _below(aws: AwsServer, parent: str) -> tuple[list[str], list[str]]:
    """The units and the accounts directly in a unit."""
    organizations = bot(aws, "organizations")
    units = organizations.get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent)
    accounts = organizations.get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
    return (
        [unit["Id"] for page in units for unit in page["OrganizationalUnits"]],
        [account["Id"] for page in accounts for account in page["Accounts"]],
    )


def test_a_unit_lists_what_stands_directly_in_it(aws: AwsServer) -> None:
    production = aws.world.unit("Production")
    payments = aws.world.unit("Payments", production)
    aws.world.place(MEMBER, payments)
    assert _below(aws, ROOT) == ([production], ["123456789012"])
    assert _below(aws, production) == ([payments], [])
    assert _below(aws, payments) == ([], [MEMBER])


def test_what_stands_in_a_unit_is_listed_twenty_at_a_time(aws: AwsServer) -> None:
    production = aws.world.unit("Production")
    units = [aws.world.unit(f"unit {number:04}", production) for number in range(41)]
    accounts = [aws.world.account(f"7000000000{number:02}", f"team-{number}") for number in range(40)]
    for account in accounts:
        aws.world.place(account, production)
    assert _below(aws, production) == (units, accounts)
    assert len(aws.calls.named("ListOrganizationalUnitsForParent")) == 3
    assert len(aws.calls.named("ListAccountsForParent")) == 2


def _tags(aws: AwsServer, resource: str) -> dict[str, str]:
    pages = bot(aws, "organizations").get_paginator("list_tags_for_resource").paginate(ResourceId=resource)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def test_accounts_units_and_the_root_have_tags(aws: AwsServer) -> None:
    many = {f"tag {number}": str(number) for number in range(50)}
    aws.world.account("222222222222", "tagged", tags=many)
    organizations = client(aws, "organizations")
    organizations.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "stage", "Value": "prod"}])
    assert _tags(aws, "222222222222") == many
    assert len(aws.calls.named("ListTagsForResource")) == 3
    assert _tags(aws, MEMBER) == {"stage": "prod"}
    assert _tags(aws, ROOT) == _tags(aws, aws.world.unit("Production")) == {}


LISTS = {
    "list_accounts_for_parent": ("ParentId", ROOT, "ParentNotFoundException"),
    "list_organizational_units_for_parent": ("ParentId", ROOT, "ParentNotFoundException"),
    "list_parents": ("ChildId", MEMBER, "ChildNotFoundException"),
    "list_tags_for_resource": ("ResourceId", MEMBER, "TargetNotFoundException"),
}
"""Each with its parameter, something that there is, and what is said of something that there is not."""


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("named", ["ou-nw1x-nowhere0", "", "prod-payments", "ou-nw1x-short", "r-"])
def test_what_is_not_there_has_an_error_of_its_own(aws: AwsServer, operation: str, named: str) -> None:
    name, _, missing = LISTS[operation]
    with pytest.raises(ClientError) as error:
        getattr(bot(aws, "organizations"), operation)(**{name: named})
    assert code(error) == (missing if UNIT_ID.fullmatch(named) else "InvalidInputException")


@pytest.mark.parametrize("operation", LISTS)
def test_only_the_management_account_and_delegated_administrators_may_ask(aws: AwsServer, operation: str) -> None:
    name, there, _ = LISTS[operation]
    member = client(aws, "organizations", **administrator_session(aws, MEMBER))
    with pytest.raises(ClientError) as error:
        getattr(member, operation)(**{name: there})
    assert code(error) == "AccessDeniedException"
    aws.world.delegate(MEMBER)
    assert getattr(member, operation)(**{name: there})["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_delegated_administrator_lists_the_accounts(aws: AwsServer) -> None:
    aws.world.delegate(MEMBER)
    member = client(aws, "organizations", **administrator_session(aws, MEMBER))
    assert [account["Id"] for account in member.list_accounts()["Accounts"]] == ["123456789012", MEMBER]


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize(
    ("lever", "expected"),
    [("deny", "AccessDeniedException"), ("throttle", "TooManyRequestsException"), ("server_error", "InternalFailure")],
)
def test_every_list_can_be_troubled(aws: AwsServer, operation: str, lever: str, expected: str) -> None:
    name, there, _ = LISTS[operation]
    action = "".join(word.capitalize() for word in operation.split("_"))
    aws.faults.apply(lever, {"action": f"organizations:{action}"})
    with pytest.raises(ClientError) as error:
        getattr(bot(aws, "organizations"), operation)(**{name: there})
    assert code(error) == expected


@pytest.mark.parametrize("operation", LISTS)
def test_every_list_can_have_an_empty_page(aws: AwsServer, operation: str) -> None:
    name, there, _ = LISTS[operation]
    action = "".join(word.capitalize() for word in operation.split("_"))
    aws.faults.empty_page(2, f"organizations:{action}")
    for page in bot(aws, "organizations").get_paginator(operation).paginate(**{name: there}):
        assert page["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(aws.calls.named(action)) == 3
