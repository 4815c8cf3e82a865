"""Roles are assumed as seldom as can be, over the wire, and no key is lost where a session ends early."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import SharedClients, client_config
from bot.aws.credentials import AccountCredentials, Identity
from bot.aws.kms import KmsReader
from bot.aws.role_session import REFUSAL_SECONDS, SessionKeys
from bot.models.keys import FailureKind, KeyMetadata, ReadFailure
from bot.models.scans import Account, Target
from bot.rules.filters import Filter
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.corrections import sts
from tests.scan.audits import FRANKFURT, MEMBER, TOOLING, House, aws, house, impatient, point_at

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

__all__ = ["aws", "house", "impatient"]

PATIENCE_SECONDS = 30
ROLE, EXTERNAL_ID = "KmsRotationAudit", "sandbox-external-id"
THREADS = 8


class Clock:
    """The wall clock, and later by what has passed for the bot alone."""

    def __init__(self) -> None:
        self.later = 0.0

    def __call__(self) -> float:
        return time.time() + self.later


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def credentials(aws: AwsServer, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AccountCredentials:
    point_at(aws, monkeypatch)
    return AccountCredentials(Identity(Session(), client_config(connections=THREADS)), ROLE, EXTERNAL_ID, clock)


@pytest.fixture
def reader(credentials: AccountCredentials) -> KmsReader:
    return KmsReader(SharedClients(Session(), credentials, client_config(connections=THREADS), CallBudget()))


def read(reader: KmsReader, arns: list[str]) -> list[KeyMetadata | ReadFailure]:
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(reader.describe, arns))


def keys(aws: AwsServer, count: int = 24) -> list[str]:
    return [aws.world.key(account=MEMBER) for _ in range(count)]


def assumed(aws: AwsServer) -> list[str | None]:
    """Tell how AWS answered each AssumeRole: None for a session, or the error's code."""
    return [call.error for call in aws.calls.named("AssumeRole")]


def is_read(answer: KeyMetadata | ReadFailure) -> bool:
    return isinstance(answer, KeyMetadata)


def test_sessions_that_end_in_the_midst_of_a_scan_are_renewed_once_and_no_key_is_lost(
    aws: AwsServer, reader: KmsReader
) -> None:
    arns = keys(aws)
    assert all(map(is_read, read(reader, arns)))
    aws.faults.expire_sessions()
    assert all(map(is_read, read(reader, arns)))
    assert assumed(aws) == [None, None]
    expired = [call for call in aws.calls.named("DescribeKey") if call.error == "ExpiredTokenException"]
    assert 1 <= len(expired) <= THREADS


def test_a_session_is_renewed_before_its_end(aws: AwsServer, reader: KmsReader, clock: Clock) -> None:
    arns = keys(aws)
    read(reader, arns)
    clock.later = 50 * 60
    assert all(map(is_read, read(reader, arns)))
    assert assumed(aws) == [None, None]
    assert {call.error for call in aws.calls.named("DescribeKey")} == {None}


@pytest.mark.parametrize("minutes", [15, 5])
def test_a_session_that_is_shorter_than_asked_is_not_renewed_at_each_call(
    aws: AwsServer, reader: KmsReader, clock: Clock, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    monkeypatch.setattr(sts, "_seconds", lambda _: minutes * 60)
    arns = keys(aws)
    for part in (0, 0.7, 0.8):
        clock.later = part * minutes * 60
        assert all(map(is_read, read(reader, arns)))
    assert assumed(aws) == [None, None]


def test_a_role_that_goes_away_costs_one_call_and_is_named_by_every_key(
    aws: AwsServer, reader: KmsReader, clock: Clock, credentials: AccountCredentials
) -> None:
    arns = keys(aws)
    assert all(map(is_read, read(reader, arns)))
    aws.faults.remove_role(MEMBER, ROLE)
    lost = read(reader, arns)
    assert {(each.kind, each.permission) for each in lost if isinstance(each, ReadFailure)} == {
        (FailureKind.ACCESS_DENIED, "sts:AssumeRole")
    }
    assert len([each for each in lost if isinstance(each, ReadFailure)]) == len(arns)
    assert assumed(aws) == [None, "AccessDenied"]
    asked = len(aws.calls.named("DescribeKey"))
    assert asked <= len(arns) + THREADS, "nothing is sent that cannot be signed"

    clock.later = REFUSAL_SECONDS
    read(reader, arns)
    assert assumed(aws) == [None, "AccessDenied", "AccessDenied"]
    assert len(aws.calls.named("DescribeKey")) == asked

    aws.faults.restore_roles(MEMBER)
    credentials.check(MEMBER)
    assert all(map(is_read, read(reader, arns)))


def test_a_role_that_is_gone_when_its_session_is_renewed_is_named_by_every_key(
    aws: AwsServer, reader: KmsReader, clock: Clock
) -> None:
    arns = keys(aws)
    read(reader, arns)
    aws.faults.deny(action="sts:AssumeRole")
    clock.later = 50 * 60
    assert all(map(is_read, read(reader, arns))), "the old session is good for ten minutes more"
    clock.later = 61 * 60
    answers = read(reader, arns)
    assert {each.permission for each in answers if isinstance(each, ReadFailure)} == {"sts:AssumeRole"}
    assert len([each for each in answers if isinstance(each, ReadFailure)]) == len(arns)
    assert assumed(aws) == [None, "AccessDenied", "AccessDenied"]


def test_an_account_whose_role_is_missing_costs_one_call(house: House) -> None:
    house.aws.faults.remove_role(MEMBER, ROLE)
    [lost] = house.audit(f'accounts = ["{MEMBER}"]').coverage
    assert lost.error is not None
    assert "sts:AssumeRole is denied" in lost.error
    assert assumed(house.aws) == ["AccessDenied"]
    assert [call for call in house.aws.calls if call.account == MEMBER] == []


def test_the_next_scan_asks_at_once_whether_the_role_is_there_by_now(house: House) -> None:
    house.aws.faults.remove_role(MEMBER, ROLE)
    scans, _ = house.scans()
    scans.run(Filter(), "U0TESTER")
    house.aws.faults.restore_roles(MEMBER)
    scans.run(Filter(), "U0TESTER")
    assert assumed(house.aws) == ["AccessDenied", None]


def test_a_region_that_is_not_enabled_is_no_reason_to_doubt_a_session_twice(aws: AwsServer, reader: KmsReader) -> None:
    target = Target(Account(MEMBER, "prod-payments"), "af-south-1")
    for _ in range(5):
        answer = reader.list_keys(target)
        assert isinstance(answer, ReadFailure)
        assert (answer.permission, answer.code) == ("kms:ListKeys", "UnrecognizedClientException")
    assert assumed(aws) == [None, None]


def test_the_role_is_assumed_where_the_bot_is_and_not_in_a_region_far_away(aws: AwsServer, reader: KmsReader) -> None:
    reader.list_keys(Target(Account(MEMBER, "prod-payments"), "us-east-1"))
    assert [call.region for call in aws.calls.named("AssumeRole")] == [FRANKFURT]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("configured", "scanned", "url"),
    [
        ("eu-central-1", "us-east-1", "https://sts.eu-central-1.amazonaws.com"),
        (None, "eu-west-1", "https://sts.eu-west-1.amazonaws.com"),
        (None, None, "https://sts.us-east-1.amazonaws.com"),
        (None, "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com"),
        (None, "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
        (None, "eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_sts_is_asked_in_a_region(
    monkeypatch: pytest.MonkeyPatch, configured: str | None, scanned: str | None, url: str, *, legacy: bool
) -> None:
    """Also where boto3 is told to use the global endpoint, which is us-east-1 by another name."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for name in ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    if configured is not None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", configured)
    if legacy:
        monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    assert Identity(Session(), client_config(connections=1), scanned)._sts.meta.endpoint_url == url


def test_many_threads_ask_once_who_the_bot_is(aws: AwsServer, credentials: AccountCredentials) -> None:
    accounts = [MEMBER, TOOLING] * THREADS
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(credentials.check, accounts))
    assert len(aws.calls.named("GetCallerIdentity")) == 1
    assert assumed(aws) == [None, None]


class _SlowForOne(Identity):
    """Waits, when it is to assume the role of one account, until it is told to go on."""

    def __init__(self) -> None:
        super().__init__(Session(), client_config(connections=2))
        self.asked, self.go_on = Event(), Event()

    def assume(self, request: "AssumeRoleRequestTypeDef", external_id: str | None) -> SessionKeys:
        if MEMBER in request["RoleArn"]:
            self.asked.set()
            assert self.go_on.wait(PATIENCE_SECONDS)
        return super().assume(request, external_id)


def test_nobody_waits_for_the_role_of_another_account(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(aws, monkeypatch)
    identity = _SlowForOne()
    credentials = AccountCredentials(identity, ROLE, EXTERNAL_ID)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(credentials.check, MEMBER)
        assert identity.asked.wait(PATIENCE_SECONDS)
        credentials.check(TOOLING)
        assert not slow.done()
        identity.go_on.set()
        slow.result(PATIENCE_SECONDS)
    assert assumed(aws) == [None, None]
