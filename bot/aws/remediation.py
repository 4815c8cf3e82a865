"""Changing one key: a session of its own, narrowed to that key and a few calls, that tells its story in CloudTrail."""

import json
from typing import TYPE_CHECKING, cast

from botocore.config import Config

from bot.aws.budget import CallBudget
from bot.aws.credentials import Identity
from bot.aws.failures import AWS_ERRORS, failure_of
from bot.aws.kms import metadata, rotation_status, rotations
from bot.aws.role_session import SessionKeys
from bot.models.keys import (
    NO_REMEDIATION_ROLE,
    FailureKind,
    KeyArn,
    KeyMetadata,
    ReadFailure,
    Rotation,
    RotationStatus,
)
from bot.models.requests import ChangeKind, Mandate

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

SESSION_SECONDS = 900
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
"""A change whose answer was lost is read back, never repeated blindly."""

CALLS = {
    ChangeKind.ENABLE_ROTATION: ("DescribeKey", "GetKeyRotationStatus", "EnableKeyRotation"),
    ChangeKind.ROTATE_ON_DEMAND: ("DescribeKey", "GetKeyRotationStatus", "ListKeyRotations", "RotateKeyOnDemand"),
}
"""All that a session can do, by what it is for."""

_NAME_LENGTH = 64
"""RoleSessionName and SourceIdentity: `[\\w+=,.@-]{2,64}`."""

_TAG_LENGTH = 256
"""The value of a session tag. https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html"""


class ChangeSession:
    """Reads and changes one key. Every method answers with a value or a ReadFailure."""

    def __init__(self, arn: str, *, reads: "KMSClient", changes: "KMSClient") -> None:
        self._arn = arn
        self._reads = reads
        self._changes = changes

    def describe(self) -> KeyMetadata | ReadFailure:
        try:
            return metadata(self._reads.describe_key(KeyId=self._arn)["KeyMetadata"])
        except AWS_ERRORS as error:
            return failure_of(error, "kms:DescribeKey")

    def rotation_status(self) -> RotationStatus | ReadFailure:
        try:
            return rotation_status(self._reads.get_key_rotation_status(KeyId=self._arn))
        except AWS_ERRORS as error:
            return failure_of(error, "kms:GetKeyRotationStatus")

    def rotations(self) -> list[Rotation] | ReadFailure:
        """List the completed rotations, oldest first; only a session for rotating on demand may."""
        try:
            return rotations(self._reads, self._arn)
        except AWS_ERRORS as error:
            return failure_of(error, "kms:ListKeyRotations")

    def enable_rotation(self, period_days: int) -> str | ReadFailure:
        """Call EnableKeyRotation, once, and answer with AWS's request id.

        The period is always sent: on a key that rotates already the call changes it.
        """
        try:
            answer = self._changes.enable_key_rotation(KeyId=self._arn, RotationPeriodInDays=period_days)
        except AWS_ERRORS as error:
            return failure_of(error, "kms:EnableKeyRotation")
        return answer["ResponseMetadata"]["RequestId"]

    def rotate_on_demand(self) -> str | ReadFailure:
        """Call RotateKeyOnDemand, once, and answer with AWS's request id. It begins a rotation; KMS ends it later.

        https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
        """
        try:
            answer = self._changes.rotate_key_on_demand(KeyId=self._arn)
        except AWS_ERRORS as error:
            return failure_of(error, "kms:RotateKeyOnDemand")
        return answer["ResponseMetadata"]["RequestId"]


class Remediator:
    """Opens change sessions with the remediation role, or with the bot's own identity where no role is configured."""

    def __init__(self, identity: Identity, role: str | None, external_id: str | None, budget: CallBudget) -> None:
        self._identity = identity
        self._role = role
        self._external_id = external_id
        self._budget = budget

    def open(self, arn: str, mandate: Mandate) -> ChangeSession | ReadFailure:
        """Open a session that can do nothing but what the mandate says, to this one key."""
        key = KeyArn.parse(arn)
        try:
            keys = self._own(key) if self._role is None else self._assume(key, self._role, mandate)
            if isinstance(keys, ReadFailure):
                return keys
            reads, changes = self._client(key, keys), self._client(key, keys, ONCE)
        except AWS_ERRORS as error:
            return failure_of(error, "sts:AssumeRole")
        return ChangeSession(arn, reads=reads, changes=changes)

    def _client(self, key: KeyArn, keys: SessionKeys | None, config: Config | None = None) -> "KMSClient":
        client = cast("KMSClient", self._identity.client("kms", key.region, keys, config))
        self._budget.govern(client, key.region, lambda: key.account)
        return client

    def _own(self, key: KeyArn) -> ReadFailure | None:
        """Work without a role, which is possible in the bot's own account alone."""
        if key.account == self._identity.account:
            return None
        detail = f"scan.remediation_role is not configured, and the key lies in account {key.account}."
        return ReadFailure(FailureKind.ACCESS_DENIED, "sts:AssumeRole", NO_REMEDIATION_ROLE, detail)

    def _assume(self, key: KeyArn, role: str, mandate: Mandate) -> SessionKeys:
        request: AssumeRoleRequestTypeDef = {
            "RoleArn": f"arn:{key.partition}:iam::{key.account}:role/{role}",
            "RoleSessionName": _joined("-", (mandate.request_id, mandate.requester, *mandate.approvers), _NAME_LENGTH),
            "SourceIdentity": mandate.requester,
            "DurationSeconds": SESSION_SECONDS,
            "Policy": session_policy(str(key), mandate.kind),
            "Tags": [
                {"Key": "RequestId", "Value": mandate.request_id},
                {"Key": "Requester", "Value": mandate.requester},
                {"Key": "Approvers", "Value": _joined(" ", mandate.approvers, _TAG_LENGTH)},
                {"Key": "Basis", "Value": mandate.basis.value},
            ],
        }
        return self._identity.assume(request, self._external_id)


def session_policy(arn: str, kind: ChangeKind) -> str:
    """Narrow a session to one key and the calls that a change of this kind needs.

    The rest is denied outright: a key policy that allows everybody would reach past a session policy that is silent.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
    """
    calls = [f"kms:{call}" for call in CALLS[kind]]
    statements = [
        {"Effect": "Allow", "Action": calls, "Resource": arn},
        {"Effect": "Deny", "Action": calls, "NotResource": arn},
        {"Effect": "Deny", "NotAction": calls, "Resource": "*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _joined(separator: str, ids: tuple[str, ...], most: int) -> str:
    """As many ids as fit, whole: half an id would be somebody else's."""
    told = ""
    for each in ids:
        longer = f"{told}{separator}{each}" if told else each
        if len(longer) > most:
            break
        told = longer
    return told
