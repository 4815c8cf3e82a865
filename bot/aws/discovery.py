"""Which accounts and Regions there are to scan."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from bot.aws.clients import SharedClients
from bot.aws.credentials import AccountCredentials, Identity, acting_in
from bot.aws.failures import AWS_ERRORS, failure_of
from bot.models.keys import FailureKind, ReadFailure
from bot.models.scans import Account

if TYPE_CHECKING:
    from mypy_boto3_account.literals import RegionOptStatusType
    from mypy_boto3_organizations import OrganizationsClient

_GLOBAL_REGIONS = {"aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}
_ENABLED: "Sequence[RegionOptStatusType]" = ("ENABLED", "ENABLED_BY_DEFAULT")


class Discovery:
    """Answers with lists or with the ReadFailure that kept them from being read."""

    def __init__(self, identity: Identity, credentials: AccountCredentials, clients: SharedClients) -> None:
        self._identity = identity
        self._credentials = credentials
        self._clients = clients

    def partition(self) -> str | ReadFailure:
        """Say in which AWS partition (`aws`, `aws-cn`, …) the bot works."""
        try:
            return self._identity.partition
        except AWS_ERRORS as error:
            return failure_of(error, "sts:GetCallerIdentity")

    def accounts(self, wanted: Literal["organization"] | Sequence[str] | None) -> list[Account] | ReadFailure:
        """List the accounts to scan: the organisation's active ones, the listed ones, or the caller's own (None).

        Names come from the organisation. Where it may not be read, a listed account is known by its id alone.
        """
        try:
            own = self._identity.account
        except AWS_ERRORS as error:
            return failure_of(error, "sts:GetCallerIdentity")
        organization = self._organization()
        if wanted == "organization":
            return organization
        names = {} if isinstance(organization, ReadFailure) else {each.id: each.name for each in organization}
        return [Account(id_, names.get(id_, id_)) for id_ in ([own] if wanted is None else wanted)]

    def open(self, account: Account) -> ReadFailure | None:
        """Assume the audit role in an account; say what kept us from it."""
        try:
            self._credentials.check(account.id)
        except AWS_ERRORS as error:
            return failure_of(error, "sts:AssumeRole")
        return None

    def enabled_regions(self, account: Account) -> list[str] | ReadFailure:
        try:
            client = self._clients.account(self._global_region())
            with acting_in(account.id):
                pages = client.get_paginator("list_regions").paginate(RegionOptStatusContains=_ENABLED)
                return sorted(region["RegionName"] for page in pages for region in page["Regions"])
        except AWS_ERRORS as error:
            return failure_of(error, "account:ListRegions")

    def units_of(self, account_id: str) -> tuple[str, ...] | ReadFailure:
        """Name the organisational units that hold an account, nearest first, and the root last, by their ids.

        https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html
        """
        found: list[str] = []
        child = account_id
        try:
            client = cast("OrganizationsClient", self._identity.client("organizations", self._global_region()))
            while not child.startswith("r-"):
                pages = client.get_paginator("list_parents").paginate(ChildId=child)
                parents = [parent["Id"] for page in pages for parent in page["Parents"]]
                if len(parents) != 1:
                    detail = f"AWS names {len(parents)} parents of {child}, and documents one."
                    return ReadFailure(FailureKind.SERVICE_ERROR, "organizations:ListParents", "NoOneParent", detail)
                [child] = parents
                found.append(child)
        except AWS_ERRORS as error:
            return failure_of(error, "organizations:ListParents")
        return tuple(found)

    def _organization(self) -> list[Account] | ReadFailure:
        """List the active accounts of the organisation; `State` replaced `Status` on 2026-09-09."""
        try:
            client = cast("OrganizationsClient", self._identity.client("organizations", self._global_region()))
            pages = client.get_paginator("list_accounts").paginate()
            return sorted(
                (
                    Account(each["Id"], each["Name"])
                    for page in pages
                    for each in page["Accounts"]
                    if each["State"] == "ACTIVE"
                ),
                key=lambda account: account.id,
            )
        except AWS_ERRORS as error:
            return failure_of(error, "organizations:ListAccounts")

    def _global_region(self) -> str:
        """Return the Region that holds a partition's global services."""
        return _GLOBAL_REGIONS.get(self._identity.partition, "us-east-1")
