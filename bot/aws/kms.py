"""Reading KMS."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from bot.aws.clients import SharedClients
from bot.aws.credentials import acting_in
from bot.aws.failures import AWS_ERRORS, failure_of
from bot.models.keys import KeyArn, KeyMetadata, MultiRegionRole, ReadFailure, Rotation, RotationStatus
from bot.models.scans import Page, Target

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.type_defs import GetKeyRotationStatusResponseTypeDef, KeyMetadataTypeDef

KEYS_A_PAGE = 1000
ALIASES_A_PAGE = 100
TAGS_A_PAGE = 50
ROTATIONS_A_PAGE = 1000

Answer = TypeVar("Answer")


class KmsReader:
    """Reads keys in any account that the audit role opens. Every method answers with a value or a ReadFailure."""

    def __init__(self, clients: SharedClients) -> None:
        self._clients = clients

    def list_keys(self, target: Target, marker: str | None = None) -> Page[str] | ReadFailure:
        """List the ARNs of a target's keys, a page at a time."""

        def read(kms: "KMSClient") -> Page[str]:
            answer = kms.list_keys(Limit=KEYS_A_PAGE, **_from(marker))
            return Page(tuple(key["KeyArn"] for key in answer["Keys"]), _next(answer))

        return self._call(target.account.id, target.region, "ListKeys", read)

    def list_aliases(self, target: Target, marker: str | None = None) -> Page[tuple[str, str]] | ReadFailure:
        """List a target's aliases, a page at a time, as pairs of key id and alias; those that name no key are left out.

        A key without an alias does not appear.
        """

        def read(kms: "KMSClient") -> Page[tuple[str, str]]:
            answer = kms.list_aliases(Limit=ALIASES_A_PAGE, **_from(marker))
            named = ((each.get("TargetKeyId"), each["AliasName"]) for each in answer["Aliases"])
            return Page(tuple((key_id, name) for key_id, name in named if key_id), _next(answer))

        return self._call(target.account.id, target.region, "ListAliases", read)

    def aliases_of(self, arn: str) -> tuple[str, ...] | ReadFailure:
        """List the aliases of one key."""

        def read(kms: "KMSClient") -> tuple[str, ...]:
            pages = kms.get_paginator("list_aliases").paginate(KeyId=arn, PaginationConfig={"PageSize": ALIASES_A_PAGE})
            return tuple(sorted(alias["AliasName"] for page in pages for alias in page["Aliases"]))

        return self._of_key(arn, "ListAliases", read)

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:
        return self._of_key(arn, "DescribeKey", lambda kms: metadata(kms.describe_key(KeyId=arn)["KeyMetadata"]))

    def rotation_status(self, arn: str) -> RotationStatus | ReadFailure:
        return self._of_key(
            arn, "GetKeyRotationStatus", lambda kms: rotation_status(kms.get_key_rotation_status(KeyId=arn))
        )

    def tags(self, arn: str) -> Mapping[str, str] | ReadFailure:
        def read(kms: "KMSClient") -> dict[str, str]:
            pages = kms.get_paginator("list_resource_tags").paginate(
                KeyId=arn, PaginationConfig={"PageSize": TAGS_A_PAGE}
            )
            return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}

        return self._of_key(arn, "ListResourceTags", read)

    def rotations(self, arn: str) -> list[Rotation] | ReadFailure:
        """List the completed rotations of a key, oldest first."""
        return self._of_key(arn, "ListKeyRotations", lambda kms: rotations(kms, arn))

    def _of_key(self, arn: str, operation: str, read: Callable[["KMSClient"], Answer]) -> Answer | ReadFailure:
        key = KeyArn.parse(arn)
        return self._call(key.account, key.region, operation, read)

    def _call(
        self, account: str, region: str, operation: str, read: Callable[["KMSClient"], Answer]
    ) -> Answer | ReadFailure:
        try:
            with acting_in(account):
                return read(self._clients.kms(region))
        except AWS_ERRORS as error:
            return failure_of(error, f"kms:{operation}")


def _from(marker: str | None) -> dict[str, str]:
    return {} if marker is None else {"Marker": marker}


def _next(answer: Mapping[str, Any]) -> str | None:
    return answer.get("NextMarker") if answer["Truncated"] else None


def metadata(answer: "KeyMetadataTypeDef") -> KeyMetadata:
    """Translate DescribeKey's answer."""
    multi_region = answer.get("MultiRegionConfiguration", {})
    role = multi_region.get("MultiRegionKeyType", MultiRegionRole.SINGLE)
    return KeyMetadata(
        arn=answer["Arn"],
        manager=answer["KeyManager"],
        spec=answer["KeySpec"],
        usage=answer["KeyUsage"],
        origin=answer["Origin"],
        state=answer["KeyState"],
        multi_region_role=role,
        primary_arn=multi_region.get("PrimaryKey", {}).get("Arn"),
        description=answer.get("Description", ""),
        created_at=answer.get("CreationDate"),
        deletion_date=answer.get("DeletionDate"),
    )


def rotation_status(answer: "GetKeyRotationStatusResponseTypeDef") -> RotationStatus:
    """Translate GetKeyRotationStatus's answer."""
    return RotationStatus(
        enabled=answer["KeyRotationEnabled"],
        period_days=answer.get("RotationPeriodInDays"),
        next_rotation=answer.get("NextRotationDate"),
        on_demand_since=answer.get("OnDemandRotationStartDate"),
    )


def rotations(kms: "KMSClient", arn: str) -> list[Rotation]:
    """Read the whole history of a key with ListKeyRotations, oldest first. Raises what botocore raises."""
    pages = kms.get_paginator("list_key_rotations").paginate(KeyId=arn, PaginationConfig={"PageSize": ROTATIONS_A_PAGE})
    found = (
        Rotation(each["RotationDate"], each.get("RotationType") == "ON_DEMAND")
        for page in pages
        for each in page["Rotations"]
        if "RotationDate" in each
    )
    return sorted(found, key=lambda rotation: rotation.at)
