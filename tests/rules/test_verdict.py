"""Every key that AWS can describe, with every answer about its rotation, against a table written by hand.

The tables say what the design's “Words” and AWS's documentation say, not how the code decides. They are read from the
top, and the first row that matches counts. The values come from the service model of the installed botocore, so that
a value which a newer one adds fails here until somebody has judged it.
https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-enable.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod

import pytest
from botocore.loaders import Loader

from bot.models.keys import (
    FailureKind,
    Judgement,
    KeyMetadata,
    MultiRegionRole,
    ReadFailure,
    Reason,
    RotationStatus,
    Verdict,
)
from bot.rules.verdict import (
    Policy,
    aws_managed,
    aws_says_gone,
    judge,
    judge_eligibility,
    judge_failure,
    judge_immutable,
)

NEW = "SOMETHING_NEW"
"""Stands for a value that AWS adds one day."""

NOT_SYMMETRIC = (
    "RSA_2048 RSA_3072 RSA_4096 ECC_NIST_P256 ECC_NIST_P384 ECC_NIST_P521 ECC_SECG_P256K1 ECC_NIST_EDWARDS25519 SM2 "
    "HMAC_224 HMAC_256 HMAC_384 HMAC_512 ML_DSA_44 ML_DSA_65 ML_DSA_87 ML_KEM_512 ML_KEM_768 ML_KEM_1024"
)
OTHER_USES = "SIGN_VERIFY GENERATE_VERIFY_MAC KEY_AGREEMENT ENCAPSULATE_DECAPSULATE"

ASK = "the status decides"
NOT_APPLICABLE, UNREAD = "NOT_APPLICABLE", "INSUFFICIENT_DATA"
ELIGIBLE = ("CUSTOMER", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS")

KEYS: list[tuple[str, str, str, str, str, str, str]] = [
    # manager, spec, usage, origin, multi-Region role, state, what is expected; * is anything, what is new included
    ("AWS", "*", "*", "*", "*", "*", f"{NOT_APPLICABLE} AWS_MANAGED"),
    (NEW, "*", "*", "*", "*", "*", f"{UNREAD} SERVICE_ERROR"),
    # Only symmetric encryption keys rotate: whatever else there is or will be, does not.
    ("CUSTOMER", NOT_SYMMETRIC, "*", "*", "*", "*", f"{NOT_APPLICABLE} KEY_SPEC"),
    ("CUSTOMER", NEW, "*", "*", "*", "*", f"{NOT_APPLICABLE} KEY_SPEC"),
    ("CUSTOMER", "SYMMETRIC_DEFAULT", OTHER_USES, "*", "*", "*", f"{NOT_APPLICABLE} KEY_SPEC"),
    ("CUSTOMER", "SYMMETRIC_DEFAULT", NEW, "*", "*", "*", f"{NOT_APPLICABLE} KEY_SPEC"),
    # What never changes in a key comes before the state that it is in: a key that waits for its import is imported.
    (*ELIGIBLE[:3], "EXTERNAL", "*", "*", f"{NOT_APPLICABLE} IMPORTED_KEY_MATERIAL"),
    (*ELIGIBLE[:3], "AWS_CLOUDHSM EXTERNAL_KEY_STORE", "*", "*", f"{NOT_APPLICABLE} CUSTOM_KEY_STORE"),
    (*ELIGIBLE[:3], NEW, "*", "*", f"{UNREAD} SERVICE_ERROR"),
    (*ELIGIBLE, "REPLICA", "*", f"{NOT_APPLICABLE} REPLICA_KEY"),
    (*ELIGIBLE, NEW, "*", f"{UNREAD} SERVICE_ERROR"),
    (*ELIGIBLE, "SINGLE PRIMARY", "Disabled", f"{NOT_APPLICABLE} KEY_DISABLED"),
    (*ELIGIBLE, "SINGLE PRIMARY", "PendingDeletion PendingReplicaDeletion", f"{NOT_APPLICABLE} PENDING_DELETION"),
    (*ELIGIBLE, "SINGLE PRIMARY", "Creating PendingImport Unavailable", f"{NOT_APPLICABLE} NOT_READY"),
    (*ELIGIBLE, "SINGLE PRIMARY", NEW, f"{UNREAD} SERVICE_ERROR"),
    (*ELIGIBLE, "SINGLE PRIMARY", "Enabled Updating", ASK),
]

STATUSES: list[tuple[str, str, str, str]] = [
    # the answer about rotation, the period in days (- for none), the policy's maximum, what is expected
    ("on", "90", "*", "COMPLIANT ROTATION_ENABLED"),
    ("on", "365 -", "90", "NON_COMPLIANT PERIOD_TOO_LONG"),  # AWS means 365 where it names no period
    ("on", "365 -", "365 2560", "COMPLIANT ROTATION_ENABLED"),
    ("on", "366", "90 365", "NON_COMPLIANT PERIOD_TOO_LONG"),
    ("on", "366", "2560", "COMPLIANT ROTATION_ENABLED"),
    ("on", "2560", "90 365", "NON_COMPLIANT PERIOD_TOO_LONG"),
    ("on", "2560", "2560", "COMPLIANT ROTATION_ENABLED"),
    ("off", "*", "*", "NON_COMPLIANT ROTATION_DISABLED"),
    ("NOT_FOUND", "*", "*", f"{NOT_APPLICABLE} DELETED"),
    ("ACCESS_DENIED", "*", "*", f"{UNREAD} ACCESS_DENIED"),
    ("THROTTLED", "*", "*", f"{UNREAD} THROTTLED"),
    ("SERVICE_ERROR", "*", "*", f"{UNREAD} SERVICE_ERROR"),
    ("absent", "*", "*", f"{UNREAD} SERVICE_ERROR"),
]

JUDGED = {
    "KeyManagerType": "AWS CUSTOMER",
    "KeySpec": f"SYMMETRIC_DEFAULT {NOT_SYMMETRIC}",
    "KeyUsageType": f"ENCRYPT_DECRYPT {OTHER_USES}",
    "OriginType": "AWS_KMS EXTERNAL AWS_CLOUDHSM EXTERNAL_KEY_STORE",
    "KeyState": ("Creating Enabled Disabled PendingDeletion PendingImport PendingReplicaDeletion Unavailable Updating"),
    "MultiRegionKeyType": "PRIMARY REPLICA",
}
MAXIMA = (90, 365, 2560)
PERIODS = (None, 90, 365, 366, 2560)
PRIMARY_ARN = "arn:aws:kms:eu-central-1:111111111111:key/mrk-1"
ARN = "arn:aws:kms:us-east-1:111111111111:key/mrk-1"


def failure(kind: FailureKind, detail: str = "") -> ReadFailure:
    return ReadFailure(kind, "kms:GetKeyRotationStatus", f"{kind}Code", detail)


ANSWERS: dict[tuple[str, str], RotationStatus | ReadFailure | None] = {
    **{("on", str(period or "-")): RotationStatus(enabled=True, period_days=period) for period in PERIODS},
    ("off", "-"): RotationStatus(enabled=False),
    ("off", "2560"): RotationStatus(enabled=False, period_days=2560),
    **{(kind.value, "-"): failure(kind) for kind in FailureKind},
    ("absent", "-"): None,
}


def expected(table: Sequence[tuple[str, ...]], values: tuple[str, ...]) -> tuple[str, ...]:
    """The first row that matches; its last cell is what it expects."""
    for row in table:
        if all(cell == "*" or value in cell.split() for cell, value in zip(row[:-1], values, strict=True)):
            return row
    pytest.fail(f"no row judges {values}")


@cache
def values_of(shape: str) -> tuple[str, ...]:
    model = Loader().load_service_model("kms", "service-2")
    return tuple(model["shapes"][shape]["enum"])


@dataclass(frozen=True)
class Case:
    """A key, and the row of the table that it falls under."""

    values: tuple[str, ...]
    key: KeyMetadata
    row: tuple[str, ...]

    @property
    def outcome(self) -> str:
        return self.row[-1]


@cache
def cases() -> tuple[Case, ...]:
    """Every combination of values that DescribeKey could answer, and a new value of each."""
    named = ("KeyManagerType", "KeySpec", "KeyUsageType", "OriginType")
    columns = [(*values_of(shape), NEW) for shape in named]
    found = []
    for values in product(*columns, [*map(str, MultiRegionRole), NEW], (*values_of("KeyState"), NEW)):
        manager, spec, usage, origin, role, state = values
        key = KeyMetadata(ARN, manager, spec, usage, origin, state, role, PRIMARY_ARN)
        found.append(Case(values, key, expected(KEYS, values)))
    return tuple(found)


def eligible_key(state: str = "Enabled", role: MultiRegionRole = MultiRegionRole.SINGLE) -> KeyMetadata:
    return KeyMetadata(ARN, *ELIGIBLE, state, multi_region_role=role, primary_arn=PRIMARY_ARN)


@pytest.mark.parametrize("shape", JUDGED)
def test_every_value_that_the_service_model_knows_has_been_judged(shape: str) -> None:
    assert set(values_of(shape)) == set(JUDGED[shape].split())


def test_every_key_with_every_answer_gets_what_the_table_says() -> None:
    answers = [
        (status, Policy(maximum), expected(STATUSES, (*name, str(maximum))))
        for (name, status), maximum in product(ANSWERS.items(), MAXIMA)
    ]
    combinations = 0
    for case in cases():
        for status, policy, row in answers:
            wanted = row[-1] if case.outcome == ASK else case.outcome
            for primary_in_scan in (True, False):
                judgement = judge(case.key, status, policy, primary_in_scan=primary_in_scan)
                combinations += 1
                if f"{judgement.verdict} {judgement.reason}" != wanted:
                    pytest.fail(f"{case.values}, {status}, {policy}: {judgement}, not {wanted}")

    assert combinations == len(cases()) * len(ANSWERS) * len(MAXIMA) * 2
    assert {case.row for case in cases()} == set(KEYS), "a row of the table judges nothing"
    assert {row for _, _, row in answers} == set(STATUSES), "a row of the table judges nothing"


def test_the_cases_are_the_whole_product() -> None:
    columns = [(*values_of(shape), NEW) for shape in JUDGED if shape != "MultiRegionKeyType"]
    roles = (*values_of("MultiRegionKeyType"), NEW, "SINGLE")

    assert len({case.values for case in cases()}) == len(cases()) == prod(map(len, [*columns, roles]))


def test_only_keys_whose_status_decides_are_worth_asking_for_it() -> None:
    for case in cases():
        assert (judge_eligibility(case.key) is None) == (case.outcome == ASK)


def test_what_never_changes_decides_alone_exactly_where_state_and_role_say_nothing() -> None:
    """So a verdict that rests on it holds for ever, and no other is ever taken from an earlier scan."""
    for_good = {"AWS_MANAGED", "KEY_SPEC", "IMPORTED_KEY_MATERIAL", "CUSTOM_KEY_STORE"}
    for case in cases():
        remembered = judge_immutable(case.key.immutable)
        assert (remembered is not None) == (case.outcome.split()[-1] in for_good), case.values
        if remembered is not None:
            for primary_in_scan in (True, False):
                assert judge_eligibility(case.key, primary_in_scan=primary_in_scan) == remembered


def all_judgements() -> set[Judgement]:
    """The different things that can be said, over all keys and answers."""
    judgements = {
        judge(case.key, None, Policy(), primary_in_scan=primary_in_scan)
        for case, primary_in_scan in product(cases(), (True, False))
    }
    for status, maximum in product(ANSWERS.values(), MAXIMA):
        judgements.add(judge(eligible_key(), status, Policy(maximum)))
    for kind, detail in product(FailureKind, ("", "no identity-based policy allows it", "in a service control policy")):
        judgements.add(judge(eligible_key(), failure(kind, detail), Policy()))
    return judgements | {aws_managed(), aws_says_gone()}


def test_every_message_is_one_sentence() -> None:
    for judgement in all_judgements():
        message = judgement.message
        assert message.endswith("."), message
        assert message[0].isupper(), message
        assert not re.search(r"[.!?]\s", message), message
        assert not re.search(r"\s\s|\n|None|\(\)", message), message
        assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiouAEHMRS]", message), message


def test_every_reason_belongs_to_one_verdict_only() -> None:
    verdicts: dict[Reason, set[Verdict]] = {}
    for judgement in all_judgements():
        verdicts.setdefault(judgement.reason, set()).add(judgement.verdict)

    assert set(verdicts) == set(Reason)
    assert all(len(of_reason) == 1 for of_reason in verdicts.values()), verdicts


@pytest.mark.parametrize("kind", FailureKind)
def test_no_failure_is_ever_compliant_or_non_compliant(kind: FailureKind) -> None:
    assert judge_failure(failure(kind)).verdict in {Verdict.NOT_APPLICABLE, Verdict.INSUFFICIENT_DATA}
    for case in cases():
        assert judge(case.key, failure(kind), Policy()).verdict in {Verdict.NOT_APPLICABLE, Verdict.INSUFFICIENT_DATA}


def test_a_denied_read_names_the_permission_that_is_missing() -> None:
    judgement = judge_failure(failure(FailureKind.ACCESS_DENIED, "with an explicit deny in a service control policy"))

    assert "kms:GetKeyRotationStatus" in judgement.message
    assert "service control policy" in judgement.message


@pytest.mark.parametrize("period", PERIODS)
def test_a_stricter_policy_never_makes_a_key_compliant(period: int | None) -> None:
    verdicts = [
        judge(eligible_key(), RotationStatus(enabled=True, period_days=period), Policy(maximum)).verdict
        for maximum in range(90, 2561)
    ]

    assert verdicts == sorted(verdicts, key=[Verdict.NON_COMPLIANT, Verdict.COMPLIANT].index)
    assert verdicts[-1] is Verdict.COMPLIANT


def test_a_period_that_is_too_long_is_told_beside_the_maximum() -> None:
    judgement = judge(eligible_key(), RotationStatus(enabled=True, period_days=730), Policy(400))

    assert "730 days" in judgement.message
    assert "400" in judgement.message


def test_rotation_that_is_off_is_not_excused_by_the_period_it_once_had() -> None:
    off = RotationStatus(enabled=False, period_days=90)

    assert judge(eligible_key(), off, Policy()).reason is Reason.ROTATION_DISABLED


@pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingDeletion", "Creating"])
def test_a_replica_points_at_its_primary_whatever_its_own_state(state: str) -> None:
    replica = eligible_key(state, MultiRegionRole.REPLICA)
    scanned = judge(replica, None, Policy(), primary_in_scan=True)
    outside = judge(replica, None, Policy(), primary_in_scan=False)

    assert (scanned.verdict, scanned.reason) == (outside.verdict, outside.reason)
    assert PRIMARY_ARN in scanned.message
    assert PRIMARY_ARN in outside.message
    assert "outside this scan" in outside.message
    assert "outside" not in scanned.message


def test_whether_the_primary_is_scanned_says_nothing_about_any_other_key() -> None:
    for case in cases():
        if "REPLICA_KEY" not in case.outcome:
            key = case.key
            assert judge_eligibility(key, primary_in_scan=True) == judge_eligibility(key, primary_in_scan=False)


def test_a_value_that_is_new_is_named_in_the_message() -> None:
    unknown = [case for case in cases() if case.outcome == f"{UNREAD} SERVICE_ERROR"]
    assert unknown
    for case in unknown:
        judgement = judge_eligibility(case.key)
        assert judgement is not None
        assert NEW in judgement.message
