"""Every verdict and reason, from a key in AWS to a finding, over HTTP."""

from dataclasses import replace
from typing import Any

import pytest

from bot.app import Aws
from bot.aws.kms import KmsReader
from bot.models.keys import KeyMetadata, ReadFailure, Reason, RotationStatus, Verdict
from bot.models.scans import Page, Target
from deploy.sandbox.aws import AwsServer
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, ONE_PLACE, ORGANISATION, House

NO, YES, OUT, UNREAD = (
    Verdict.NON_COMPLIANT,
    Verdict.COMPLIANT,
    Verdict.NOT_APPLICABLE,
    Verdict.INSUFFICIENT_DATA,
)

KINDS: tuple[tuple[dict[str, Any], Verdict, Reason], ...] = (
    ({"rotation": 365}, YES, Reason.ROTATION_ENABLED),
    ({"rotation": 90}, YES, Reason.ROTATION_ENABLED),
    ({"rotation": 365, "multi_region": True}, YES, Reason.ROTATION_ENABLED),
    ({"rotation": 365, "state": "Updating"}, YES, Reason.ROTATION_ENABLED),
    ({}, NO, Reason.ROTATION_DISABLED),
    ({"multi_region": True}, NO, Reason.ROTATION_DISABLED),
    ({"rotation": 366}, NO, Reason.PERIOD_TOO_LONG),
    ({"rotation": 2560}, NO, Reason.PERIOD_TOO_LONG),
    ({"alias": "alias/aws/rds"}, OUT, Reason.AWS_MANAGED),
    ({"spec": "RSA_2048"}, OUT, Reason.KEY_SPEC),
    ({"spec": "ECC_NIST_P256"}, OUT, Reason.KEY_SPEC),
    ({"spec": "HMAC_256"}, OUT, Reason.KEY_SPEC),
    ({"origin": "EXTERNAL", "state": "Enabled"}, OUT, Reason.IMPORTED_KEY_MATERIAL),
    ({"origin": "EXTERNAL"}, OUT, Reason.IMPORTED_KEY_MATERIAL),
    ({"origin": "AWS_CLOUDHSM"}, OUT, Reason.CUSTOM_KEY_STORE),
    ({"origin": "EXTERNAL_KEY_STORE"}, OUT, Reason.CUSTOM_KEY_STORE),
    ({"state": "Disabled"}, OUT, Reason.KEY_DISABLED),
    ({"state": "Disabled", "rotation": 365}, OUT, Reason.KEY_DISABLED),
    ({"state": "PendingDeletion"}, OUT, Reason.PENDING_DELETION),
    ({"state": "PendingReplicaDeletion", "multi_region": True}, OUT, Reason.PENDING_DELETION),
    ({"state": "Creating"}, OUT, Reason.NOT_READY),
    ({"state": "Unavailable"}, OUT, Reason.NOT_READY),
)
ELSEWHERE = {Reason.REPLICA_KEY, Reason.DELETED, Reason.ACCESS_DENIED, Reason.THROTTLED, Reason.SERVICE_ERROR}
"""Reasons that are no kind of key; each has its own tests below."""


def test_every_kind_of_key_gets_its_verdict_and_reason(house: House) -> None:
    arns = [house.aws.world.key(account=MEMBER, **kind) for kind, _, _ in KINDS]
    audit = house.audit()
    for arn, (kind, verdict, reason) in zip(arns, KINDS, strict=True):
        finding = audit.of(arn)
        assert (finding.verdict, finding.reason) == (verdict, reason), kind
        assert finding.message.endswith("."), kind
    assert audit.places == [(MEMBER, FRANKFURT, "SCANNED")]
    summary = audit.scan.summary
    assert (summary.compliant, summary.non_compliant, summary.not_applicable) == (4, 4, 14)
    assert summary.percent_compliant == 50.0


def test_no_reason_is_left_out_of_these_tests() -> None:
    assert {reason for _, _, reason in KINDS} | ELSEWHERE == set(Reason)


def test_the_finding_carries_period_and_next_date_aliases_and_owner(house: House) -> None:
    rotating = house.aws.world.key(account=MEMBER, rotation=180, alias=["alias/z", "alias/a"])
    tags = {"Team": "payments", "managed-by": "terraform"}
    still = house.aws.world.key(account=MEMBER, tags=tags)
    stacked = house.aws.world.key(account=MEMBER, tags={"aws:cloudformation:stack-name": "vault"})
    audit = house.audit()
    finding = audit.of(rotating)
    assert (finding.rotation_enabled, finding.rotation_period_days) == (True, 180)
    assert finding.next_rotation is not None
    assert finding.next_rotation > finding.read_at
    assert finding.aliases == ("alias/a", "alias/z")
    assert (finding.account, finding.account_name, finding.region) == (MEMBER, "prod-payments", FRANKFURT)
    assert (audit.of(still).rotation_enabled, audit.of(still).rotation_period_days) == (False, None)
    assert (audit.of(still).team, audit.of(still).managed_by) == ("payments", "Terraform")
    assert audit.of(stacked).managed_by == "CloudFormation stack vault"


def test_the_policy_of_the_settings_decides_which_period_is_too_long(house: House) -> None:
    arn = house.aws.world.key(account=MEMBER, rotation=365)
    strict = "[policy]\nmax_rotation_period_days = 180\nenable_with_period_days = 180"
    assert house.audit().of(arn).reason is Reason.ROTATION_ENABLED
    assert house.audit(more=strict).of(arn).reason is Reason.PERIOD_TOO_LONG


def test_a_replica_is_judged_on_its_primary(house: House) -> None:
    primary = house.aws.world.key(account=MEMBER, multi_region=True)
    replica = house.aws.world.replica(primary, DUBLIN)
    audit = house.audit(ORGANISATION)
    assert audit.of(primary).reason is Reason.ROTATION_DISABLED
    assert audit.of(replica).reason is Reason.REPLICA_KEY
    assert audit.of(replica).message == f"A replica: rotation is set and judged on its primary, {primary}."
    assert audit.scan.summary.non_compliant == 1


def test_a_replica_whose_primary_is_outside_the_scan_says_so(house: House) -> None:
    primary = house.aws.world.key(account=MEMBER, multi_region=True)
    replica = house.aws.world.replica(primary, DUBLIN)
    [finding] = house.audit(ORGANISATION, within=f"region={DUBLIN}").findings
    assert (finding.arn, finding.reason) == (replica, Reason.REPLICA_KEY)
    assert "lies outside this scan and was not judged" in finding.message


class _Deletes(KmsReader):
    """A key is deleted by somebody else at a certain moment of the scan; everything else is real."""

    def __init__(self, real: KmsReader, aws: AwsServer, moment: str) -> None:
        self.__dict__.update(vars(real))
        self._aws = aws
        self._moment = moment

    def _perhaps(self, moment: str, arn: str) -> None:
        if moment == self._moment:
            self._aws.faults.delete_key(arn)

    def list_keys(self, target: Target, marker: str | None = None) -> Page[str] | ReadFailure:
        page = super().list_keys(target, marker)
        assert not isinstance(page, ReadFailure)
        for arn in page.items:
            self._perhaps("after ListKeys", arn)
        return page

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:
        described = super().describe(arn)
        self._perhaps("after DescribeKey", arn)
        return described

    def rotation_status(self, arn: str) -> RotationStatus | ReadFailure:
        status = super().rotation_status(arn)
        self._perhaps("after GetKeyRotationStatus", arn)
        return status


@pytest.mark.parametrize("moment", ["after ListKeys", "after DescribeKey", "after GetKeyRotationStatus"])
def test_a_key_that_is_deleted_during_the_scan_is_gone_and_nothing_failed(house: House, moment: str) -> None:
    arn = house.aws.world.key(account=MEMBER)

    def wrap(connected: Aws) -> Aws:
        return replace(connected, reader=_Deletes(connected.reader, house.aws, moment))

    house.wrap = wrap
    audit = house.audit()
    finding = audit.of(arn)
    assert (finding.verdict, finding.reason) == (OUT, Reason.DELETED)
    assert audit.places == [(MEMBER, FRANKFURT, "SCANNED")]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:GetKeyRotationStatus"])
@pytest.mark.parametrize(
    ("lever", "reason", "words"),
    [
        ("deny", Reason.ACCESS_DENIED, "{} is denied (the role's own policy lacks it)."),
        ("throttle", Reason.THROTTLED, "{} was throttled until patience ran out (ThrottlingException)."),
        ("server_error", Reason.SERVICE_ERROR, "AWS had an internal error during {} (KMSInternalException)."),
    ],
)
def test_an_unread_key_is_neither_compliant_nor_not(
    house: House, lever: str, action: str, reason: Reason, words: str
) -> None:
    arn = house.aws.world.key(account=MEMBER, rotation=365)
    house.aws.faults.apply(lever, {"action": action})
    finding = house.audit(ONE_PLACE).of(arn)
    assert (finding.verdict, finding.reason) == (UNREAD, reason)
    assert finding.message == f"Could not be read: {words.format(action)}"
    assert finding.rotation_enabled is None
