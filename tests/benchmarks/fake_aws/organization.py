"""Organizations, account management, EC2's Regions and the tags of resources: what audits ask before and beside KMS."""

from collections.abc import Callable
from typing import Any

from tests.benchmarks.fake_aws.answers import Call, RefusedError, by_role, denied
from tests.benchmarks.fake_aws.paging import page
from tests.benchmarks.fake_aws.world import BOT_ACCOUNT, ENABLED, ROOT, Account, World, key_arn

Answer = dict[str, Any]
Operation = Callable[[Call], Answer]

ACCOUNTS_A_PAGE, REGIONS_A_PAGE = 20, 50
ORGANIZATION = "o-bench"


class Organization:
    """The rest of AWS, in operations named as `service:Operation`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._accounts = [_described(account) for account in world.accounts.values()]
        self._tags = {
            key_arn(account, region, key.id): key.tags
            for (account, region), place in world.places.items()
            for key in place.keys
        }
        self.operations: dict[str, Operation] = {
            "organizations:ListAccounts": self._list_accounts,
            "organizations:ListAccountsForParent": self._list_accounts,
            "organizations:DescribeAccount": self._describe_account,
            "organizations:DescribeOrganization": lambda _: {"Organization": _organization()},
            "organizations:ListRoots": lambda _: {"Roots": [_root()]},
            "organizations:ListOrganizationalUnitsForParent": lambda _: {"OrganizationalUnits": []},
            "organizations:ListParents": lambda _: {"Parents": [{"Id": ROOT, "Type": "ROOT"}]},
            "organizations:ListTagsForResource": lambda _: {"Tags": []},
            "account:ListRegions": self._list_regions,
            "ec2:DescribeRegions": self._describe_regions,
            "tagging:GetResources": self._get_resources,
            "iam:ListAccountAliases": lambda _: {"AccountAliases": [], "IsTruncated": "false"},
        }

    def answer(self, call: Call) -> Answer:
        """Answer a call of a known operation. Raises RefusedError."""
        action = f"{call.service}:{call.operation}"
        if action in self._world.accounts[call.account].denied:
            raise denied(call, action, by_role(action))
        if call.service == "organizations" and call.account != BOT_ACCOUNT:
            raise denied(call, action, by_role(action))
        return self.operations[action](call)

    def _list_accounts(self, call: Call) -> Answer:
        token = str(call.parameters.get("NextToken", ""))
        found, more = page(self._accounts, token, ACCOUNTS_A_PAGE, with_empty=self._world.empty_pages)
        return {"Accounts": list(found)} | ({"NextToken": more} if more else {})

    def _describe_account(self, call: Call) -> Answer:
        account = self._world.accounts.get(str(call.parameters["AccountId"]))
        if account is None:
            raise RefusedError("AccountNotFoundException", "You specified an account that doesn't exist.")
        return {"Account": _described(account)}

    def _list_regions(self, call: Call) -> Answer:
        states = self._world.accounts[call.account].regions.items()
        wanted = call.parameters.get("RegionOptStatusContains")
        entries = [
            {"RegionName": name, "RegionOptStatus": state} for name, state in states if not wanted or state in wanted
        ]
        size = min(int(call.parameters.get("MaxResults", REGIONS_A_PAGE)), REGIONS_A_PAGE)
        found, more = page(entries, str(call.parameters.get("NextToken", "")), size, with_empty=self._world.empty_pages)
        return {"Regions": list(found)} | ({"NextToken": more} if more else {})

    def _describe_regions(self, call: Call) -> Answer:
        regions = self._world.accounts[call.account].regions
        return {
            "regionInfo": [
                {
                    "regionName": name,
                    "regionEndpoint": f"ec2.{name}.amazonaws.com",
                    "optInStatus": "opt-in-not-required" if state == ENABLED else "not-opted-in",
                }
                for name, state in regions.items()
                if state == ENABLED or "AllRegions" in call.parameters
            ]
        }

    def _get_resources(self, call: Call) -> Answer:
        """Answer for the named resources of the caller's own account and Region, as AWS does."""
        here = f"arn:aws:kms:{call.region}:{call.account}:"
        found = {arn: self._tags[arn] for arn in call.parameters.get("ResourceARNList", []) if arn in self._tags}
        return {
            "PaginationToken": "",
            "ResourceTagMappingList": [
                {"ResourceARN": arn, "Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}
                for arn, tags in found.items()
                if arn.startswith(here) and tags
            ],
        }


def _described(account: Account) -> Answer:
    """`State` replaced `Status` on 2026-09-09: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html."""
    return {
        "Id": account.id,
        "Arn": f"arn:aws:organizations::{BOT_ACCOUNT}:account/{ORGANIZATION}/{account.id}",
        "Name": account.name,
        "Email": f"{account.id}@example.com",
        "State": account.state,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 1_600_000_000.0,
    }


def _organization() -> Answer:
    return {
        "Id": ORGANIZATION,
        "Arn": f"arn:aws:organizations::{BOT_ACCOUNT}:organization/{ORGANIZATION}",
        "FeatureSet": "ALL",
        "MasterAccountArn": f"arn:aws:organizations::{BOT_ACCOUNT}:account/{ORGANIZATION}/{BOT_ACCOUNT}",
        "MasterAccountId": BOT_ACCOUNT,
        "MasterAccountEmail": "management@example.com",
    }


def _root() -> Answer:
    return {
        "Id": ROOT,
        "Arn": f"arn:aws:organizations::{BOT_ACCOUNT}:root/{ORGANIZATION}/{ROOT}",
        "Name": "Root",
        "PolicyTypes": [],
    }
