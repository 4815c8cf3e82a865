"""Accounts of the organisation and their Regions. moto 5.2 pages accounts 100 at a time and knows no `ListRegions`."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.sandbox.aws.authorization import refusal
from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.wire import AwsError
from deploy.sandbox.aws.world import TOOLING_ACCOUNT


def list_accounts(call: Call) -> Mapping[str, Any]:
    if call.account != TOOLING_ACCOUNT:
        raise AwsError("AccessDeniedException", "You don't have permissions to access this resource.")
    if call.emulation.faults.struck("empty_page", call.account, call.region, call.request.iam_action):
        # Another token for the same place: a client that is given the same one twice suspects a loop.
        return {"Accounts": [], "NextToken": "0" + (call.parameters.get("NextToken") or "0")}
    accounts = [account.describe() for account in call.world.accounts.values()]
    return _page(call, "Accounts", accounts, call.integer("MaxResults", 1, 20, 20))


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


def _page(call: Call, name: str, entries: Sequence[Any], limit: int) -> Mapping[str, Any]:
    token = call.parameters.get("NextToken") or "0"
    if not token.isdecimal():
        raise AwsError("InvalidInputException", "You specified an invalid value: the next token.")
    start = int(token)
    answer: dict[str, Any] = {name: entries[start : start + limit]}
    return answer if start + limit >= len(entries) else answer | {"NextToken": str(start + limit)}
