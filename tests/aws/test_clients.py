"""Clients that all accounts share sign each call for the account of the call in hand, and pace every attempt."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import SharedClients, client_config
from bot.aws.credentials import AccountCredentials, Identity, account_in_hand, acting_in
from bot.aws.kms import KmsReader
from bot.models.keys import FailureKind, KeyMetadata, ReadFailure, Rotation, RotationStatus
from deploy.sandbox.aws import AwsServer
from tests.sandbox.aws_clients import administrator
from tests.scan.audits import MEMBER, TOOLING, aws, impatient, point_at

__all__ = ["aws", "impatient"]


class _Noting(CallBudget):
    """Notes what is spent, and never waits."""

    def __init__(self) -> None:
        super().__init__(sleep=lambda _: None)
        self.spent: list[tuple[str, str, str]] = []
        self.answered: list[tuple[str, str, str, bool]] = []

    def spend(self, account: str, region: str, operation: str) -> None:
        self.spent.append((account, region, operation))

    def note_answer(self, account: str, region: str, operation: str, *, throttled: bool) -> None:
        self.answered.append((account, region, operation, throttled))


@pytest.fixture
def budget() -> _Noting:
    return _Noting()


@pytest.fixture
def credentials(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AccountCredentials:
    point_at(aws, monkeypatch)
    identity = Identity(Session(), client_config(connections=16))
    return AccountCredentials(identity, "KmsRotationAudit", "sandbox-external-id")


@pytest.fixture
def reader(budget: _Noting, credentials: AccountCredentials) -> KmsReader:
    return KmsReader(SharedClients(Session(), credentials, client_config(connections=16), budget))


def test_many_threads_work_in_many_accounts_with_one_client(aws: AwsServer, reader: KmsReader) -> None:
    accounts = [MEMBER, TOOLING, *(aws.world.account(f"88888888888{number}", f"team-{number}") for number in range(6))]
    arns = [aws.world.key(account=account) for account in accounts for _ in range(10)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(reader.rotation_status, arns))
    assert answers == [RotationStatus(enabled=False)] * 80
    assert Counter(call.account for call in aws.calls.named("GetKeyRotationStatus")) == dict.fromkeys(accounts, 10)
    assert len(aws.calls.named("AssumeRole")) == len(accounts)


@pytest.mark.usefixtures("impatient")
def test_every_attempt_is_paced_and_every_answer_heeded(aws: AwsServer, reader: KmsReader, budget: _Noting) -> None:
    arn = aws.world.key(account=MEMBER)
    aws.faults.throttle(MEMBER, action="kms:DescribeKey", times=2)
    assert isinstance(reader.describe(arn), KeyMetadata)
    assert budget.spent == [(MEMBER, "eu-central-1", "DescribeKey")] * 3
    told = [(MEMBER, "eu-central-1", "DescribeKey", throttled) for throttled in (True, True, False)]
    assert budget.answered == told


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lever", ["throttle", "server_error", "close_connection"])
def test_each_call_has_its_own_retries_however_many_others_needed_theirs(
    aws: AwsServer, reader: KmsReader, lever: str
) -> None:
    """All accounts share the client: what calls in one of them use up is not to be missing in another, or later."""
    lost, well = aws.world.key(account=MEMBER), aws.world.key(account=TOOLING)
    for _ in range(25):
        getattr(aws.faults, lever)(MEMBER, action="kms:DescribeKey", times=6)
        assert isinstance(reader.describe(lost), ReadFailure)
    getattr(aws.faults, lever)(TOOLING, action="kms:DescribeKey", times=5)
    assert isinstance(reader.describe(well), KeyMetadata)


def test_a_refusal_for_another_reason_slows_nothing(aws: AwsServer, reader: KmsReader, budget: _Noting) -> None:
    arn = aws.world.key(account=MEMBER)
    aws.faults.deny(MEMBER, action="kms:DescribeKey")
    answer = reader.describe(arn)
    assert isinstance(answer, ReadFailure)
    assert answer.kind is FailureKind.ACCESS_DENIED
    assert budget.answered == [(MEMBER, "eu-central-1", "DescribeKey", False)]


def test_a_key_that_is_not_there_is_told_from_one_that_may_not_be_read(aws: AwsServer, reader: KmsReader) -> None:
    arn = aws.world.key(account=MEMBER)
    aws.faults.delete_key(arn)
    answer = reader.describe(arn)
    assert isinstance(answer, ReadFailure)
    assert answer.kind is FailureKind.NOT_FOUND


def test_rotations_are_listed_oldest_first_each_with_what_it_was(aws: AwsServer, reader: KmsReader) -> None:
    moments = [datetime(2025, month, 1, tzinfo=UTC) for month in (3, 1, 2)]
    arn = aws.world.key(account=MEMBER, rotation=90, rotations=moments)
    administrator(aws, MEMBER).rotate_key_on_demand(KeyId=arn)
    listed = reader.rotations(arn)
    assert isinstance(listed, list)
    assert listed[:3] == [Rotation(at, is_on_demand=False) for at in sorted(moments)]
    assert [rotation.is_on_demand for rotation in listed[3:]] == [True]


def test_a_long_history_is_read_page_by_page(
    aws: AwsServer, reader: KmsReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.aws.kms.ROTATIONS_A_PAGE", 2)
    moments = [datetime(2020 + year, 1, 1, tzinfo=UTC) for year in range(5)]
    arn = aws.world.key(account=MEMBER, rotation=365, rotations=moments)
    assert reader.rotations(arn) == [Rotation(at, is_on_demand=False) for at in moments]
    assert len(aws.calls.named("ListKeyRotations")) == 3


def test_the_aliases_of_one_key_are_read_page_by_page(
    aws: AwsServer, reader: KmsReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.aws.kms.ALIASES_A_PAGE", 2)
    arn = aws.world.key(account=MEMBER, alias=[f"alias/{name}" for name in "ecadb"])
    aws.world.key(account=MEMBER, alias="alias/other")
    assert reader.aliases_of(arn) == ("alias/a", "alias/b", "alias/c", "alias/d", "alias/e")
    assert [call.key for call in aws.calls.named("ListAliases")] == [arn] * 3


def test_acting_in_ends_with_its_block() -> None:
    with acting_in("1"):
        with acting_in("2"):
            assert account_in_hand.get() == "2"
        assert account_in_hand.get() == "1"
    with pytest.raises(LookupError):
        account_in_hand.get()


def test_many_threads_stay_within_the_quota_that_aws_keeps(aws: AwsServer, credentials: AccountCredentials) -> None:
    """ListKeyRotations has a quota of 100 a second; the bot takes half of it, also of the first second."""
    reader = KmsReader(SharedClients(Session(), credentials, client_config(connections=16), CallBudget()))
    arn = aws.world.key(account=MEMBER, rotation=365, rotations=[datetime(2025, 3, 1, tzinfo=UTC)])
    aws.faults.keep_quotas()
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(reader.rotations, [arn] * 120))
    assert answers == [[Rotation(datetime(2025, 3, 1, tzinfo=UTC), is_on_demand=False)]] * 120
    assert [call.error for call in aws.calls.named("ListKeyRotations")] == [None] * 120


@pytest.mark.usefixtures("impatient")
def test_the_pace_falls_where_somebody_else_takes_most_of_a_quota(
    aws: AwsServer, credentials: AccountCredentials
) -> None:
    """A tenth of the quota is left, and the bot begins at half of it."""
    budget = CallBudget()
    reader = KmsReader(SharedClients(Session(), credentials, client_config(connections=16), budget))
    arn = aws.world.key(account=MEMBER)
    aws.faults.throttle(MEMBER, action="kms:ListKeyRotations", rate=10)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(reader.rotations, [arn] * 25))
    assert {answer.kind for answer in answers if isinstance(answer, ReadFailure)} <= {FailureKind.THROTTLED}
    assert budget._meters[MEMBER, "eu-central-1", "ListKeyRotations"].pace < 0.8
