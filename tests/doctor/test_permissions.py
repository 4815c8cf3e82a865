"""Every permission that either role needs, taken away in every way that AWS tells apart."""

import json

import pytest
from moto.kms.models import Key

from bot.doctor.lines import Check, Line, Status
from tests.doctor.clinic import AUDIT, FRANKFURT, PAYMENTS, REMEDIATE, Clinic, clinic, of

__all__ = ["clinic"]

ACCOUNT = f"prod-payments ({PAYMENTS})"
OF_KEYS = ("kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListKeyRotations")
NEEDED = {
    AUDIT: ("kms:ListResourceTags", *OF_KEYS),
    REMEDIATE: OF_KEYS,
}
LISTS = ("account:ListRegions", "kms:ListAliases", "kms:ListKeys")
KINDS = {
    "identity": (
        "the role's own policy lacks it",
        "Deploy deploy/aws/member-roles.yml anew: the role {role} lacks it.",
    ),
    "scp": ("by a service control policy", "service control policies to except the role {role}"),
    "key-policy": ("by the key policy", "Its policy denies the role {role}: ask the key's owners"),
}


def failed(clinic: Clinic) -> list[Line]:
    return of(clinic.look("aws", account="prod-*"), Check.PERMISSION, Status.FAILED)


@pytest.mark.parametrize("role", NEEDED)
@pytest.mark.parametrize("kind", KINDS)
def test_each_permission_that_is_missing_is_told_with_whose_fault_that_is(clinic: Clinic, kind: str, role: str) -> None:
    seen, remedy = KINDS[kind]
    (key,) = (str(each.arn) for each in clinic.aws.world.every_key() if _is_a_customers(each))
    for permission in NEEDED[role]:
        clinic.aws.faults.deny(PAYMENTS, action=permission, kind=kind, role=role)
    lines = failed(clinic)
    assert [line.seen for line in lines] == [f"{permission} is denied ({seen})." for permission in sorted(NEEDED[role])]
    assert all(remedy.format(role=role) in line.remedy for line in lines)
    assert {line.subject for line in lines} == {key if kind == "key-policy" else ACCOUNT}


@pytest.mark.parametrize("permission", LISTS)
@pytest.mark.parametrize("kind", ["identity", "scp"])
def test_each_list_that_is_missing_is_told_and_the_remediation_role_is_tried_all_the_same(
    clinic: Clinic, kind: str, permission: str
) -> None:
    clinic.aws.faults.deny(PAYMENTS, action=permission, kind=kind)
    lines = clinic.look("aws", account="prod-*")
    assert [line.seen for line in of(lines, Check.PERMISSION, Status.FAILED)] == [
        f"{permission} is denied ({KINDS[kind][0]})."
    ]
    assert of(lines, Check.REMEDIATION_ROLE, Status.OK)


def _is_a_customers(key: Key) -> bool:
    return key.account_id == PAYMENTS and key.key_manager == "CUSTOMER"


def test_a_key_whose_policy_leaves_the_account_out_is_named_and_the_others_are_not(clinic: Clinic) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "kms:*"}
    arn = clinic.key(policy=json.dumps({"Statement": [{**statement, "Resource": "*"}]}))
    lines = failed(clinic)
    assert {line.subject for line in lines} == {arn}
    assert {line.seen for line in lines} == {
        f"{each} is denied (the key policy does not allow it)." for each in (*OF_KEYS, "kms:ListResourceTags")
    }
    assert "(…:root)" in lines[0].remedy


def test_a_region_that_the_organisation_forbids_is_named(clinic: Clinic) -> None:
    clinic.aws.world.enable_regions(PAYMENTS, [FRANKFURT, "eu-west-1"])
    clinic.aws.faults.deny(PAYMENTS, region="eu-west-1", action="kms:*", kind="scp")
    assert {(line.subject, line.seen) for line in failed(clinic)} == {
        (f"{ACCOUNT} in eu-west-1", f"{each} is denied (by a service control policy).")
        for each in ("kms:ListKeys", "kms:ListAliases")
    }


def test_a_key_of_another_kind_is_no_missing_permission(clinic: Clinic) -> None:
    clinic.key(spec="ECC_NIST_P256")
    clinic.key(alias="alias/hmac", spec="HMAC_256")
    assert failed(clinic) == []


def test_an_account_without_keys_is_told_and_its_roles_are_tried_all_the_same(clinic: Clinic) -> None:
    clinic.aws.world.account("222222222222", "empty", regions=[FRANKFURT])
    lines = clinic.look("aws", account="empty")
    (line,) = of(lines, Check.PERMISSION, Status.NOT_TESTED)
    assert line.seen.startswith("No key was found to try kms:DescribeKey, ")
    assert of(lines, Check.REMEDIATION_ROLE, Status.OK)


def test_what_aws_does_not_answer_just_now_is_unknown(clinic: Clinic) -> None:
    clinic.aws.faults.throttle(PAYMENTS, action="kms:ListKeys")
    clinic.aws.faults.server_error(PAYMENTS, action="kms:DescribeKey")
    lines = of(clinic.look("aws", account="prod-*"), Check.PERMISSION, Status.UNKNOWN)
    assert {line.seen.partition(" ")[0] for line in lines} >= {"kms:ListKeys"}
    assert {line.remedy for line in lines} == {"Try again in a minute."}


def test_without_roles_the_bot_s_own_account_is_read_as_itself(clinic: Clinic) -> None:
    text = '[slack]\nchannel = "C0SECURITY"\n[scan]\nregions = ["eu-central-1"]\n'
    clinic.configure(text)
    clinic.monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sandbox")
    clinic.monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
    lines = clinic.look("aws")
    assert [line.seen for line in of(lines, Check.AUDIT_ROLE, Status.OK)] == ["The bot reads this account as itself."]
    assert [line.check for line in lines if line.status is not Status.OK] == [Check.REMEDIATION_ROLE]
