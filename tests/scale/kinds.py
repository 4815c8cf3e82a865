"""Every kind of key and what is true of it, row by row.

The rules are stated here a second time, from AWS's documentation and the design's table of verdicts, and owe nothing to
`bot.rules`: no constant of it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.benchmarks.fake_aws.world import Trouble

YES, NO, OUT, UNREAD = "COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE", "INSUFFICIENT_DATA"
DESCRIBE, STATUS, TAGS = "DescribeKey", "GetKeyRotationStatus", "ListResourceTags"
THROTTLED, BROKEN = "ThrottlingException", "KMSInternalException"
TWICE = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of key: how AWS has it, and the true verdict and reason.

    `unread` is the permission whose call fails for good, so that the place is not wholly read. `alias` is put before
    a number to make its aliases' names; `aliasless` is the kind that it is taken for where aliases cannot be read.
    `replicated` gives it a replica in another Region.
    """

    name: str
    verdict: str
    reason: str
    key: Mapping[str, object] = field(default_factory=dict)
    unread: str = ""
    alias: str = "alias/key-"
    aliasless: str = ""
    replicated: bool = False

    @property
    def is_stubborn(self) -> bool:
        """Whether a call fails for ever, so that it costs every retry there is: such keys are few in any account."""
        return bool(self.unread) and "troubles" in self.key

    @property
    def errs(self) -> bool:
        """Whether a call ends in an error, for ever, that is neither a denial nor the kind's own."""
        return self.is_stubborn or "gone_after" in self.key


def _denied(*operations: str) -> dict[str, object]:
    return {"denied": frozenset(operations)}


def _trouble(operation: str, code: str, times: int | None = None) -> dict[str, object]:
    return {"troubles": (Trouble(operation, code, times),)}


ON: dict[str, object] = {"rotation_days": 365}
PRIMARY: dict[str, object] = {"multi_region": "PRIMARY"}
AMAZONS: dict[str, object] = {"manager": "AWS", "rotation_days": 365}
AMAZONS_ALIAS = "alias/aws/service-"
NO_ALIAS = ""

KINDS = (
    Kind("rotates every 365 days", YES, "ROTATION_ENABLED", ON),
    Kind("rotates every 90 days", YES, "ROTATION_ENABLED", {"rotation_days": 90}),
    Kind("rotates, has no alias", YES, "ROTATION_ENABLED", ON, alias=NO_ALIAS),
    Kind("rotates, being updated", YES, "ROTATION_ENABLED", {**ON, "state": "Updating"}),
    Kind("rotates, a multi-Region primary", YES, "ROTATION_ENABLED", {**ON, **PRIMARY}, replicated=True),
    Kind(
        "rotates, described on the third try", YES, "ROTATION_ENABLED",
        {**ON, **_trouble(DESCRIBE, THROTTLED, TWICE)},
    ),
    Kind(
        "rotates, its status told on the third try", YES, "ROTATION_ENABLED",
        {**ON, **_trouble(STATUS, THROTTLED, TWICE)},
    ),
    Kind("rotates, after two errors of AWS", YES, "ROTATION_ENABLED", {**ON, **_trouble(STATUS, BROKEN, TWICE)}),
    Kind("rotates, its tags denied", YES, "ROTATION_ENABLED", {**ON, **_denied(TAGS)}),
    Kind("rotates, deleted after its status", YES, "ROTATION_ENABLED", {**ON, "gone_after": STATUS}, alias=NO_ALIAS),
    Kind("does not rotate", NO, "ROTATION_DISABLED"),
    Kind("does not rotate, has no alias", NO, "ROTATION_DISABLED", alias=NO_ALIAS),
    Kind("does not rotate, being updated", NO, "ROTATION_DISABLED", {"state": "Updating"}),
    Kind("does not rotate, a multi-Region primary", NO, "ROTATION_DISABLED", PRIMARY, replicated=True),
    Kind("does not rotate, its tags denied", NO, "ROTATION_DISABLED", _denied(TAGS), unread=TAGS),
    Kind("does not rotate, its tags told on the third try", NO, "ROTATION_DISABLED", _trouble(TAGS, THROTTLED, TWICE)),
    Kind("rotates every 366 days", NO, "PERIOD_TOO_LONG", {"rotation_days": 366}),
    Kind("rotates every 2,560 days", NO, "PERIOD_TOO_LONG", {"rotation_days": 2560}),
    Kind("managed by AWS", OUT, "AWS_MANAGED", AMAZONS, alias=AMAZONS_ALIAS),
    Kind("managed by AWS, without an alias", OUT, "AWS_MANAGED", AMAZONS, alias=NO_ALIAS),
    Kind(
        "managed by AWS, may not be described", OUT, "AWS_MANAGED", {**AMAZONS, **_denied(DESCRIBE, STATUS)},
        alias=AMAZONS_ALIAS, aliasless="may not be described",
    ),
    Kind("RSA", OUT, "KEY_SPEC", {"spec": "RSA_2048", "usage": "SIGN_VERIFY"}),
    Kind("RSA for encryption", OUT, "KEY_SPEC", {"spec": "RSA_4096"}),
    Kind("elliptic curve", OUT, "KEY_SPEC", {"spec": "ECC_NIST_P256", "usage": "KEY_AGREEMENT"}),
    Kind("HMAC", OUT, "KEY_SPEC", {"spec": "HMAC_256", "usage": "GENERATE_VERIFY_MAC"}),
    Kind("RSA, disabled", OUT, "KEY_SPEC", {"spec": "RSA_2048", "usage": "SIGN_VERIFY", "state": "Disabled"}),
    Kind("imported material", OUT, "IMPORTED_KEY_MATERIAL", {"origin": "EXTERNAL"}),
    Kind("imported material, awaited", OUT, "IMPORTED_KEY_MATERIAL", {"origin": "EXTERNAL", "state": "PendingImport"}),
    Kind(
        "imported material, awaiting deletion", OUT, "IMPORTED_KEY_MATERIAL",
        {"origin": "EXTERNAL", "state": "PendingDeletion"},
    ),
    Kind("in CloudHSM", OUT, "CUSTOM_KEY_STORE", {"origin": "AWS_CLOUDHSM"}),
    Kind("in an external key store", OUT, "CUSTOM_KEY_STORE", {"origin": "EXTERNAL_KEY_STORE"}),
    Kind("in CloudHSM, out of reach", OUT, "CUSTOM_KEY_STORE", {"origin": "AWS_CLOUDHSM", "state": "Unavailable"}),
    Kind("disabled", OUT, "KEY_DISABLED", {"state": "Disabled"}),
    Kind("disabled, rotates", OUT, "KEY_DISABLED", {**ON, "state": "Disabled"}),
    Kind("disabled, its status denied", OUT, "KEY_DISABLED", {"state": "Disabled", **_denied(STATUS)}),
    Kind("awaiting deletion", OUT, "PENDING_DELETION", {"state": "PendingDeletion"}),
    Kind("awaiting deletion, rotated", OUT, "PENDING_DELETION", {**ON, "state": "PendingDeletion"}),
    Kind(
        "awaiting the deletion of its replicas", OUT, "PENDING_DELETION",
        {**PRIMARY, "state": "PendingReplicaDeletion"},
    ),
    Kind("being created", OUT, "NOT_READY", {"state": "Creating"}),
    Kind("unavailable", OUT, "NOT_READY", {"state": "Unavailable"}),
    Kind("deleted after being listed", OUT, "DELETED", {"gone_after": "ListKeys"}, alias=NO_ALIAS),
    Kind("deleted after being described", OUT, "DELETED", {**ON, "gone_after": DESCRIBE}, alias=NO_ALIAS),
    Kind("does not rotate, deleted after its status", OUT, "DELETED", {"gone_after": STATUS}, alias=NO_ALIAS),
    Kind("may not be described", UNREAD, "ACCESS_DENIED", {**ON, **_denied(DESCRIBE)}, unread=DESCRIBE),
    Kind("its status denied, rotates", UNREAD, "ACCESS_DENIED", {**ON, **_denied(STATUS)}, unread=STATUS),
    Kind("its status denied, does not rotate", UNREAD, "ACCESS_DENIED", _denied(STATUS), unread=STATUS),
    Kind(
        "description throttled for ever", UNREAD, "THROTTLED",
        {**ON, **_trouble(DESCRIBE, THROTTLED)}, unread=DESCRIBE,
    ),
    Kind("status throttled for ever", UNREAD, "THROTTLED", {**ON, **_trouble(STATUS, THROTTLED)}, unread=STATUS),
    Kind("description fails for ever", UNREAD, "SERVICE_ERROR", _trouble(DESCRIBE, BROKEN), unread=DESCRIBE),
    Kind("status fails for ever", UNREAD, "SERVICE_ERROR", _trouble(STATUS, BROKEN), unread=STATUS),
    Kind("of an origin that nobody knows", UNREAD, "SERVICE_ERROR", {"origin": "AWS_MOONBASE"}),
    Kind("in a state that nobody knows", UNREAD, "SERVICE_ERROR", {"state": "Dreaming"}),
    Kind("of a multi-Region role that nobody knows", UNREAD, "SERVICE_ERROR", {"multi_region": "WITNESS"}),
)  # fmt: skip

REPLICA = Kind("a replica", OUT, "REPLICA_KEY", {"multi_region": "REPLICA"})
"""Judged on its primary, whether that rotates or not; made only by what is `replicated`."""

KIND = {kind.name: kind for kind in KINDS}
