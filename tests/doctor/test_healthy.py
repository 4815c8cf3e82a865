"""A set-up in which everything is well: all is looked at, all is told, and nothing is changed."""

from bot.doctor.lines import Check, Status
from tests.doctor.clinic import PAYMENTS, Clinic, clinic

__all__ = ["clinic"]

LOOKS = {
    "account:ListRegions",
    "iam:SimulatePrincipalPolicy",
    "kms:DescribeKey",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListKeyRotations",
    "kms:ListKeys",
    "kms:ListResourceTags",
    "organizations:ListAccounts",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
}
READS = {each for each in LOOKS if each.startswith(("kms:", "account:"))}
SIMULATED = "says IAM's simulator; a key's policy may differ."
ASKS = {
    "apps.connections.open",
    "apps.manifest.export",
    "auth.test",
    "bots.info",
    "conversations.info",
    "usergroups.list",
    "users.info",
}


def test_all_is_well_and_every_check_says_so(clinic: Clinic) -> None:
    lines = clinic.look()
    assert [line for line in lines if line.status is not Status.OK] == []
    not_here = {Check.SIGNING_SECRET, Check.REGIONS, Check.WORKERS, Check.DOCTOR}
    assert {line.check for line in lines} == set(Check) - not_here
    assert not any(line.remedy for line in lines)


def test_looking_changes_nothing(clinic: Clinic) -> None:
    clinic.look()
    assert {f"{call.service}:{call.action}" for call in clinic.aws.calls.all()} == LOOKS
    assert {call.method for call in clinic.slack.calls} == ASKS
    assert clinic.slack.connections == 0
    assert all(call.error is None for call in clinic.aws.calls.all())


def test_both_roles_are_tried_in_every_account_with_every_permission(clinic: Clinic) -> None:
    told = [line.seen for line in clinic.look("aws") if line.check is Check.PERMISSION and PAYMENTS in line.subject]
    assert told == [
        f"Allowed to the role KmsRotationAudit: {', '.join(sorted(LOOKS & READS))}.",
        "Allowed to the role KmsRotationRemediate: kms:DescribeKey, kms:GetKeyRotationStatus, kms:ListKeyRotations.",
        f"kms:EnableKeyRotation with 365 days is allowed to the role KmsRotationRemediate, {SIMULATED}",
        f"kms:RotateKeyOnDemand is allowed to the role KmsRotationRemediate, {SIMULATED}",
    ]


def test_the_session_that_tries_the_remediation_role_is_as_narrow_as_a_change_s(clinic: Clinic) -> None:
    clinic.look("aws")
    tried = [call for call in clinic.aws.calls.named("AssumeRole") if "Policy" in call.parameters]
    assert len(tried) == 2
    assert {call.parameters["RoleSessionName"] for call in tried} == {"doctor-doctor"}
    assert {call.parameters["SourceIdentity"] for call in tried} == {"doctor"}


def test_over_http_there_is_a_signing_secret_and_no_app_token(clinic: Clinic) -> None:
    clinic.rewrite("[slack]", '[slack]\nmode = "http"')
    clinic.slack.state.manifest["settings"]["socket_mode_enabled"] = False
    del clinic.environ["SLACK_APP_TOKEN"]
    lines = clinic.look("slack", "configuration")
    assert [line for line in lines if line.status is not Status.OK] == []
    checks = {line.check for line in lines}
    assert (Check.SIGNING_SECRET in checks, Check.APP_TOKEN in checks) == (True, False)


def test_an_account_s_own_name_narrows_it(clinic: Clinic) -> None:
    lines = clinic.look("aws", account="prod-*")
    assert {line.subject for line in lines if line.check is Check.AUDIT_ROLE} == {f"prod-payments ({PAYMENTS})"}


def test_without_a_configuration_token_the_app_s_commands_are_not_tested_and_it_says_where_to_look(
    clinic: Clinic,
) -> None:
    del clinic.environ["SLACK_CONFIG_TOKEN"]
    (line,) = [line for line in clinic.look("slack") if line.check is Check.APP]
    assert line.status is Status.NOT_TESTED
    assert "/kms-rotation" in line.seen
    assert "https://api.slack.com/apps/A0KMS/app-manifest" in line.remedy
