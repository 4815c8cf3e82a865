"""Accounts of the organisation, their units and Regions.

moto 5.2 pages accounts 100 at a time, knows no `ListRegions`, and has other errors than AWS where a child is not there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from moto.organizations.models import organizations_backends

from deploy.sandbox.aws.authorization import refusal
from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.wire import AwsError
from deploy.sandbox.aws.world import TOOLING_ACCOUNT

CHILD = re.compile(r"\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html"""


def list_accounts(call: Call) -> Mapping[str, Any]:
    if call.account != TOOLING_ACCOUNT:
        raise AwsError("AccessDeniedException", "You don't have permissions to access this resource.")
    if (emptied := _empty_page(call, "Accounts")) is not None:
        return emptied
    accounts = [account.describe() for account in call.world.accounts.values()]
    return _page(call, "Accounts", accounts, call.integer("MaxResults", 1, 20, 20))


def list_parents(call: Call) -> Mapping[str, Any]:
    """The one unit, or the root, that holds an account or a unit. A root has none, and is no child."""
    if call.account != TOOLING_ACCOUNT:
        raise AwsError("AccessDeniedException", "You don't have permissions to access this resource.")
    child, organization = str(call.parameters.get("ChildId")), organizations_backends[TOOLING_ACCOUNT]["aws"]
    if not CHILD.fullmatch(child):
        raise AwsError("InvalidInputException", "You provided a value that does not match the required pattern.")
    parents = {account.id: account.parent_id for account in organization.accounts}
    parents |= {unit.id: str(unit.parent_id) for unit in organization.ou}
    if child not in parents:
        raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
    if (emptied := _empty_page(call, "Parents")) is not None:
        return emptied
    parent = parents[child]
    listed = [{"Id": parent, "Type": "ROOT" if parent.startswith("r-") else "ORGANIZATIONAL_UNIT"}]
    return _page(call, "Parents", listed, call.integer("MaxResults", 1, 20, 20))


def list_regions(call: Call) -> Mapping[str, Any]:
    asked = call.parameters.get("AccountId")
    if asked is not None and call.account != TOOLING_ACCOUNT:
        raise refusal(call, "account:ListRegions", f"arn:aws:account::{asked}:account")
    if asked == TOOLING_ACCOUNT:
        raise refusal(
            call,
            "account:ListRegions",
            None,
            "(The management account can only be managed using the standalone context from the management account.)",
        )
    statuses = call.world.regions.get(asked or call.account)
    if statuses is None:
        raise refusal(call, "account:ListRegions", None, "(Your organization must first enable trusted access.)")
    wanted = call.parameters.get("RegionOptStatusContains") or list(statuses.values())
    regions = [
        {"RegionName": region, "RegionOptStatus": status} for region, status in statuses.items() if status in wanted
    ]
    return _page(call, "Regions", regions, call.integer("MaxResults", 1, 50, 50))


def _empty_page(call: Call, name: str) -> Mapping[str, Any] | None:
    """A page without anything that is not the last, where the lever says so: AWS does that."""
    if not call.emulation.faults.struck("empty_page", call.account, call.region, call.request.iam_action):
        return None
    # Another token for the same place: a client that is given the same one twice suspects a loop.
    return {name: [], "NextToken": "0" + (call.parameters.get("NextToken") or "0")}


def _page(call: Call, name: str, entries: Sequence[Any], limit: int) -> Mapping[str, Any]:
    token = call.parameters.get("NextToken") or "0"
    if not token.isdecimal():
        raise AwsError("InvalidInputException", "You specified an invalid value: the next token.")
    start = int(token)
    answer: dict[str, Any] = {name: entries[start : start + limit]}
    return answer if start + limit >= len(entries) else answer | {"NextToken": str(start + limit)}
