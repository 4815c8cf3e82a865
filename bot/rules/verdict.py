"""The one place that decides whether a key rotates as it should.

CIS AWS Foundations 3.8 in 1.4 to 2.0 (`lacework-global-78`), 3.6 in 3.0 to 5.0, 4.6 since 6.0; Security Hub KMS.4.
Eligibility is decided from DescribeKey and never from the status: for keys that cannot rotate the status answers
anything (https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html).
"""

from dataclasses import dataclass

from bot.models.keys import (
    FailureKind,
    ImmutableFacts,
    Judgement,
    KeyMetadata,
    MultiRegionRole,
    ReadFailure,
    Reason,
    RotationStatus,
    Verdict,
)

AWS_DEFAULT_PERIOD_DAYS = 365
"""The only period before AWS made it selectable in 2024, and the default since: an answer without one means this."""

ROTATABLE_SPEC = "SYMMETRIC_DEFAULT"
ROTATABLE_USAGE = "ENCRYPT_DECRYPT"
ROTATABLE_ORIGIN = "AWS_KMS"

CUSTOM_STORE_ORIGINS = frozenset({"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"})
DELETION_STATES = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
UNREADY_STATES = frozenset({"Creating", "PendingImport", "Unavailable"})
_WORKING_STATES = frozenset({"Enabled", "Updating"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the organisation wants of a key."""

    max_rotation_period_days: int = AWS_DEFAULT_PERIOD_DAYS


def judge(
    key: KeyMetadata,
    status: RotationStatus | ReadFailure | None,
    policy: Policy,
    *,
    primary_in_scan: bool = True,
) -> Judgement:
    """Judge one key. `status` may be None only for keys that cannot rotate, for which nobody needs to ask."""
    ineligible = judge_eligibility(key, primary_in_scan=primary_in_scan)
    if ineligible is not None:
        return ineligible
    if isinstance(status, ReadFailure):
        return judge_failure(status)
    if status is None:
        return _unread(Reason.SERVICE_ERROR, "Its rotation status was not read.")
    return _judge_status(status, policy)


def judge_eligibility(key: KeyMetadata, *, primary_in_scan: bool = True) -> Judgement | None:
    """Say why automatic rotation does not apply to a key; None where it does."""
    return _judge_kind(key, primary_in_scan=primary_in_scan) or _judge_state(key)


def judge_failure(failure: ReadFailure) -> Judgement:
    """Judge a key whose read failed: unread is never compliant, and never non-compliant either."""
    if failure.kind is FailureKind.NOT_FOUND:
        return aws_says_gone()
    return _unread(Reason(failure.kind.value), f"Could not be read: {failure.sentence}")


def aws_says_gone() -> Judgement:
    return Judgement(Verdict.NOT_APPLICABLE, Reason.DELETED, "The key does not exist any more.")


def aws_managed() -> Judgement:
    return Judgement(Verdict.NOT_APPLICABLE, Reason.AWS_MANAGED, "AWS manages this key and rotates it.")


def judge_immutable(facts: ImmutableFacts) -> Judgement | None:
    """Say why automatic rotation will never apply to a key, by what never changes in it; None where it may.

    Such a judgement holds for as long as AWS lists the key, so nothing needs to be read again for it.
    """
    if facts.manager == "AWS":
        return aws_managed()
    if facts.manager != "CUSTOMER":
        return None
    if facts.spec != ROTATABLE_SPEC or facts.usage != ROTATABLE_USAGE:
        return _not_applicable(Reason.KEY_SPEC, f"{facts.spec} keys for {facts.usage} cannot rotate automatically.")
    if facts.origin == "EXTERNAL":
        return _not_applicable(Reason.IMPORTED_KEY_MATERIAL, "Imported key material cannot rotate automatically.")
    if facts.origin in CUSTOM_STORE_ORIGINS:
        return _not_applicable(Reason.CUSTOM_KEY_STORE, "Keys in a custom key store cannot rotate automatically.")
    return None


def _judge_kind(key: KeyMetadata, *, primary_in_scan: bool) -> Judgement | None:
    """Judge by what never changes in a key, and by its multi-Region role."""
    never = judge_immutable(key.immutable)
    if never is not None:
        return never
    if key.manager != "CUSTOMER":
        return _unknown("a key manager", key.manager)
    if key.origin != ROTATABLE_ORIGIN:
        return _unknown("an origin", key.origin)
    if key.multi_region_role not in set(MultiRegionRole):
        return _unknown("a multi-Region role", key.multi_region_role)
    if key.multi_region_role == MultiRegionRole.REPLICA:
        return _not_applicable(Reason.REPLICA_KEY, _replica_sentence(key, primary_in_scan=primary_in_scan))
    return None


def _judge_state(key: KeyMetadata) -> Judgement | None:
    if key.state == "Disabled":
        return _not_applicable(Reason.KEY_DISABLED, "The key is disabled; AWS does not rotate it until it is enabled.")
    if key.state in DELETION_STATES:
        return _not_applicable(Reason.PENDING_DELETION, "The key is waiting to be deleted.")
    if key.state in UNREADY_STATES:
        return _not_applicable(Reason.NOT_READY, f"The key is not ready for use (state {key.state}).")
    if key.state not in _WORKING_STATES:
        return _unknown("a key state", key.state)
    return None


def _judge_status(status: RotationStatus, policy: Policy) -> Judgement:
    if not status.enabled:
        return Judgement(Verdict.NON_COMPLIANT, Reason.ROTATION_DISABLED, "Automatic rotation is off.")
    period = status.period_days or AWS_DEFAULT_PERIOD_DAYS
    if period > policy.max_rotation_period_days:
        sentence = f"Rotates every {period} days; the policy allows at most {policy.max_rotation_period_days}."
        return Judgement(Verdict.NON_COMPLIANT, Reason.PERIOD_TOO_LONG, sentence)
    return Judgement(Verdict.COMPLIANT, Reason.ROTATION_ENABLED, f"Rotates every {period} days.")


def _replica_sentence(key: KeyMetadata, *, primary_in_scan: bool) -> str:
    primary = key.primary_arn or "a primary key that AWS did not name"
    if primary_in_scan:
        return f"A replica: rotation is set and judged on its primary, {primary}."
    return f"A replica: rotation is set on its primary, {primary}, which lies outside this scan and was not judged."


def _not_applicable(reason: Reason, message: str) -> Judgement:
    return Judgement(Verdict.NOT_APPLICABLE, reason, message)


def _unread(reason: Reason, message: str) -> Judgement:
    return Judgement(Verdict.INSUFFICIENT_DATA, reason, message)


def _unknown(what: str, value: str) -> Judgement:
    return _unread(Reason.SERVICE_ERROR, f"AWS answered with {what} that this version does not know: {value}.")
