"""Asking AWS who the bot is, what time it is, and what IAM's simulator says of what cannot be tried."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.exceptions import ClientError

from bot.aws.clients import SharedClients
from bot.aws.credentials import Identity, acting_in
from bot.aws.failures import AWS_ERRORS, failure_of
from bot.models.examined import Caller, Simulated
from bot.models.keys import KeyArn, ReadFailure
from bot.rules.clocks import ahead_by

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=10)
"""A clock that is compared over several tries is compared badly."""


class AwsExamination:
    """Every method answers with a value or with the ReadFailure that kept it from being read."""

    def __init__(self, identity: Identity, clients: SharedClients, clock: Callable[[], datetime]) -> None:
        self._identity = identity
        self._clients = clients
        self._clock = clock

    def caller(self) -> tuple[Caller | ReadFailure, timedelta | None]:
        """Ask who we are, and how far our clock is ahead: the answer's date tells, also where AWS refuses the call.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        """
        sts = cast("STSClient", self._identity.client("sts", self._identity.region, config=ONCE))
        asked_at = self._clock()
        try:
            answer = sts.get_caller_identity()
        except ClientError as error:
            return failure_of(error, "sts:GetCallerIdentity"), self._ahead(error.response, asked_at)
        except AWS_ERRORS as error:
            return failure_of(error, "sts:GetCallerIdentity"), None
        return Caller(answer["Arn"]), self._ahead(answer, asked_at)

    def simulate(
        self, arn: str, role: str, actions: Sequence[str], period_days: int
    ) -> Sequence[Simulated] | ReadFailure:
        """Ask, with the audit role, whether a role of the same account may do this to a key.

        It weighs the role's policies, its boundary and the organisation's, and no key policy.
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
        """
        key = KeyArn.parse(arn)
        try:
            with acting_in(key.account):
                answer = self._clients.iam(key.region).simulate_principal_policy(
                    PolicySourceArn=f"arn:{key.partition}:iam::{key.account}:role/{role}",
                    ActionNames=list(actions),
                    ResourceArns=[arn],
                    ContextEntries=[_entry("kms:RotationPeriodInDays", str(period_days), "numeric")],
                )
        except AWS_ERRORS as error:
            return failure_of(error, "iam:SimulatePrincipalPolicy")
        return [_simulated(each) for each in answer["EvaluationResults"]]

    def _ahead(self, answer: Any, asked_at: datetime) -> timedelta | None:  # noqa: ANN401 - answers and errors share no type
        headers: Mapping[str, str] = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return ahead_by(headers.get("date"), asked_at, self._clock())


def _entry(name: str, value: str, kind: str) -> dict[str, object]:
    return {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": kind}


def _simulated(result: Mapping[str, Any]) -> Simulated:
    """Translate one result. Policies of the organisation and boundaries are told apart from the role's own."""
    by = "the role's own policies"
    if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        by = "a service control policy"
    elif not result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True):
        by = "a permissions boundary"
    return Simulated(result["EvalActionName"], result["EvalDecision"], by)
