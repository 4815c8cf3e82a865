"""One key in full: a sample for every reason."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.keys import (
    FailureKind,
    Finding,
    Judgement,
    KeyMetadata,
    MultiRegionRole,
    ReadFailure,
    Rotation,
    RotationStatus,
)
from bot.models.posture import KeyDetails, Part
from bot.rules.verdict import judge, judge_failure
from bot.views.key import key_details
from deploy.sandbox.gallery.asked import every_request
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    DUBLIN,
    NOW,
    OFF,
    ON,
    PLAIN,
    POLICY,
    STRANGE_WORDS,
    TOO_LONG,
    arn_of,
    denied,
    finding,
    judged,
    later,
    metadata,
)

REPLICA = metadata(multi_region_role=MultiRegionRole.REPLICA, primary_arn=arn_of(9, region=DUBLIN))
KINDS: dict[str, tuple[KeyMetadata, RotationStatus | None]] = {
    "rotating": (metadata(), ON),
    "rotation off": (metadata(), OFF),
    "period too long": (metadata(), TOO_LONG),
    "managed by AWS": (metadata(manager="AWS", description="Default key that protects my EBS volumes"), None),
    "asymmetric": (metadata(spec="RSA_2048", usage="SIGN_VERIFY"), None),
    "imported material": (metadata(origin="EXTERNAL"), None),
    "custom key store": (metadata(origin="AWS_CLOUDHSM"), None),
    "replica": (REPLICA, None),
    "disabled": (metadata(state="Disabled"), None),
    "to be deleted": (metadata(state="PendingDeletion", deletion_date=later(days=12)), None),
    "not ready": (metadata(state="PendingImport"), None),
    "of a state that nobody knows": (metadata(state="Hibernating"), None),
}
FAILURES = {
    "deleted meanwhile": ReadFailure(FailureKind.NOT_FOUND, "kms:DescribeKey", "NotFoundException", ""),
    "denied": denied("kms:DescribeKey"),
    "throttled": ReadFailure(FailureKind.THROTTLED, "kms:DescribeKey", "ThrottlingException", ""),
    "server error": ReadFailure(FailureKind.SERVICE_ERROR, "kms:DescribeKey", "KMSInternalException", ""),
}


def keys() -> Iterator[Sample]:
    for name, (key, status) in KINDS.items():
        yield shown(name, Surface.REPLY, "Everything could be read").by(
            key_details, details(judge(key, status, POLICY), key, status)
        )
    for name, failure in FAILURES.items():
        yield shown(name, Surface.REPLY, "Nothing could be read").by(key_details, _unreadable(failure))
    yield from _rotations()
    off = details(judge(metadata(), OFF, POLICY), metadata(), OFF)
    for name, asked in every_request().items():
        yield shown(f"request {name}", Surface.REPLY, "With its newest request").by(
            key_details, replace(off, request=asked)
        )
    tags = {f"tag-{number:02}": "value" for number in range(40)}
    managed = replace(off, tags=tags, finding=finding(managed_by="Terraform", aliases=("alias/a", "alias/b")))
    yield shown("managed, two aliases, many tags", Surface.REPLY, "Terraform manages it").by(key_details, managed)
    for kind, words in STRANGE_WORDS.items():
        strange = KeyDetails(
            finding=finding(words, managed_by=words.manager),
            handle="k1",
            read_at=NOW,
            metadata=metadata(description=words.reason),
            status=OFF,
            tags={words.team[:128]: words.team},
            rotations=(),
            request=every_request(words)["failed"],
        )
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(key_details, strange)


def _rotations() -> Iterator[Sample]:
    on = details(judge(metadata(), ON, POLICY), metadata(), ON)
    for times in (0, 1, 2, 9):
        rotations = tuple(Rotation(later(days=-365 * (times - number)), number % 3 == 1) for number in range(times))
        yield shown(f"rotated {times} times", Surface.REPLY, "History and price").by(
            key_details, replace(on, rotations=rotations)
        )


def details(judgement: Judgement, key: KeyMetadata, status: RotationStatus | None) -> KeyDetails:
    period = None if status is None else status.period_days
    following = None if status is None else status.next_rotation
    found = judged(judgement, rotation_period_days=period, next_rotation=following)
    rotations = (Rotation(later(days=-152), is_on_demand=False),) if status is ON else ()
    return KeyDetails(found, "k1", NOW, key, status, {"team": PLAIN.team, "stage": "prod"}, rotations, None)


def _unreadable(failure: ReadFailure) -> KeyDetails:
    found: Finding = judged(judge_failure(failure))
    parts = (
        Part("Tags", replace(failure, permission="kms:ListResourceTags").sentence),
        Part("History", replace(failure, permission="kms:ListKeyRotations").sentence),
    )
    return KeyDetails(found, "k1", NOW, None, None, None, None, None, parts)
