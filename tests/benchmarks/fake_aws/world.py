"""What there is in the fake AWS: accounts, their Regions, their keys, and what goes wrong there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BOT_ACCOUNT = "123456789012"
ROOT = "r-root"
ACTIVE = "ACTIVE"
ENABLED, DISABLED = "ENABLED_BY_DEFAULT", "DISABLED"

REGIONS = (
    "eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "us-east-2", "us-west-1", "ap-south-1", "ap-northeast-1",
    "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-west-2", "eu-west-3",
    "eu-north-1", "sa-east-1",
)  # fmt: skip
"""The 17 that every account has enabled. https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An operation that is answered with an error, so many times and then no more; None is for ever."""

    operation: str
    code: str
    times: int | None = None


@dataclass(slots=True)
class Key:
    """A key as AWS has it. `rotation_days` is None while rotation is off.

    `denied` are the operations that its policy denies; `gone_after` is the operation whose answer is the last before
    somebody deletes it.
    """

    id: str
    aliases: tuple[str, ...] = ()
    manager: str = "CUSTOMER"
    spec: str = "SYMMETRIC_DEFAULT"
    usage: str = "ENCRYPT_DECRYPT"
    origin: str = "AWS_KMS"
    state: str = "Enabled"
    rotation_days: int | None = None
    multi_region: str = ""
    primary_region: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    troubles: tuple[Trouble, ...] = ()
    gone_after: str = ""


@dataclass(slots=True)
class Place:
    """One account in one Region. `denied` are the operations that the caller's own role may not call there."""

    keys: list[Key] = field(default_factory=list)
    denied: frozenset[str] = frozenset()
    denied_by_scp: bool = False
    troubles: tuple[Trouble, ...] = ()


@dataclass(slots=True)
class Account:
    """A member of the organisation. `regions` has AWS's word for each: enabled or not."""

    id: str
    name: str
    regions: Mapping[str, str]
    state: str = ACTIVE
    has_role: bool = True
    denied: frozenset[str] = frozenset()


@dataclass(slots=True)
class World:
    """An organisation; a place that is not in `places` has no keys. `empty_pages` makes lists answer with some."""

    accounts: dict[str, Account]
    places: dict[tuple[str, str], Place]
    empty_pages: bool = False

    @property
    def keys(self) -> int:
        return sum(len(place.keys) for place in self.places.values())


def key_arn(account: str, region: str, key_id: str) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"
