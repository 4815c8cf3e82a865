"""Which accounts and Regions there are to scan."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, cast

from botocore.config import Config

from bot.aws.clients import SharedClients
from bot.aws.credentials import AccountCredentials, Identity, acting_in
from bot.aws.failures import AWS_ERRORS, failure_of
from bot.aws.retrying import retry_each_call_for_itself
from bot.models.keys import FailureKind, ReadFailure
from bot.models.scans import Account, Member

if TYPE_CHECKING:
    from mypy_boto3_account.literals import RegionOptStatusType
    from mypy_boto3_organizations import OrganizationsClient

_GLOBAL_REGIONS = {"aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}
_ENABLED: "Sequence[RegionOptStatusType]" = ("ENABLED", "ENABLED_BY_DEFAULT")
_AT_ONCE = None
"""For what somebody waits for; a scan that is throttled does not slow it down."""

_AT_AWS_S_PACE = Config(retries={"mode": "adaptive", "total_max_attempts": 6})
"""Organizations tells no rates, and all of an organisation shares them: go at what it turns out to allow.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html"""


class Discovery:
    """Answers with lists or with the ReadFailure that kept them from being read."""

    def __init__(self, identity: Identity, credentials: AccountCredentials, clients: SharedClients) -> None:
        self._identity = identity
        self._credentials = credentials
        self._clients = clients
        self._lock = Lock()
        self._asking: dict[Config | None, OrganizationsClient] = {}

    def partition(self) -> str | ReadFailure:
        """Say in which AWS partition (`aws`, `aws-cn`, …) the bot works."""
        try:
            return self._identity.partition
        except AWS_ERRORS as error:
            return failure_of(error, "sts:GetCallerIdentity")

    def own_account(self) -> str | ReadFailure:
        """Say in which account the bot works."""
        try:
            return self._identity.account
        except AWS_ERRORS as error:
            return failure_of(error, "sts:GetCallerIdentity")

    def members(self, on_page: Callable[[int], None] = lambda _: None) -> list[Member] | ReadFailure:
        """List the accounts of the organisation by their ids, each once and whatever its state.

        `on_page` is told how many are known, page by page; what it raises ends the listing.
        """
        found: dict[str, Member] = {}
        try:
            for page in self._organizations().get_paginator("list_accounts").paginate():
                for each in page["Accounts"]:  # `State` replaced `Status` on 2026-09-09
                    account = Account(each["Id"], each["Name"])
                    found[account.id] = Member(account, each.get("State", ""))
                on_page(len(found))
        except AWS_ERRORS as error:
            return failure_of(error, "organizations:ListAccounts")
        return [found[id_] for id_ in sorted(found)]

    def named(self, account_id: str) -> Account:
        """Give an account the name that the organisation has for it; its id, where that cannot be read."""
        members = self.members()
        known = {} if isinstance(members, ReadFailure) else {each.account.id: each.account for each in members}
        return known.get(account_id, Account(account_id, account_id))

    def open(self, account: Account) -> ReadFailure | None:
        """Assume the audit role in an account; say what kept us from it."""
        try:
            self._credentials.check(account.id)
        except AWS_ERRORS as error:
            return failure_of(error, "sts:AssumeRole")
        return None

    def known_regions(self) -> frozenset[str]:
        """Name the Regions of our partition that this version of the SDK knows. AWS may have newer ones."""
        names = self._identity.session.get_available_regions("kms", partition_name=self._identity.partition)
        return frozenset(names)

    def enabled_regions(self, account: Account) -> list[str] | ReadFailure:
        try:
            return sorted(self._regions(account, _ENABLED))
        except AWS_ERRORS as error:
            return failure_of(error, "account:ListRegions")

    def region_states(self, account: Account) -> dict[str, str] | ReadFailure:
        """Tell of every Region that there is whether the account has enabled it, in AWS's words."""
        try:
            return self._regions(account)
        except AWS_ERRORS as error:
            return failure_of(error, "account:ListRegions")

    def accounts_in(self, unit: str) -> list[str] | ReadFailure:
        """List the accounts that stand directly in a unit or under a root, by their ids."""
        try:
            pages = self._organizations().get_paginator("list_accounts_for_parent").paginate(ParentId=unit)
            return [account["Id"] for page in pages for account in page["Accounts"]]
        except AWS_ERRORS as error:
            return failure_of(error, "organizations:ListAccountsForParent")

    def units_in(self, unit: str) -> list[str] | ReadFailure:
        """List the units that stand directly in a unit or under a root, by their ids."""
        try:
            pages = self._organizations().get_paginator("list_organizational_units_for_parent").paginate(ParentId=unit)
            return [each["Id"] for page in pages for each in page["OrganizationalUnits"]]
        except AWS_ERRORS as error:
            return failure_of(error, "organizations:ListOrganizationalUnitsForParent")

    def tags_of(self, account: Account) -> dict[str, str] | ReadFailure:
        """Read the tags that the organisation gave an account."""
        try:
            pages = self._organizations().get_paginator("list_tags_for_resource").paginate(ResourceId=account.id)
            return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        except AWS_ERRORS as error:
            return failure_of(error, "organizations:ListTagsForResource")

    def units_of(self, account_id: str) -> tuple[str, ...] | ReadFailure:
        """Name the organisational units that hold an account, nearest first, and the root last, by their ids.

        https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html
        """
        found: list[str] = []
        child = account_id
        try:
            while not child.startswith("r-"):
                pages = self._organizations(_AT_ONCE).get_paginator("list_parents").paginate(ChildId=child)
                parents = [parent["Id"] for page in pages for parent in page["Parents"]]
                if len(parents) != 1:
                    detail = f"AWS names {len(parents)} parents of {child}, and documents one."
                    return ReadFailure(FailureKind.SERVICE_ERROR, "organizations:ListParents", "NoOneParent", detail)
                [child] = parents
                found.append(child)
        except AWS_ERRORS as error:
            return failure_of(error, "organizations:ListParents")
        return tuple(found)

    def _regions(self, account: Account, states: "Sequence[RegionOptStatusType] | None" = None) -> dict[str, str]:
        """Ask an account for its own Regions, as itself: the management account may not be named."""
        client = self._clients.account(self._global_region())
        with acting_in(account.id):
            lister = client.get_paginator("list_regions")
            pages = lister.paginate() if states is None else lister.paginate(RegionOptStatusContains=states)
            return {each["RegionName"]: each["RegionOptStatus"] for page in pages for each in page["Regions"]}

    def _organizations(self, pace: Config | None = _AT_AWS_S_PACE) -> "OrganizationsClient":
        """Return the one client that asks for the organisation at a pace, which it learns for all threads."""
        region = self._global_region()
        with self._lock:
            if pace not in self._asking:
                asking = self._identity.client("organizations", region, config=pace)
                retry_each_call_for_itself(asking)
                self._asking[pace] = cast("OrganizationsClient", asking)
            return self._asking[pace]

    def _global_region(self) -> str:
        """Return the Region that holds a partition's global services."""
        return _GLOBAL_REGIONS.get(self._identity.partition, "us-east-1")
