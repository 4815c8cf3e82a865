"""One call in hand: what was asked, who asks, and the emulation that answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.kms.models import Key

from deploy.sandbox.aws.faults import Faults
from deploy.sandbox.aws.identity import Identities, Principal
from deploy.sandbox.aws.keys import Rotation, find
from deploy.sandbox.aws.wire import AwsError, Request
from deploy.sandbox.aws.world import World

# As `KeyId` of each operation is documented in the KMS API reference; all others take an id or ARN only.
TAKE_ALIASES = frozenset(
    {"DescribeKey", "Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
     "GenerateMac", "VerifyMac", "Sign", "Verify", "GetPublicKey", "ReEncrypt"}
)  # fmt: skip
TAKE_FOREIGN_KEYS = TAKE_ALIASES | {"GetKeyRotationStatus", "CreateGrant", "ListGrants", "RevokeGrant"}


@dataclass(frozen=True, slots=True)
class Stale:
    """A rotation as it was before its last change, shown to a number of reads that AWS answers late."""

    rotation: Rotation
    reads: int


@dataclass(slots=True)
class Move:
    """The old and the new primary of a multi-Region key while AWS moves it, seen by so many more DescribeKey."""

    keys: tuple[Key, Key]
    reads: int


@dataclass(slots=True)
class Emulation:
    """Everything that is alive in one server; what is late is kept by account and key id."""

    world: World
    faults: Faults
    identities: Identities
    stale: dict[tuple[str, str], Stale] = field(default_factory=dict)
    moves: dict[tuple[str, str], Move] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    caller: Principal
    emulation: Emulation
    now: datetime

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.request.parameters

    @property
    def world(self) -> World:
        return self.emulation.world

    @property
    def account(self) -> str:
        return self.caller.account

    @property
    def region(self) -> str:
        return self.request.region

    def key(self) -> Key:
        """The key that `KeyId` names. Errors as AWS gives them."""
        identifier = self.parameters.get("KeyId")
        if not isinstance(identifier, str) or not identifier:
            raise AwsError("ValidationException", "1 validation error detected: Value at 'keyId' must not be null")
        return find(identifier, self.account, self.region, aliases=self.request.action in TAKE_ALIASES)

    def integer(self, name: str, least: int, most: int, default: int) -> int:
        """A number within AWS's bounds."""
        value = self.parameters.get(name)
        if value is None:
            return default
        field = name[0].lower() + name[1:]
        if not isinstance(value, int) or value < least:
            raise _out_of_bounds(value, field, f"greater than or equal to {least}")
        if value > most:
            raise _out_of_bounds(value, field, f"less than or equal to {most}")
        return value


def _out_of_bounds(value: object, field: str, bound: str) -> AwsError:
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: "
        f"Member must have value {bound}",
    )
