"""A session can do what its change needs, to its key, and nothing else: every operation of KMS and of what else tempts.

The remediation role may do everything here, so that nothing but the session's own policy stands between.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import client_config
from bot.aws.credentials import Identity
from bot.aws.remediation import CALLS, ChangeSession, Remediator
from bot.models.requests import ChangeKind, Mandate
from deploy.sandbox.aws import AwsServer
from tests.aws.calling import call, is_denied, operations
from tests.sandbox.aws_clients import EXTERNAL_ID, client
from tests.scan.audits import DUBLIN, FRANKFURT, MEMBER, aws, point_at

__all__ = ["aws"]

ROLE = "KmsRotationRemediate"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NEEDS_NO_PERMISSION = {"GetCallerIdentity"}
"""AWS answers it to everybody: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""

MINE = "alias/mine"
TO_EVERYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
    }
)
KEY_POLICIES = {"of the account": None, "open to everybody": TO_EVERYBODY}
"""A key's policy that names everybody reaches past everything but an explicit denial."""

OTHER_KEYS: dict[str, Callable[[AwsServer, str, str | None], str]] = {
    "another key of the account": lambda aws, _, policy: aws.world.key(account=MEMBER, policy=policy),
    "another key by its alias": lambda aws, _, policy: _named(aws, "alias/other", policy),
    "its own replica in another Region": lambda aws, mine, _: aws.world.replica(mine, DUBLIN),
    "another key in another Region": lambda aws, _, policy: aws.world.key(account=MEMBER, region=DUBLIN, policy=policy),
    "a key of another account": lambda aws, _, policy: aws.world.key(policy=policy),
}
OWN_NAMES: dict[str, Callable[[str], str]] = {
    "by its ARN": lambda mine: mine,
    "by its id": lambda mine: mine.rpartition("/")[2],
    "by its alias": lambda _: MINE,
}


def _named(aws: AwsServer, alias: str, policy: str | None) -> str:
    aws.world.key(account=MEMBER, alias=alias, policy=policy)
    return alias


@pytest.fixture(params=list(KEY_POLICIES.values()), ids=list(KEY_POLICIES))
def policy(request: pytest.FixtureRequest) -> str | None:
    given: str | None = request.param
    return given


@pytest.fixture
def mine(aws: AwsServer, policy: str | None) -> str:
    """A key that could be replicated, and a role that may do everything with it."""
    aws.world.roles[MEMBER, ROLE] = replace(aws.world.roles[MEMBER, ROLE], policies=(EVERYTHING,))
    return aws.world.key(account=MEMBER, multi_region=True, alias=MINE, policy=policy)


Hands = Callable[..., Any]


@pytest.fixture
def hands(aws: AwsServer, mine: str, kind: ChangeKind, monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Makes clients of any service that sign with the credentials which the bot got for this change."""
    point_at(aws, monkeypatch)
    remediator = Remediator(Identity(Session(), client_config(connections=4)), ROLE, EXTERNAL_ID, CallBudget())
    session = remediator.open(mine, Mandate("r1", "U0ASKER", ("U0FIRST",), kind))
    assert isinstance(session, ChangeSession), session
    given = session._changes._request_signer._credentials.get_frozen_credentials()  # type: ignore[attr-defined]
    keys = {
        "aws_access_key_id": given.access_key,
        "aws_secret_access_key": given.secret_key,
        "aws_session_token": given.token,
    }
    return lambda service, region=FRANKFURT: client(aws, service, region, **keys)


def _all_that_is(aws: AwsServer) -> list[tuple[Any, ...]]:
    return [
        (
            key.arn,
            key.key_state,
            key.description,
            key.policy,
            sorted(key.aliases),
            dict(key.grants),
            repr(aws.world.rotation(key)),
            key.multi_region and repr(key.multi_region_configuration),
        )
        for key in aws.world.every_key()
    ]


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("whose", OTHER_KEYS)
def test_a_session_can_do_nothing_to_any_other_key(
    aws: AwsServer, hands: Hands, mine: str, policy: str | None, whose: str
) -> None:
    other = OTHER_KEYS[whose](aws, mine, policy)
    kms = hands("kms", other.split(":")[3] if ":" in other else FRANKFURT)
    before = _all_that_is(aws)
    answers = {operation: call(kms, operation, other) for operation in operations("kms")}
    assert [operation for operation, error in answers.items() if not is_denied(error)] == []
    assert len(answers) > 50
    assert _all_that_is(aws) == before


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("name", OWN_NAMES)
def test_a_session_can_do_exactly_what_its_change_needs_to_its_own_key(
    aws: AwsServer, hands: Hands, mine: str, kind: ChangeKind, name: str
) -> None:
    kms, named = hands("kms"), OWN_NAMES[name](mine)
    forbidden = [operation for operation in operations("kms") if operation not in CALLS[kind]]
    before = _all_that_is(aws)
    refusals = {operation: call(kms, operation, named) for operation in forbidden}
    for operation, error in refusals.items():
        assert error is not None, operation
        assert is_denied(error), (operation, error)
        assert "with an explicit deny in a session policy" in str(error)
    assert _all_that_is(aws) == before
    # Only DescribeKey takes an alias; elsewhere KMS, which is reached, finds no such key.
    answers = {operation: call(kms, operation, named) for operation in CALLS[kind]}
    reached = [operation for operation, error in answers.items() if error is None]
    assert reached == list(CALLS[kind] if name != "by its alias" else ("DescribeKey",))
    if kind is ChangeKind.ENABLE_ROTATION and name != "by its alias":
        assert aws.world.rotation(aws.world.find(mine)).enabled


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("service", ["sts", "iam", "organizations", "account", "s3"])
def test_a_session_can_do_nothing_outside_of_kms(aws: AwsServer, hands: Hands, kind: ChangeKind, service: str) -> None:
    tempting = hands(service)
    signed = [
        operation
        for operation in operations(service)
        if tempting.meta.service_model.operation_model(operation).auth_type != "none"
        and (service != "s3" or operation in {"ListBuckets", "GetObject", "PutObject", "DeleteObject", "ListObjectsV2"})
    ]
    answers = {operation: call(tempting, operation) for operation in signed}
    reached = {operation: error for operation, error in answers.items() if not is_denied(error)}
    assert reached.keys() == (NEEDS_NO_PERMISSION if service == "sts" else set())
    assert len(answers) >= 5
