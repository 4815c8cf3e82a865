"""A KMS key as AWS describes it, and what the audit finds about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """AWS Config's four compliance types."""

    COMPLIANT = "COMPLIANT"
    NON_COMPLIANT = "NON_COMPLIANT"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Reason(StrEnum):
    """Why a key has its verdict."""

    ROTATION_ENABLED = "ROTATION_ENABLED"
    ROTATION_DISABLED = "ROTATION_DISABLED"
    PERIOD_TOO_LONG = "PERIOD_TOO_LONG"
    AWS_MANAGED = "AWS_MANAGED"
    KEY_SPEC = "KEY_SPEC"
    IMPORTED_KEY_MATERIAL = "IMPORTED_KEY_MATERIAL"
    CUSTOM_KEY_STORE = "CUSTOM_KEY_STORE"
    REPLICA_KEY = "REPLICA_KEY"
    KEY_DISABLED = "KEY_DISABLED"
    PENDING_DELETION = "PENDING_DELETION"
    NOT_READY = "NOT_READY"
    DELETED = "DELETED"
    ACCESS_DENIED = "ACCESS_DENIED"
    THROTTLED = "THROTTLED"
    SERVICE_ERROR = "SERVICE_ERROR"


class MultiRegionRole(StrEnum):
    """`MultiRegionKeyType` of DescribeKey; `SINGLE` for a key of one Region."""

    SINGLE = "SINGLE"
    PRIMARY = "PRIMARY"
    REPLICA = "REPLICA"


class MalformedArnError(ValueError):
    """The text is not the ARN of a KMS key."""


@dataclass(frozen=True, slots=True)
class KeyArn:
    """A key's identity. `mrk-…` ids repeat across Regions, so nothing shorter will do."""

    partition: str
    region: str
    account: str
    key_id: str

    @classmethod
    def parse(cls, text: str) -> "KeyArn":
        """Read `arn:<partition>:kms:<region>:<account>:key/<id>`; raise MalformedArnError otherwise."""
        parts = text.split(":")
        well_formed = (
            len(parts) == 6  # noqa: PLR2004 - the six parts of an ARN
            and parts[0] == "arn"
            and parts[2] == "kms"
            and all(parts[1:5])
            and parts[5].startswith("key/")
            and len(parts[5]) > len("key/")
        )
        if not well_formed:
            raise MalformedArnError(
                f"{text!r} is not the ARN of a KMS key (arn:<partition>:kms:<region>:<account>:key/<id>)"
            )
        return cls(parts[1], parts[3], parts[4], parts[5].removeprefix("key/"))

    def __str__(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"


@dataclass(frozen=True, slots=True)
class ImmutableFacts:
    """What AWS never changes in a key once it is made, in AWS's own strings.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
    """

    arn: str
    manager: str
    spec: str
    usage: str
    origin: str


@dataclass(frozen=True, slots=True)
class KeyMetadata:
    """The part of DescribeKey's answer that decides eligibility.

    AWS's own strings are kept as they came, so that a value which AWS adds later is not mistaken for another.
    """

    arn: str
    manager: str
    spec: str
    usage: str
    origin: str
    state: str
    multi_region_role: str = MultiRegionRole.SINGLE
    primary_arn: str | None = None
    description: str = ""
    created_at: datetime | None = None
    deletion_date: datetime | None = None

    @property
    def immutable(self) -> ImmutableFacts:
        return ImmutableFacts(self.arn, self.manager, self.spec, self.usage, self.origin)


@dataclass(frozen=True, slots=True)
class RotationStatus:
    """GetKeyRotationStatus: the period is in days and known only while rotation is on.

    `on_demand_since` is when the rotation on demand began that is in progress.
    """

    enabled: bool
    period_days: int | None = None
    next_rotation: datetime | None = None
    on_demand_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """One entry of ListKeyRotations: when the rotation was completed, and whether somebody had asked for it."""

    at: datetime
    is_on_demand: bool


NO_REMEDIATION_ROLE = "NoRemediationRole"
"""The code of the one failure that is ours: AWS was not asked, because the settings name no role to ask as."""


class FailureKind(StrEnum):
    """What kind of failure a read of AWS ended in."""

    NOT_FOUND = "NOT_FOUND"
    ACCESS_DENIED = "ACCESS_DENIED"
    THROTTLED = "THROTTLED"
    SERVICE_ERROR = "SERVICE_ERROR"


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A call to AWS that failed: the permission it needs (`kms:DescribeKey`), AWS's code and words.

    `is_answered` is False where nobody knows whether AWS carried the call out: no answer came, or a server error.
    """

    kind: FailureKind
    permission: str
    code: str
    detail: str
    is_answered: bool = True

    @property
    def sentence(self) -> str:
        """One sentence for people; AWS's own words stay in `detail`."""
        if self.code == NO_REMEDIATION_ROLE:
            return self.detail
        if self.kind is FailureKind.ACCESS_DENIED:
            return f"{self.permission} is denied ({denied_by(self.detail)})."
        if self.kind is FailureKind.THROTTLED:
            return f"{self.permission} was throttled until patience ran out ({self.code})."
        told = _MEANINGS.get(self.code, "{permission} failed ({code}).")
        return told.format(permission=self.permission, code=self.code)


_MEANINGS = {
    "NotFoundException": "AWS finds no such key ({permission}: {code}).",
    "InvalidArnException": "AWS does not take the key's ARN ({permission}: {code}).",
    "DisabledException": "The key is disabled ({permission}: {code}).",
    "KMSInvalidStateException": "The key is in a state that does not allow {permission} ({code}).",
    "UnsupportedOperationException": "{permission} is not possible with this kind of key ({code}).",
    "LimitExceededException": "{permission} would exceed a limit that AWS sets, and was not carried out ({code}).",
    "ConflictException": (
        "The key is being rotated, or will be within the next 20 minutes ({permission}: {code}). Try again later."
    ),
    "KMSInternalException": "AWS had an internal error during {permission} ({code}).",
    "DependencyTimeoutException": "AWS ran out of time during {permission} ({code}).",
}
"""What the codes of KMS mean, https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html."""


def denied_by(detail: str) -> str:
    """Say which policy denied, as far as AWS's message tells.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    for words, meaning in (
        ("service control policy", "by a service control policy"),
        ("resource control policy", "by a resource control policy"),
        ("VPC endpoint policy", "by a VPC endpoint policy"),
        ("explicit deny in a resource-based policy", "by the key policy"),
        ("resource-based policy", "the key policy does not allow it"),
        ("session policy", "by a session policy"),
        ("permissions boundary", "by a permissions boundary"),
        ("explicit deny in an identity-based policy", "by the role's own policy"),
        ("identity-based policy", "the role's own policy lacks it"),
    ):
        if words in detail:
            return meaning
    return "AWS does not say by which policy"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason and a sentence for people."""

    verdict: Verdict
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the audit says about one key, and when it was read.

    `team`, `owner`, `is_production`, `tags` and `managed_by` are known of open keys alone: only their tags are read.
    """

    arn: str
    account: str
    account_name: str
    region: str
    aliases: tuple[str, ...]
    verdict: Verdict
    reason: Reason
    message: str
    read_at: datetime
    rotation_enabled: bool | None = None
    rotation_period_days: int | None = None
    next_rotation: datetime | None = None
    team: str | None = None
    managed_by: str | None = None
    exempt_until: datetime | None = None
    owner: str | None = None
    is_production: bool = False
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def key_id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def name(self) -> str:
        """What people call it: the first alias, without the prefix that all aliases have, or else the key id."""
        return self.aliases[0].removeprefix("alias/") if self.aliases else self.key_id
