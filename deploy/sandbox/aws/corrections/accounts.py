"""Accounts of the organisation and their Regions.

moto 5.2 pages accounts 100 at a time, lets every member list them, and knows no `ListRegions`.
"""

from collections.abc import Mapping
from typing import Any

from deploy.sandbox.aws.authorization import refusal
from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.corrections.tokens import admit, page
from deploy.sandbox.aws.world import TOOLING_ACCOUNT


def list_accounts(call: Call) -> Mapping[str, Any]:
    admit(call)
    accounts = [account.describe() for account in list(call.world.accounts.values())]
    return page(call, "Accounts", accounts, call.integer("MaxResults", 1, 20, 20))


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
    return page(call, "Regions", regions, call.integer("MaxResults", 1, 50, 50))
