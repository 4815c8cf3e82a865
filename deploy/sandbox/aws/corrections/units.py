"""The organisation's tree and its tags.

moto 5.2 has other errors than AWS where something is not there or no id at all, lets every member ask, and never pages
tags.
"""

import re
from collections.abc import Mapping
from typing import Any

from moto.organizations.models import OrganizationsBackend, organizations_backends

from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.corrections.tokens import admit, page
from deploy.sandbox.aws.wire import AwsError
from deploy.sandbox.aws.world import TOOLING_ACCOUNT

ACCOUNT, UNIT, ROOT = r"\d{12}", r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", r"r-[0-9a-z]{4,32}"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html"""

TAGS_A_PAGE = 20
"""AWS tells no number, and asks to follow `NextToken`."""


def list_parents(call: Call) -> Mapping[str, Any]:
    """The one unit, or the root, that holds an account or a unit. A root has none, and is no child."""
    admit(call)
    child, organization = _identifier(call, "ChildId", ACCOUNT, UNIT), _organization()
    parents = {account.id: account.parent_id for account in organization.accounts}
    parents |= {unit.id: str(unit.parent_id) for unit in organization.ou}
    if child not in parents:
        raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
    parent = parents[child]
    listed = [{"Id": parent, "Type": "ROOT" if parent.startswith("r-") else "ORGANIZATIONAL_UNIT"}]
    return page(call, "Parents", listed, _limit(call))


def list_accounts_for_parent(call: Call) -> Mapping[str, Any]:
    """The accounts that stand directly in a unit or under the root."""
    parent = _parent(call)
    accounts = [account.describe() for account in list(_organization().accounts) if account.parent_id == parent]
    return page(call, "Accounts", accounts, _limit(call))


def list_organizational_units_for_parent(call: Call) -> Mapping[str, Any]:
    """The units that stand directly in a unit or under the root."""
    parent = _parent(call)
    units = [
        {"Id": unit.id, "Arn": unit.arn, "Name": unit.name} for unit in _organization().ou if unit.parent_id == parent
    ]
    return page(call, "OrganizationalUnits", units, _limit(call))


def list_tags_for_resource(call: Call) -> Mapping[str, Any]:
    """The tags of an account, a unit or the root."""
    admit(call)
    named, organization = _identifier(call, "ResourceId", ACCOUNT, UNIT, ROOT), _organization()
    taggable: list[Any] = [*organization.accounts, *organization.ou]
    for each in taggable:
        if each.id == named:
            tags = [{"Key": key, "Value": value} for key, value in each.tags.items()]
            return page(call, "Tags", tags, TAGS_A_PAGE)
    raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")


def _parent(call: Call) -> str:
    admit(call)
    parent = _identifier(call, "ParentId", ROOT, UNIT)
    if not any(unit.id == parent for unit in _organization().ou):
        raise AwsError("ParentNotFoundException", "You specified parent that doesn't exist.")
    return parent


def _identifier(call: Call, name: str, *patterns: str) -> str:
    value = str(call.parameters.get(name))
    if not re.fullmatch("|".join(patterns), value, re.ASCII):
        raise AwsError("InvalidInputException", "You provided a value that does not match the required pattern.")
    return value


def _limit(call: Call) -> int:
    return call.integer("MaxResults", 1, 20, 20)


def _organization() -> OrganizationsBackend:
    return organizations_backends[TOOLING_ACCOUNT]["aws"]
